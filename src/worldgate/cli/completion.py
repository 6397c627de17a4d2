# SPDX-License-Identifier: Apache-2.0
"""Print the completion script of a shell.

examples:
  worldgate completion bash > ~/.local/share/bash-completion/completions/worldgate
  worldgate completion zsh > ~/.zfunc/_worldgate
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    import shtab

    parser.add_argument("shell", choices=shtab.SUPPORTED_SHELLS, help="the shell")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    import shtab

    from worldgate.cli import COMMANDS, make_parser

    print(shtab.complete(make_parser(list(COMMANDS)), args.shell))
    return 0
