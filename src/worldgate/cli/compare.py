# SPDX-License-Identifier: Apache-2.0
"""Compare two result files, and fail where the second is slower.

Each variant and metric gets the ratio of B to A, its interval and a verdict, or the reason why the two cannot
be compared: another machine, fidelity, profile, placement, option or unit. The runs of two files are not
pairs, so the interval is Welch's on the logarithms, and whatever changed on the machine in between counts as
difference. Measure both in one experiment where you can.

--fail-if-slower 5% gives exit status 1 where a whole interval lies more than 5 % on the slow side. Of a rate
the inverse counts: half the rate is 100 % slower. Where nothing at all can be compared the status is 2.

examples:
  worldgate compare before.json after.json
  worldgate compare before.json after.json --fail-if-slower 5%
  worldgate compare before.json after.json --json
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.report.compare import Change, Comparison

SLOWER = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="A", help="the result file that is held against")
    parser.add_argument("second", metavar="B", help="the result file that is judged")
    parser.add_argument(
        "--fail-if-slower",
        metavar="PERCENT",
        type=_percent,
        help="exit with 1 where B is slower by more, as 5%%",
    )
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")
    parser.set_defaults(run=run)


def _percent(text: str) -> float:
    import re

    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?) ?%", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not a percentage; write it as 5%")
    return float(found[1]) / 100


def run(args: argparse.Namespace) -> int:
    from pathlib import Path

    from worldgate.errors import WorldgateError
    from worldgate.experiment.result import read
    from worldgate.report.compare import compare, slower_beyond

    found = compare(read(Path(args.first)), read(Path(args.second)), (args.first, args.second))
    bound: float | None = args.fail_if_slower
    slower = [one for one in found.changes if bound is not None and slower_beyond(one, bound)]
    if args.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        print(render(found, slower, bound), end="")
    if bound is not None and all(one.ratio is None for one in found.changes):
        raise WorldgateError(
            f"nothing of {args.first} and {args.second} can be compared, so nothing was checked"
        )
    return SLOWER if slower else 0


def _row(change: Change) -> tuple[str, ...]:
    from worldgate.report.quantity import UNKNOWN, number, quantity, ratio_text

    low, high = change.low, change.high
    return (
        change.variant,
        change.metric,
        change.fidelity or UNKNOWN,
        change.verdict,
        quantity(change.first_median, change.unit),
        quantity(change.second_median, change.unit),
        ratio_text(change.ratio),
        UNKNOWN if low is None or high is None else f"{number(low)} to {number(high)}",
        UNKNOWN if change.p is None else f"{change.p:.2g}",
        f"{change.first_runs}, {change.second_runs}",
    )


def render(found: Comparison, slower: list[Change], bound: float | None) -> str:
    """The comparison as text."""
    from worldgate.errors import one_line
    from worldgate.report.quantity import number
    from worldgate.report.text import table

    lines = [one_line(f"A: {found.first}"), one_line(f"B: {found.second}"), f"{found.method}.", ""]
    share = number(found.confidence * 100)
    heads = (
        "variant",
        "metric",
        "fidelity",
        "verdict",
        "A median",
        "B median",
        "B / A",
        f"{share} % interval",
        "p",
        "runs",
    )
    compared = [one for one in found.changes if one.ratio is not None]
    if compared:
        lines += table(heads, [_row(one) for one in compared], left=4)
    refused = [
        one_line(f"  {one.variant}, {one.metric}: {one.reason}") for one in found.changes if one.ratio is None
    ]
    if refused:
        lines += ["", "not comparable:", *refused]
    if found.notes:
        lines += ["", "also different:", *(one_line(f"  {note}") for note in found.notes)]
    if bound is not None:
        text = f"slower by more than {number(bound * 100)} %"
        named = ", ".join(one_line(f"{one.variant} ({one.metric})") for one in slower)
        lines += ["", f"{text}: {named or 'none'}"]
    return "\n".join(lines) + "\n"
