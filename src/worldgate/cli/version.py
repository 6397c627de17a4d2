# SPDX-License-Identifier: Apache-2.0
"""Print the version of Worldgate.

examples:
  worldgate version
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    import worldgate

    print(f"worldgate {worldgate.__version__}")
    return 0
