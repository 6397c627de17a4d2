# SPDX-License-Identifier: Apache-2.0
"""The waterfalls of a result, ready to be drawn; where there are none, why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.experiment.explanation import Explanation, Explanations
    from worldgate.report.waterfall_text import Step

UNIT = "ns"


@dataclass(frozen=True)
class Waterfall:
    """One variant against its baseline, per operation."""

    title: str
    steps: list[Step]
    note: str


@dataclass(frozen=True)
class Waterfalls:
    """By variant; where there are none, why."""

    drawn: dict[str, Waterfall] = field(default_factory=dict)
    reason: str = ""


NO_LIMITS = Waterfalls(
    reason="The parts of the cost are told from this machine's unit costs, and no file of them was given: "
    "measure them with 'worldgate limits' and name the file with --limits."
)


def _waterfall(one: Explanation) -> Waterfall:
    from worldgate.report.waterfall_text import steps

    share = f"{one.residual_share * 100:.0f} %"
    unknown = sum(1 for part in one.parts if part.ns is None)
    lacks = f" {unknown} parts have no known unit cost." if unknown else ""
    about = f"{one.metric}, {one.fidelity}, {one.placement}"
    note = f"{about}. {one.why} Unexplained: {share} of the protected figure.{lacks}"
    return Waterfall(f"{one.variant}: from {one.baseline} to what was measured", steps(one), note)


def waterfalls(found: Explanations) -> Waterfalls:
    """All that were explained. Those that were not are named where nothing was."""
    drawn = {one.variant: _waterfall(one) for one in found.explained}
    if drawn:
        return Waterfalls(drawn)
    left = "; ".join(f"{one.variant}: {one.reason}" for one in found.left_out[:5])
    return Waterfalls(reason=f"No variant can be explained. {left}" if left else "No variant has a baseline.")
