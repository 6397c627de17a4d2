# SPDX-License-Identifier: Apache-2.0
"""Measures the unit costs of this machine, keeps them until the next boot, and finds them again.

    from worldgate.machine import limits

    here = limits.get()
    print(limits.find(here, "call", where="one core"))
    print(limits.interpolate(here, "copy", 1500, temperature="hot"))

The loops are C (core/load/wg_limits.h); each cause is measured by itself, in several repetitions. The choice
of AEAD library holds for a whole process, so each is measured in a process of its own (sealing.py).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import msgspec

import worldgate
from worldgate.errors import Unavailable
from worldgate.experiment.placement import ONE_CORE, place, why_not
from worldgate.machine.costs import SCHEMA, Cause, Limits, UnitCost, Where
from worldgate.machine.crypto import LIBRARIES
from worldgate.machine.facts import boot_id, facts
from worldgate.machine.processor import is_busy

Temperature = Literal["hot", "cold"]
# How many steps are done, how many there are, and what comes next; "" at the end.
Progress = Callable[[int, int, str], None]

CAUSES: tuple[Cause, ...] = get_args(Cause)
_COPY_BYTES = tuple(64 << shift for shift in range(0, 21, 2))  # 64 B to 64 MiB
_COPY_BYTES_QUICK = (64, 1 << 10, 16 << 10, 256 << 10, 4 << 20, 64 << 20)
_TEMPERATURES: tuple[Temperature, ...] = ("hot", "cold")
# Without a place: one thread of the normal world.
_ONE_THREAD: tuple[Cause, ...] = (
    "clock",
    "system call",
    "direct call",
    "gate call",
    "page fault",
    "protected page fault",
)
_TWO_SIDES: tuple[Cause, ...] = (
    "poll",
    "spin hand-over",
    "wake-up",
    "call",
    "batch operation",
    "ring operation",
    "ring round trip",
)


@dataclass(frozen=True)
class Effort:
    """How often, how long and in how many sizes."""

    repetitions: int
    repetition_ns: int
    copy_bytes: tuple[int, ...]
    seal_bytes: tuple[int, ...]


WHOLE = Effort(7, 20_000_000, _COPY_BYTES, (64, 256, 1 << 10, 1500, 4 << 10, 16 << 10, 64 << 10))
QUICK = Effort(5, 8_000_000, _COPY_BYTES_QUICK, (64, 1 << 10, 16 << 10, 64 << 10))


@dataclass(frozen=True)
class _Step:
    """One loop."""

    cause: Cause
    where: Where | None = None
    bytes: int | None = None
    temperature: Temperature | None = None

    def __str__(self) -> str:
        parts = (self.where, self.temperature, f"{self.bytes} B" if self.bytes else None)
        return ", ".join([self.cause, *filter(None, parts)])


def _steps(effort: Effort) -> Iterator[_Step]:
    yield from (_Step(cause) for cause in _ONE_THREAD)
    yield from (_Step(cause, where) for where in get_args(Where) for cause in _TWO_SIDES)
    for temperature in _TEMPERATURES:
        yield from (_Step("copy", None, size, temperature) for size in effort.copy_bytes)


def _measure(step: _Step, effort: Effort) -> UnitCost:
    """Raises Unavailable with the reason. Runs where a variant of that placement does."""
    from worldgate.core import time_loop

    placement = place(step.where or ONE_CORE)
    reason = why_not(placement)
    if reason is not None:
        raise Unavailable(reason)
    time = time_loop(
        step.cause,
        size=step.bytes or 0,
        cold=step.temperature == "cold",
        cpu=placement.client,
        other_cpu=placement.world,
        repetitions=effort.repetitions,
        repetition_ns=effort.repetition_ns,
    )
    return UnitCost(
        cause=step.cause,
        ns=time.ns,
        low_ns=time.low_ns,
        high_ns=time.high_ns,
        where=step.where,
        bytes=step.bytes,
        temperature=step.temperature,
    )


def _seal(library: str, effort: Effort) -> list[UnitCost]:
    """Seal and open with that library, in a process of its own. Raises Unavailable with the reason."""
    import subprocess
    import sys

    from worldgate.core import aead_why_not

    why_not = aead_why_not(library)
    if why_not is not None:
        raise Unavailable(why_not)
    words = (library, place(ONE_CORE).client, effort.repetitions, effort.repetition_ns, *effort.seal_bytes)
    command = [sys.executable, "-P", "-m", "worldgate.machine.sealing", *map(str, words)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        if done.returncode:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise Unavailable(last[0] if last else f"its process ended with status {done.returncode}")
        return msgspec.json.decode(done.stdout, type=list[UnitCost])
    except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as error:
        raise Unavailable(f"its process cannot be used: {error}") from None


def measure(quick: bool = False, progress: Progress | None = None) -> Limits:
    """All unit costs, measured now: about 15 s, or 4 s where quick. Keeps nothing."""
    effort = QUICK if quick else WHOLE
    machine = facts()  # the load is that of others: nothing of this has run yet
    told = progress or (lambda done, count, what: None)
    costs: list[UnitCost] = []
    absent: dict[str, str] = {}
    steps = list(_steps(effort))
    count = len(steps) + len(LIBRARIES)
    for number, step in enumerate(steps):
        told(number, count, str(step))
        try:
            costs.append(_measure(step, effort))
        except Unavailable as error:
            absent[str(step)] = error.reason
    for number, library in enumerate(LIBRARIES, start=len(steps)):
        told(number, count, f"seal and open, {library}")
        try:
            costs.extend(_seal(library, effort))
        except Unavailable as error:
            absent |= {f"seal, {library}": error.reason, f"open, {library}": error.reason}
    told(count, count, "")
    for cause in set(CAUSES) - {cost.cause for cost in costs}:
        # Nothing of it at all: the cause itself is absent.
        absent[cause] = next((why for what, why in absent.items() if what.split(", ")[0] == cause), "")
    return Limits(
        schema=SCHEMA,
        worldgate=worldgate.__version__,
        boot=boot_id() or "",
        measured=datetime.now(UTC).isoformat(timespec="seconds"),
        machine={**machine, "limits_quick": quick},
        costs=costs,
        absent=absent,
    )


def disturbed(limits: Limits) -> str | None:
    """Why the figures may be too high; None where nothing speaks for it."""
    load, cpus = limits.machine.get("load"), limits.machine.get("processors_usable")
    if isinstance(load, float) and isinstance(cpus, int) and is_busy(load, cpus):
        return (
            f"other programs were running (load {load:.2f} on {cpus} processors): the figures may be too high"
        )
    return None


def cache_path() -> Path | None:
    """Where the costs of this boot are kept; None where the kernel does not name its boot."""
    boot = boot_id()
    if boot is None or not boot.replace("-", "").isalnum():
        return None
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(folder) / "worldgate" / f"limits-{boot}.json"


def cached() -> Limits | None:
    """What was measured since the last boot by this version on as many processors; None where there is
    nothing, or nothing that can be read."""
    path = cache_path()
    if path is None:
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Limits)
    except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None
    usable = len(os.sched_getaffinity(0))
    if (found.schema, found.worldgate, found.boot) != (SCHEMA, worldgate.__version__, boot_id()):
        return None
    if found.machine.get("processors_usable") != usable or any(cost.ns <= 0 for cost in found.costs):
        return None
    return found


def keep(limits: Limits) -> Path | None:
    """Writes the cache, whole or not at all; where it is, or None where there is no place for it."""
    path = cache_path()
    if path is None:
        return None
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(msgspec.json.encode(limits))
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        return None
    return path


def get(quick: bool = False, fresh: bool = False, progress: Progress | None = None) -> Limits:
    """The kept ones, or measured and kept. quick: ones that were measured quickly will do."""
    found = None if fresh else cached()
    if found is not None and (quick or not found.machine.get("limits_quick")):
        return found
    found = measure(quick, progress)
    keep(found)
    return found


def _matching(
    limits: Limits, cause: Cause, where: Where | None, temperature: Temperature | None, library: str | None
) -> list[UnitCost]:
    """A key that was not given, or that does not apply to a cost, is no hindrance."""
    return [
        cost
        for cost in limits.costs
        if cost.cause == cause
        and (where is None or cost.where in (None, where))
        and (temperature is None or cost.temperature in (None, temperature))
        and (library is None or cost.library in (None, library))
    ]


def find(
    limits: Limits,
    cause: Cause,
    *,
    where: Where | None = None,
    bytes: int | None = None,
    temperature: Temperature | None = None,
    library: str | None = None,
) -> UnitCost | None:
    """The cost with these keys; of several the first, which is the AEAD library that is used by default."""
    found = _matching(limits, cause, where, temperature, library)
    return next((cost for cost in found if bytes is None or cost.bytes in (None, bytes)), None)


def interpolate(
    limits: Limits,
    cause: Cause,
    bytes: float,
    *,
    where: Where | None = None,
    temperature: Temperature | None = None,
    library: str | None = None,
) -> float | None:
    """ns for so many bytes, linear between the two sizes beside it. Outside of what was measured the nearest
    line goes on to half the smallest and twice the largest size; None beyond that."""
    found = [cost for cost in _matching(limits, cause, where, temperature, library) if cost.bytes is not None]
    points = {
        cost.bytes: cost.ns
        for cost in found
        if (cost.where, cost.temperature, cost.library)
        == (found[0].where, found[0].temperature, found[0].library)
    }
    sizes = sorted(size for size in points if size is not None)
    if not sizes or not sizes[0] / 2 <= bytes <= sizes[-1] * 2:
        return None
    if len(sizes) == 1:
        return points[sizes[0]] if bytes == sizes[0] else None
    above = next((index for index, size in enumerate(sizes[1:], 1) if bytes <= size), len(sizes) - 1)
    low, high = sizes[above - 1], sizes[above]
    share = (bytes - low) / (high - low)
    return max(0.0, points[low] * (1 - share) + points[high] * share)
