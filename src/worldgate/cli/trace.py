# SPDX-License-Identifier: Apache-2.0
"""Trace the calls of an unmodified client application.

What follows -- is run with a library in front of its libteec, the platform's or Worldgate's: it counts
and times every call of the TEE Client API, what is copied for it, and the use of shared memory. The exit
status is the program's. A board needs no Python: build the library, preload it there, and read the file here.

examples:
  worldgate trace -- ./client-application --its --options
  worldgate ta run hello_world --wrapper "worldgate trace --"
  worldgate trace build --cross-compile aarch64-linux-gnu-
  worldgate trace read board.trace --output board.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from worldgate.cli import add_command
from worldgate.cli.ta import split_at_dashes

if TYPE_CHECKING:
    from worldgate.experiment.result import Scalar, Warning
    from worldgate.trace.figures import Figures

_NO_CALL = (
    "worldgate: no call was seen. The program made none; or the TEEC functions are linked into it, as into a "
    "client of the normal world; or it fetches them by dlsym, and no library can stand before that"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    _add_read(commands)
    _add_build(commands)
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="a new result file (default: trace-TIMESTAMP.json here)"
    )
    parser.add_argument(
        "--library", type=Path, metavar="PATH", help="another libworldgate-trace.so than that of this package"
    )
    parser.usage = f"{parser.prog} [options] -- PROGRAM [ARGUMENT ...]"
    parser.set_defaults(run=run)
    split_at_dashes(parser)


def _add_read(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "read",
        """Show traces that were written elsewhere, as on a board.

        On the board: LD_PRELOAD=./libworldgate-trace.so WORLDGATE_TRACE=board.trace ./client-application""",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a trace file; one a process")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write a new result file too")
    parser.set_defaults(run=read)


def _add_build(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_command(commands, "build", "Build the library for a board; a C compiler is all it takes.")
    parser.add_argument(
        "--cross-compile", default="", metavar="PREFIX", help="of the board's gcc, as in aarch64-linux-gnu-"
    )
    parser.add_argument("--output", type=Path, default=Path(), metavar="DIR", help="where to (default: here)")
    parser.set_defaults(run=build)


def run(args: argparse.Namespace) -> int:
    import tempfile
    import time

    from worldgate.cli._experiment import machine_facts
    from worldgate.trace import run as running

    if not args.arguments:
        args.parser.error("say which program, after --")
    output = args.output or Path(f"trace-{time.strftime('%Y%m%d-%H%M%S')}.json")
    _check_new(output)
    library = args.library or running.default_library()
    with tempfile.TemporaryDirectory(prefix="worldgate-trace-") as folder:
        status = running.run(args.arguments, library, Path(folder))
        traces = running.collect(Path(folder))
    if not traces:
        print(_NO_CALL, file=sys.stderr)
        return status
    _show(traces, sys.stderr)
    _write(traces, output, *machine_facts())
    return status


def read(args: argparse.Namespace) -> int:
    from worldgate.trace.figures import Figures

    if args.output:
        _check_new(args.output)
    traces = [Figures(path) for path in args.files]
    _show(traces, sys.stdout)
    if args.output:
        _write(traces, args.output, {}, [])
    return 0


def build(args: argparse.Namespace) -> int:
    from worldgate.trace.build import build as build_library

    print(build_library(args.cross_compile, args.output))
    return 0


def _check_new(output: Path) -> None:
    from worldgate.errors import WorldgateError

    if output.exists():
        raise WorldgateError(f"{output}: exists already; give another name")
    if not output.absolute().parent.is_dir():
        raise WorldgateError(f"{output}: there is no such folder; make it, or give another name")


def _show(traces: Sequence[Figures], stream: TextIO) -> None:
    from worldgate.trace.text import render

    for trace in traces:
        print(render(trace), file=stream)


def _write(
    traces: Sequence[Figures], output: Path, machine: dict[str, Scalar], warnings: Sequence[Warning]
) -> None:
    from worldgate.experiment.result import write
    from worldgate.trace.result import make_result

    write(make_result(traces, machine, warnings), output)
    print(f"result: {output}", file=sys.stderr)
