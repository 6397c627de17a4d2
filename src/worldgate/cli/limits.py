# SPDX-License-Identifier: Apache-2.0
"""Measure what one copy, seal, crossing or wake-up costs on this machine.

Each cost is measured by itself, by a loop in C. The figures are kept until the next boot in
$XDG_CACHE_HOME/worldgate; the explanation of a result multiplies them by counts. On one core both sides
run on the same processor, on two cores each has its own.

examples:
  worldgate limits --quick
  worldgate limits --fresh
  worldgate limits --json > limits.json
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.machine.costs import Limits, UnitCost


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the costs as JSON")
    parser.add_argument("--fresh", action="store_true", help="measure, whatever is kept")
    parser.add_argument(
        "--quick", action="store_true", help="fewer sizes and repetitions: about 4 s, not 15 s"
    )
    parser.set_defaults(run=run)


def _progress(done: int, count: int, what: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{done}/{count} {what}" if what else "\r\033[K")
        sys.stderr.flush()
    elif done == 0:
        print(f"measuring {count} costs of this machine", file=sys.stderr, flush=True)


def run(args: argparse.Namespace) -> int:
    from worldgate.machine.limits import get

    found = get(args.quick, args.fresh, _progress)
    if args.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return 0
    for line in lines(found):
        print(line)
    return 0


def _time(ns: float) -> str:
    for unit, factor in (("ms", 1e6), ("us", 1e3)):
        if ns >= factor:
            return f"{ns / factor:.3g} {unit}"
    return f"{ns:.3g} ns"


def _size(count: int) -> str:
    for unit, shift in (("MiB", 20), ("KiB", 10)):
        if count >= 1 << shift and count % (1 << shift) == 0:
            return f"{count >> shift} {unit}"
    return f"{count} B"


def _row(cost: UnitCost) -> tuple[str, ...]:
    keys = (cost.where, cost.temperature, cost.library, None if cost.bytes is None else _size(cost.bytes))
    return (
        cost.cause,
        ", ".join(key for key in keys if key),
        _time(cost.ns),
        f"{_time(cost.low_ns)} to {_time(cost.high_ns)}",
        f"{cost.bytes / cost.ns:.3g} GB/s" if cost.bytes else "",
    )


def lines(limits: Limits) -> list[str]:
    """The table, what could not be measured, and what disturbed it."""
    from worldgate.errors import one_line
    from worldgate.machine.limits import disturbed

    rows = [("cost", "of", "median", "quartiles", ""), *(_row(cost) for cost in limits.costs)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    text = [
        f"{row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}  "
        f"{row[4]:>{widths[4]}}".rstrip()
        for row in rows
    ]
    if limits.absent:
        text += ["", "not measured:"]
        text += [f"  {what}: {one_line(reason)}" for what, reason in limits.absent.items()]
    why = disturbed(limits)
    if why is not None:
        text += ["", f"warning: {why}; measure anew when it is quiet"]
    kind = "quickly, " if limits.machine.get("limits_quick") else ""
    return [*text, "", f"measured {kind}{limits.measured}; 'worldgate limits --fresh' measures anew"]
