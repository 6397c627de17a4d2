# SPDX-License-Identifier: Apache-2.0
"""Numbers as people read them: few digits, a fitting unit, a dash for what is unknown."""

from __future__ import annotations

import math

UNKNOWN = "-"

# unit -> the units of its family, each with its size in the first one
_TIME = (("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9))
_BYTES = (("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9))
_RATE = tuple((f"{name}/s", size) for name, size in _BYTES)
_FAMILIES = {name: family for family in (_TIME, _BYTES, _RATE) for name, _ in family}


def number(value: float | None, digits: int = 3) -> str:
    """At most that many significant digits, thousands apart, no exponent where it can be avoided."""
    if value is None or math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        return "beyond all bounds"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if not -6 <= magnitude < 15:
        return f"{value:.{digits}g}"
    decimals = digits - 1 - magnitude
    text = f"{round(value, decimals):,.{max(decimals, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(value: float | None, unit: str, digits: int = 3) -> str:
    """A number and its unit, in the unit of the same family that makes it readable."""
    if value is None:
        return UNKNOWN
    family = _FAMILIES.get(unit)
    if family is None or not math.isfinite(value):
        return f"{number(value, digits)} {unit}".rstrip()
    base = value * dict(family)[unit]
    name, size = next((one for one in reversed(family) if abs(base) >= one[1]), family[0])
    return f"{number(base / size, digits)} {name}"


def ratio_text(ratio: float | None) -> str:
    """x52."""
    return UNKNOWN if ratio is None else f"x{number(ratio)}"
