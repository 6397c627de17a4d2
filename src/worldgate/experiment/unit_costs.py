# SPDX-License-Identifier: Apache-2.0
"""Looks up what one of something costs: in the limits of this machine, or in the profile that a world
executes. What is not known stays unknown, with the reason."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

from msgspec.structs import replace

from worldgate.machine.costs import Cause, Limits, UnitCost, Where
from worldgate.machine.limits import interpolate

# Beyond that a cost is no cost: 2^36 ns are more than a minute for one operation.
NS_MOST = 2.0**36


class Unit(NamedTuple):
    """One unit cost. ns None: unknown, and source says why."""

    ns: float | None
    source: str


def unknown(reason: str) -> Unit:
    return Unit(None, reason)


def sound(cost: UnitCost) -> bool:
    """Whether it can be a cost at all."""
    return math.isfinite(cost.ns) and 0 < cost.ns <= NS_MOST and (cost.bytes is None or cost.bytes > 0)


def bytes_text(size: float) -> str:
    """96 B, 11.7 KiB."""
    if size < 1024:
        return f"{size:.4g} B"
    return f"{size / 1024:.4g} KiB" if size < 1 << 20 else f"{size / (1 << 20):.4g} MiB"


class Units:
    """The unit costs for one placement of threads; where None: the threads were not pinned."""

    def __init__(self, limits: Limits, where: Where | None) -> None:
        self._limits = replace(limits, costs=[cost for cost in limits.costs if sound(cost)])
        self._where = where

    def _costs(self, cause: Cause, fits: Callable[[UnitCost], bool]) -> list[UnitCost]:
        return [cost for cost in self._limits.costs if cost.cause == cause and fits(cost)]

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

    def _sized(
        self,
        cause: Cause,
        size: float,
        temperature: Literal["hot", "cold"] | None,
        library: str | None = None,
    ) -> float | None:
        """What one of that size costs: below the smallest that was measured as much as that one, since a call
        is left of it; beyond the largest in proportion. None: none was measured."""
        sizes = [
            cost.bytes
            for cost in self._costs(cause, lambda cost: cost.temperature == temperature)
            if cost.bytes is not None and (library is None or cost.library == library)
        ]
        if not sizes:
            return None
        nearest = min(max(size, min(sizes)), max(sizes))
        ns = interpolate(self._limits, cause, nearest, temperature=temperature, library=library)
        return None if ns is None else ns * max(1.0, size / nearest)

    def copy(self, size: float, span: float, share: float) -> Unit:
        """One copy of so many bytes, while the operations go round in memory of span bytes altogether. A hot
        copy of S bytes was measured on 2 S bytes: its pace where 2 S is the span is the pace here, for
        that share of what the copy touches; the rest was touched just before. Cold copies bound it."""
        wide = max(size, span / 2)
        least, spread = self._sized("copy", size, "hot"), self._sized("copy", wide, "hot")
        cold = self._sized("copy", size, "cold")
        if least is None or spread is None:
            return self._absent("copy")
        paced = spread * size / wide
        if cold is not None:
            paced = min(paced, cold)
        text = bytes_text(size)
        if paced <= least:
            return Unit(least, f"limits: hot copy of {text}")
        return Unit(least + share * (paced - least), f"limits: copy of {text} in {bytes_text(span)}")

    def record(self, cause: Cause, size: float, library: str | None) -> Unit:
        """Sealing or opening one record of that size. library None: the one that is used by default."""
        known = [cost.library for cost in self._costs(cause, lambda cost: cost.library is not None)]
        used = library or (known[0] if known else None)
        ns = self._sized(cause, size, None, used) if used else None
        if ns is None:
            return self._absent(cause, library)
        return Unit(ns, f"limits: {cause}, {bytes_text(size)}, {used}")
