# SPDX-License-Identifier: Apache-2.0
"""What the commands that run experiments share: their options, the progress line, the report at the end."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.experiment.engine import Progress
    from worldgate.experiment.interruption import Stop
    from worldgate.experiment.plan import GivenDesign
    from worldgate.experiment.result import Experiment, Result, Scalar, Warning

    Maker = Callable[[GivenDesign], Experiment]

COLUMNS = 100
PLACEMENTS = (
    "one core",
    "two cores",
    "not pinned",
)  # those of worldgate.experiment.placement; a test compares


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that runs an experiment."""
    group = parser.add_argument_group("how to measure")
    group.add_argument("--placement", choices=PLACEMENTS, help="where client and world run, as in 'one core'")
    group.add_argument(
        "--rounds", type=_whole, metavar="N", help="exactly so many, instead of planning them from a pilot"
    )
    group.add_argument("--quick", action="store_true", help="six rounds; a first look, seldom conclusive")
    group.add_argument(
        "--width", type=_share, metavar="SHARE", help="the interval's half-width, as in 5%% (default: 5%%)"
    )
    group.add_argument(
        "--margin",
        type=_share,
        metavar="SHARE",
        help="a difference that does not matter, as in 2%% (default: 2%%)",
    )
    group.add_argument("--confidence", type=_share, metavar="SHARE", help="of the intervals (default: 95%%)")
    group.add_argument("--seed", type=_whole, metavar="N", help="of the order of the runs (default: drawn)")
    files = group.add_mutually_exclusive_group()
    files.add_argument(
        "--output", type=Path, metavar="FILE", help="a new result file (default: NAME-TIMESTAMP.json here)"
    )
    files.add_argument("--resume", type=Path, metavar="FILE", help="go on with an interrupted result file")


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 on")
    return int(text)


def _share(text: str) -> float:
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 10:
        raise argparse.ArgumentTypeError(f"'{text}' is no share; write it as in 5% or 0.05")
    return value


def run_experiment(args: argparse.Namespace, make: Maker | None) -> int:
    """Runs what make makes of the options into a new file, or goes on with a file, and reports. The exit
    status. Without make only a file can be gone on with."""
    from worldgate.errors import WorldgateError
    from worldgate.experiment.interruption import Stop

    if args.quick and args.rounds is not None:
        raise WorldgateError("--quick and --rounds: both say how many rounds; give one of them")
    stop = Stop(_tell_of_stop)
    if args.resume is not None:
        result, output = _resume(args, make, stop), args.resume
    elif make is not None:
        result, output = _start(args, make, stop)
    else:
        raise WorldgateError("say which experiment: worldgate run EXPERIMENT.toml, or --resume FILE")
    return finish(result, output, stop)


def finish(result: Result, output: Path, stop: Stop) -> int:
    """Reports a result that has come back from the engine; the exit status."""
    from worldgate.report.text import render

    print(render(result))
    interrupted = result.state == "interrupted"
    again = f"; go on with: worldgate run --resume {output}" if interrupted else ""
    print(f"result: {output}{again}", file=sys.stderr)
    if interrupted:
        return stop.status
    if not result.samples:
        print("worldgate: nothing could run here; see what was skipped, and why", file=sys.stderr)
        return 2
    return 0


def _tell_of_stop() -> None:
    # Not print: the signal may have come in the middle of one.
    os.write(2, b"\nworldgate: finishing the run under way; the same again abandons it\n")


def _start(args: argparse.Namespace, make: Maker, stop: Stop) -> tuple[Result, Path]:
    from worldgate.experiment import engine

    experiment = make(given(args))
    output = args.output or Path(f"{experiment.name}-{time.strftime('%Y%m%d-%H%M%S')}.json")
    machine, warnings = machine_facts()
    with Line() as line:
        result = engine.run(
            experiment, output, machine=machine, warnings=warnings, watcher=line.watch, stop=stop
        )
    return result, output


def _resume(args: argparse.Namespace, make: Maker | None, stop: Stop) -> Result:
    from msgspec.structs import asdict, replace

    from worldgate.errors import WorldgateError
    from worldgate.experiment import engine
    from worldgate.experiment.result import read
    from worldgate.machine.facts import facts

    design, begun, experiment = given(args), read(args.resume), None
    if make is None:
        for key, value in {**asdict(design), "placement": args.placement}.items():
            if value is not None:
                raise WorldgateError(f"--resume goes on as it was begun; leave out what sets the {key}")
    else:
        # A seed that was not given was drawn: that of the file goes on.
        seed = begun.experiment.design.seed if design.seed is None else design.seed
        experiment = make(replace(design, seed=seed))
    machine = None if begun.state == "complete" else facts()
    with Line() as line:
        return engine.resume(args.resume, experiment, machine=machine, watcher=line.watch, stop=stop)


def machine_facts() -> tuple[dict[str, Scalar], list[Warning]]:
    """What this machine is, and what the doctor warns of."""
    from worldgate.machine.doctor import warnings
    from worldgate.machine.facts import facts

    return facts(), warnings()


def given(args: argparse.Namespace) -> GivenDesign:
    """What the options say of the design."""
    from worldgate.experiment.plan import QUICK_ROUNDS, GivenDesign

    return GivenDesign(
        seed=args.seed,
        confidence=args.confidence,
        width=args.width,
        margin=args.margin,
        rounds=QUICK_ROUNDS if args.quick else args.rounds,
    )


class Line:
    """One line on a terminal's standard error that is written over; nothing where that is no terminal."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._show("")

    def watch(self, progress: Progress) -> None:
        self._show(describe(progress))

    def _show(self, text: str) -> None:
        if self.live:
            print(f"\r{text[:COLUMNS]:{COLUMNS}}\r{text[:COLUMNS]}", end="", file=sys.stderr, flush=True)


def describe(progress: Progress) -> str:
    """Where an experiment is, in words."""
    if progress.warm_up:
        where = "warm-up"
    elif progress.rounds is None:
        where = f"pilot, round {progress.round + 1}"
    else:
        where = f"round {progress.round + 1} of at most {progress.rounds}"
    left = "" if progress.seconds_left is None else f", at most {_duration(progress.seconds_left)} left"
    return f"{where}: {progress.variant}{left}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
