# SPDX-License-Identifier: Apache-2.0
"""Measure what others have published, and hold the one against the other.

Without a name it lists the experiments. With one it runs it like 'worldgate run' and ends in a table:
published, measured, and whether they agree. They agree where the measured interval lies within what was
published and disagree where it lies outside. Otherwise it says why nothing is said: skipped, inconclusive,
another fidelity. What agrees only because the number went into the profile is called so.

An experiment of your own is a file whose path ends in .toml; docs/reproduce.md tells what is in it.

examples:
  worldgate reproduce
  worldgate reproduce crossing-sgx-hotcalls
  worldgate reproduce crossing-sgx-hotcalls --quick --output hotcalls.json
  worldgate reproduce crossing-sgx-hotcalls --resume hotcalls.json
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from worldgate.cli import _experiment

if TYPE_CHECKING:
    from worldgate.experiment.reproduce import Judgement, Reproduction


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the experiment, or a .toml file")
    parser.add_argument("--quick", action="store_true", help="six rounds; a first look, seldom conclusive")
    files = parser.add_mutually_exclusive_group()
    files.add_argument(
        "--output", type=Path, metavar="FILE", help="a new result file (default: NAME-TIMESTAMP.json here)"
    )
    files.add_argument("--resume", type=Path, metavar="FILE", help="go on with an interrupted result file")
    # Whatever else there is of options belongs to what was published.
    parser.set_defaults(
        run=run, rounds=None, width=None, margin=None, confidence=None, seed=None, placement=None
    )


def run(args: argparse.Namespace) -> int:
    if args.name is None:
        return _list(args)
    from worldgate.experiment.plan import from_file
    from worldgate.experiment.reproduce import find, judge
    from worldgate.experiment.result import read

    named = find(args.name)
    if args.resume is None and args.output is None:
        args.output = Path(f"{named.file.name}-{time.strftime('%Y%m%d-%H%M%S')}.json")
    status = _experiment.run_experiment(args, lambda given: from_file(named.file, named.source, given))
    print("\n" + render(judge(named, read(args.resume or args.output))), end="")
    return status


def _list(args: argparse.Namespace) -> int:
    from worldgate.errors import WorldgateError
    from worldgate.experiment.reproduce import find, names

    if args.quick or args.output or args.resume:
        raise WorldgateError("say which experiment: worldgate reproduce NAME; without a name they are listed")
    for name in names():
        named = find(name)
        print(f"{name}: {named.file.title}")
        for statement in named.statements:
            print(f"  {statement.text} (fidelity {statement.fidelity})")
    return 0


def render(found: Reproduction) -> str:
    """Published against measured, as text."""
    from worldgate.errors import one_line
    from worldgate.report.text import table

    heads = ("", "published", "measured", "interval", "published of", "measured of", "outcome")
    rows = [(f"{number}", *_row(one)) for number, one in enumerate(found.judgements, start=1)]
    lines = ["published against measured:", *(f"  {line}" for line in table(heads, rows, left=1)), ""]
    for number, one in enumerate(found.judgements, start=1):
        lines.append(one_line(f"{number}: {one.statement.text}"))
        lines.append(one_line(f"   source: {one.statement.source}"))
        if one.reason:
            lines.append(one_line(f"   {one.reason}"))
    if found.doubts:
        lines += [
            "",
            one_line(f"the doctor's warnings, above, make these figures doubtful: {', '.join(found.doubts)}"),
        ]
    return "\n".join(lines) + "\n"


def _row(one: Judgement) -> tuple[str, ...]:
    from worldgate.report.quantity import UNKNOWN

    interval = UNKNOWN
    if one.low is not None and one.high is not None:
        interval = f"{_figure(one.low, one.unit)} to {_figure(one.high, one.unit)}"
    return (
        _published(one),
        _figure(one.measured, one.unit),
        interval,
        one.statement.fidelity,
        one.fidelity or UNKNOWN,
        one.outcome,
    )


def _figure(value: float | None, unit: str) -> str:
    from worldgate.report.quantity import quantity, ratio_text

    return quantity(value, unit) if unit else ratio_text(value)


def _published(one: Judgement) -> str:
    """The figure with its tolerance, or its bounds."""
    from worldgate.report.quantity import number

    said = one.statement
    if said.value is not None and said.tolerance is not None:
        return f"{_figure(said.value, one.unit)}, within {number(100 * said.tolerance)} %"
    ends = [end and _figure(end, one.unit) for end in (said.at_least, said.at_most)]
    if ends[0] and ends[1]:
        return f"{ends[0]} to {ends[1]}"
    return f"at least {ends[0]}" if ends[0] else f"at most {ends[1]}"
