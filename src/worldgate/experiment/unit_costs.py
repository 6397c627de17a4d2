# SPDX-License-Identifier: Apache-2.0
"""Looks up what one of something costs: in the limits of this machine, or in the profile that a world
executes. What is not known stays unknown, with the reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from worldgate.machine.costs import Cause, Limits, UnitCost, Where

# Beyond that a cost is no cost: 2^36 ns are more than a minute for one operation.
NS_MOST = 2.0**36


class Unit(NamedTuple):
    """One unit cost. ns None: unknown, and source says why."""

    ns: float | None
    source: str

    @property
    def known(self) -> bool:
        return self.ns is not None


def unknown(reason: str) -> Unit:
    return Unit(None, reason)


def _sound(ns: float) -> bool:
    return math.isfinite(ns) and 0 <= ns <= NS_MOST


def interpolated(points: Sequence[tuple[float, float]], size: float) -> float:
    """The value at a size, on straight lines between logarithms. Below the first point its value, since
    what is left of a copy there is its call; beyond the last one in proportion to the size."""
    if size <= points[0][0]:
        return points[0][1]
    if size >= points[-1][0]:
        return points[-1][1] * size / points[-1][0]
    place = next(i for i, (bound, _) in enumerate(points) if bound >= size)
    (low, low_ns), (high, high_ns) = points[place - 1], points[place]
    share = math.log(size / low) / math.log(high / low)
    if low_ns <= 0 or high_ns <= 0:
        return low_ns + (high_ns - low_ns) * share
    return math.exp(math.log(low_ns) + math.log(high_ns / low_ns) * share)


def bytes_text(size: float) -> str:
    """96 B, 11.7 KiB."""
    if size < 1024:
        return f"{size:.4g} B"
    return f"{size / 1024:.4g} KiB" if size < 1 << 20 else f"{size / (1 << 20):.4g} MiB"


class Units:
    """The unit costs for one placement of threads; where None: the threads were not pinned."""

    def __init__(self, limits: Limits, where: Where | None) -> None:
        self._limits = limits
        self._where = where

    def _costs(self, cause: Cause, fits: Callable[[UnitCost], bool]) -> list[UnitCost]:
        return [cost for cost in self._limits.costs if cost.cause == cause and _sound(cost.ns) and fits(cost)]

    def _absent(self, cause: Cause, what: str | None = None) -> Unit:
        name = f"{cause}, {what}" if what else cause
        why = self._limits.absent.get(name) or self._limits.absent.get(cause)
        return unknown(f"the limits have no '{name}'" + (f": {why}" if why else ""))

    def one(self, cause: Cause) -> Unit:
        """A cost without a size, for this placement."""
        everywhere = self._costs(cause, lambda cost: cost.where is None)
        here = self._costs(cause, lambda cost: cost.where is not None and cost.where == self._where)
        if here:
            return Unit(here[0].ns, f"limits: {cause}, {self._where}")
        if everywhere:
            return Unit(everywhere[0].ns, f"limits: {cause}")
        if self._where is None and self._costs(cause, lambda cost: True):
            return unknown(f"the threads were not pinned, and '{cause}' differs between one core and two")
        return self._absent(cause, self._where)

    def _points(self, cause: Cause, fits: Callable[[UnitCost], bool]) -> list[tuple[float, float]]:
        found = {
            float(cost.bytes): cost.ns
            for cost in self._costs(cause, lambda cost: bool(cost.bytes and cost.bytes > 0) and fits(cost))
            if cost.bytes
        }
        return sorted(found.items())

    def copy(self, size: float, span: float) -> Unit:
        """One copy of so many bytes, while the operations go round in memory of span bytes altogether. A
        hot copy of S bytes was measured on 2 S bytes of memory: its pace where 2 S is the span is the pace
        here, and what cold copies cost is the most."""
        hot = self._points("copy", lambda cost: cost.temperature == "hot")
        cold = self._points("copy", lambda cost: cost.temperature == "cold")
        if size <= 0 or not (hot or cold):
            return self._absent("copy")
        most = interpolated(cold, size) if cold else None
        if not hot:
            assert most is not None
            return Unit(most, f"limits: cold copy of {bytes_text(size)}")
        least = interpolated(hot, size)
        wide = max(size, span / 2)
        ns, source = least, f"limits: hot copy of {bytes_text(size)}"
        paced = interpolated(hot, wide) * size / wide
        if paced > least:
            ns, source = paced, f"limits: copy of {bytes_text(size)} at the pace of {bytes_text(wide)}"
        if most is not None and ns > most > least:
            ns, source = most, f"limits: cold copy of {bytes_text(size)}"
        return Unit(ns, source)

    def record(self, cause: Cause, size: float, library: str | None) -> Unit:
        """Sealing or opening one record of that size. library None: the one that is used by default."""
        known = [cost.library for cost in self._costs(cause, lambda cost: cost.library is not None)]
        used = library or (known[0] if known else None)
        points = self._points(cause, lambda cost: used is not None and cost.library == used)
        if not points:
            return self._absent(cause, library)
        return Unit(interpolated(points, size), f"limits: {cause}, {bytes_text(size)}, {used}")
