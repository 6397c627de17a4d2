# SPDX-License-Identifier: Apache-2.0
"""Explain where the difference to the baseline comes from.

For each variant of a result: what the ledger counted, times what each of it costs by itself on this machine,
from the baseline through the causes to what was measured, and what is left unexplained. Nothing is measured
here: the unit costs are those that 'worldgate limits' keeps, or the ones of --limits. They hold for one
machine and one boot. An unknown cost stays unknown. docs/explanation.md tells how to read it.

examples:
  worldgate explain crossing.json
  worldgate explain crossing.json --json
  worldgate explain crossing.json --limits limits.json
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.machine.costs import Limits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT", help="a result file")
    parser.add_argument(
        "--limits", metavar="FILE", help="unit costs, as 'worldgate limits --json' prints them"
    )
    parser.add_argument("--json", action="store_true", help="print the explanation as JSON")
    parser.set_defaults(run=run)


def _limits(file: str | None) -> Limits:
    from pathlib import Path

    from worldgate.errors import WorldgateError
    from worldgate.experiment.knowledge import read_limits
    from worldgate.machine import limits

    if file is not None:
        return read_limits(Path(file))
    found = limits.cached()
    if found is None:
        raise WorldgateError(
            "no unit costs are kept since the last boot; run 'worldgate limits', or give --limits FILE"
        )
    return found


def run(args: argparse.Namespace) -> int:
    from pathlib import Path

    from worldgate.experiment.explanation import explain
    from worldgate.experiment.knowledge import check_limits, profiles_of
    from worldgate.experiment.result import read

    result = read(Path(args.result))
    limits = _limits(args.limits)
    check_limits(result, limits)
    found = explain(result, limits, profiles_of(result))
    if args.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return 0
    from worldgate.report.waterfall_text import render

    print(render(found), end="")
    return 0
