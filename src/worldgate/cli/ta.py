# SPDX-License-Identifier: Apache-2.0
"""Build, run and fuzz a TA of your own.

DIR is the folder of a trusted application in OP-TEE's layout (sub.mk, user_ta_header_defines.h), or the
folder above it with ta/ and host/. Nothing in it needs to change.

examples:
  worldgate ta run hello_world                          in a sealed process of this machine
  worldgate ta run hello_world --world normal --ledger -- --an-option-of-the-client
  worldgate ta run hello_world --sanitize               under ASan and UBSan
  worldgate ta run hello_world --world normal --wrapper "gdb --args"
  worldgate ta fuzz hello_world --seconds 60
  worldgate ta build hello_world --dev-kit export-ta_arm64
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from worldgate.cli import add_command

DEFAULT_CROSS_COMPILE = "aarch64-linux-gnu-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", required=True)
    _add_run(commands)
    _add_fuzz(commands)
    _add_build(commands)


def _add_run(commands: argparse._SubParsersAction[Any]) -> None:
    parser = add_command(
        commands,
        "run",
        """Build a TA and its client application, and run the client against a world of this machine.

        The client's exit status is the command's. What follows -- is the client's arguments.""",
    )
    _add_folder(parser)
    parser.add_argument(
        "--world", metavar="WORLD", help="a world of 'worldgate worlds' (default: compartment)"
    )
    parser.add_argument("--ledger", action="store_true", help="show on standard error what was counted")
    parser.add_argument(
        "--sanitize", action="store_true", help="build with ASan and UBSan; normal world only"
    )
    parser.add_argument(
        "--wrapper", metavar="WORDS", help="run the client under this program, as in 'gdb --args'"
    )
    _add_building(parser)
    parser.usage = f"{parser.prog} [options] DIR [-- ARGUMENT ...]"
    parser.set_defaults(run=run)
    split_at_dashes(parser)


def split_at_dashes(parser: argparse.ArgumentParser) -> None:
    """Leaves what follows -- to the client: argparse would match it with arguments of its own."""
    parse = parser.parse_known_args

    def parse_before_dashes(
        args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        words = list(args or ())
        end = words.index("--") if "--" in words else len(words)
        found, unknown = parse(words[:end], namespace)
        found.arguments = words[end + 1 :]
        return found, unknown

    parser.parse_known_args = parse_before_dashes  # type: ignore[method-assign,assignment]


def _add_fuzz(commands: argparse._SubParsersAction[Any]) -> None:
    parser = add_command(
        commands,
        "fuzz",
        """Send random commands and parameters to a TA, in the normal world under ASan and UBSan.

        Cases that reach new code of the TA are kept and varied. Sockets, waiting and random numbers are
        answered by the fuzzer: nothing reaches a network. Exit status 1 where a crash, a hang or a panic
        was found.""",
    )
    _add_folder(parser)
    parser.add_argument(
        "--cases", type=_some, metavar="N", help="how many (default: 100000, or what --seconds allows)"
    )
    parser.add_argument("--seconds", type=_seconds, metavar="S", help="how long")
    parser.add_argument(
        "--seed", type=_count, metavar="N", help="for the same cases again (default: a new one, shown)"
    )
    parser.add_argument(
        "--findings",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="where found cases are kept (default: here)",
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one kept case")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep what is built in this folder")
    parser.set_defaults(run=fuzz)


def _add_build(commands: argparse._SubParsersAction[Any]) -> None:
    parser = add_command(
        commands,
        "build",
        """Build a TA for a board, with OP-TEE's TA dev kit.

        Runs the TA's own Makefile, and says where the .ta and .elf files are.""",
    )
    _add_folder(parser)
    parser.add_argument(
        "--dev-kit", type=Path, required=True, metavar="DIR", help="export-ta_arm64 of OP-TEE's build"
    )
    parser.add_argument(
        "--cross-compile",
        default=DEFAULT_CROSS_COMPILE,
        metavar="PREFIX",
        help=f"of the board's compiler (default: {DEFAULT_CROSS_COMPILE})",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to build (default: out/ in the TA's folder)"
    )
    parser.set_defaults(run=build)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="the folder of the TA, or the one with ta/ and host/"
    )


def _add_building(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--client", type=Path, action="append", default=[], metavar="FILE",
        help="a C file of the client, instead of those in host/; repeat it for more",
    )  # fmt: skip
    parser.add_argument(
        "--client-flags",
        default="",
        metavar="WORDS",
        help="for the client's compiler and linker, as in '-lm'",
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep what is built in this folder")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 on")
    return int(text)


def _some(text: str) -> int:
    count = _count(text)
    if count == 0:
        raise argparse.ArgumentTypeError("'0' is no case at all; give 1 or more")
    return count


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds above 0")
    return value


def run(args: argparse.Namespace) -> int:
    from worldgate.ta import build as building
    from worldgate.ta import run as running
    from worldgate.ta import source

    world = running.choose_world(args.world, args.sanitize)
    options = building.Options(
        sealed=running.is_sealed(world),
        sanitize=args.sanitize,
        client_flags=running.split_words("--client-flags", args.client_flags),
        keep=args.keep,
    )
    wrapper = running.split_words("--wrapper", args.wrapper or "")
    how = running.Run(tuple(args.arguments), wrapper, args.ledger)
    return running.run(source.read(args.folder, args.client), world, options, how)


def fuzz(args: argparse.Namespace) -> int:
    from worldgate.ta import build as building
    from worldgate.ta import fuzz as fuzzing
    from worldgate.ta import source

    how = fuzzing.Fuzz(args.cases, args.seconds, args.seed, args.findings, args.replay)
    return fuzzing.fuzz(source.read(args.folder, needs_client=False), building.Options(keep=args.keep), how)


def build(args: argparse.Namespace) -> int:
    from worldgate.ta import devkit

    for path in devkit.build(args.folder, args.dev_kit, args.cross_compile, args.out):
        print(path)
    return 0
