# SPDX-License-Identifier: Apache-2.0
"""The experiment of the tour: crossings into every world that can be used here, in about a minute."""

from __future__ import annotations

import os

from worldgate.experiment.placement import NOT_PINNED, ONE_CORE, TWO_CORES
from worldgate.experiment.plan import Axis, Block, GivenDesign, Plan, make_design, make_experiment
from worldgate.experiment.result import Experiment

NORMAL = "normal"
MODES: list[str | int | float | bool] = ["call", "ring"]
NAMES = "{world} {mode} {size} B, {placement}"
# Ratios of ten and more are what there is to see: an interval may be wide.
WIDTH = 0.25
ROUNDS = 10


def placements(world: str) -> list[str]:
    """Where a world is measured. Both sides of an emulated one spin, so each has its own processor; that of
    a hardware world cannot be chosen."""
    kind = world.partition(":")[0]
    if kind == "optee":
        return [NOT_PINNED]
    if len(os.sched_getaffinity(0)) < 2:
        return [ONE_CORE]
    return [TWO_CORES] if kind == "emulated" else [ONE_CORE, TWO_CORES]


def tour_experiment(worlds: list[str], quick: bool) -> Experiment:
    """Calls and rings in these worlds, against the normal world."""
    options: dict[str, Axis] = {
        "size": [0] if quick else [0, 16384],
        "operation": "nothing",
        "kind": "round trip",
        "seconds": 0.02 if quick else 0.05,
    }
    protected = [world for world in worlds if world != NORMAL]
    used = {place: None for world in [NORMAL, *protected] for place in placements(world)}
    # What is protected comes first in every report.
    blocks = [
        Block(
            world=world,
            placement=list(placements(world)),
            options={**options, "mode": MODES},
            baseline=NAMES.replace("{world}", NORMAL),
        )
        for world in protected
    ]
    blocks += [
        Block(
            world=NORMAL,
            placement=list(used),
            options={**options, "mode": MODES},
            baseline=NAMES.replace("{mode}", "direct"),
        ),
        Block(world=NORMAL, placement=list(used), options={**options, "mode": "direct"}),
    ]
    plan = Plan("tour", "crossing", "Crossings into the worlds of this machine", NAMES)
    return make_experiment(plan, blocks, make_design(GivenDesign(rounds=3 if quick else ROUNDS, width=WIDTH)))
