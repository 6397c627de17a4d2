# SPDX-License-Identifier: Apache-2.0
"""Unit costs of this machine: what one crossing, one copied KiB, one wake-up costs here by itself.

`worldgate limits` measures them, the explanation multiplies them by counts.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA = "worldgate.limits/1"

Cause = Literal[
    "call",  # an empty crossing of a compartment, there and back
    "batch operation",  # one empty operation of a full batch, beyond the crossing
    "ring operation",  # one empty operation of a busy ring
    "ring round trip",  # one empty operation at a time
    "direct call",  # the TA's code called in the normal world
    "gate call",  # the same through the gate of the normal world
    "copy",
    "seal",
    "open",
    "page fault",
    "protected page fault",
    "system call",
    "wake-up",  # of a sleeping thread
    "spin hand-over",  # from one spinning thread to another
    "poll",  # one look at an empty ring
    "clock",  # one reading of the cycle counter
]
Where = Literal["one core", "two cores"]


class UnitCost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure: the median in ns and the quartiles. None of the keys: does not apply."""

    cause: Cause
    ns: float
    low_ns: float
    high_ns: float
    where: Where | None = None
    bytes: int | None = None  # the ns are for all of them together
    temperature: Literal["hot", "cold"] | None = None
    library: str | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them, as measured at one time. They hold until the next boot."""

    schema: str
    worldgate: str
    boot: str
    measured: str  # UTC, ISO 8601
    machine: dict[str, str | int | float | bool | None]
    costs: list[UnitCost]
    absent: dict[str, str]  # cause, or "cause, where" and the like -> why it could not be measured
