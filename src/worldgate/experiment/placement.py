# SPDX-License-Identifier: Apache-2.0
"""Where the threads of a run are: the words of a placement become processors of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from worldgate.errors import WorldgateError, one_line
from worldgate.experiment.result import Placement

ONE_CORE, TWO_CORES, NOT_PINNED = "one core", "two cores", "not pinned"
PLACEMENTS = (ONE_CORE, TWO_CORES, NOT_PINNED)


def place(text: str) -> Placement:
    """The placement of that name. Where this process may not use two processors, "two cores" names none."""
    if text not in PLACEMENTS:
        raise WorldgateError(f"no placement is called '{one_line(text)[:60]}'; use {', '.join(PLACEMENTS)}")
    usable = sorted(os.sched_getaffinity(0))
    if text == NOT_PINNED:
        return Placement(text=text)
    if text == ONE_CORE:
        return Placement(text=text, client=usable[-1], world=usable[-1])
    if len(usable) < 2:
        return Placement(text=text)
    return Placement(text=text, client=_partner(usable), world=usable[-1])


def why_not(placement: Placement) -> str | None:
    """Why a run cannot be placed so; None: it can."""
    usable = os.sched_getaffinity(0)
    if placement.text == TWO_CORES and placement.client is None:
        return "two cores: this process may use one processor only"
    for processor in (placement.client, placement.world):
        if processor is not None and processor not in usable:
            return f"{placement.text}: this process may not use processor {processor}"
    return None


def _partner(usable: list[int]) -> int:
    """A processor that shares no core with the last one, where there is such a one."""
    siblings = _siblings(usable[-1])
    apart = [processor for processor in usable[:-1] if processor not in siblings]
    return (apart or usable[:-1])[-1]


def _siblings(processor: int) -> set[int]:
    """The processors of one core, as the kernel tells; itself alone where it does not."""
    try:
        text = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list").read_text()
        ends = [part.split("-") for part in text.strip().split(",")]
        return {number for end in ends for number in range(int(end[0]), int(end[-1]) + 1)}
    except (OSError, ValueError):
        return {processor}
