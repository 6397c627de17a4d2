# SPDX-License-Identifier: Apache-2.0
"""One variant as the model of its costs needs it: how its operations travel, and what was measured of one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from worldgate.experiment.result import Sample, Variant
from worldgate.machine.costs import Where
from worldgate.worlds.profile import Profile


@dataclass(frozen=True)
class Side:
    """One variant, per operation, as it was measured."""

    variant: Variant
    kind: str  # of world
    mode: str  # direct, call, batch, ring
    batch: int  # operations of a crossing, or slots of a ring
    depth: int  # operations under way at once
    size: int  # bytes of a payload
    where: Where | None
    counts: dict[str, dict[str, float]]  # thread -> count -> per operation
    elapsed_ns: float
    inside_ns: float | None  # in the TA, from the sampled stages
    profile: Profile | None
    no_profile: str  # why there is none, where there ought to be
    aead: str | None
    cpu_ns: dict[str, float]  # thread -> per operation
    waited_ns: dict[str, float]
    lost_ns: float | None  # in which none of the threads ran

    @property
    def apart(self) -> bool:
        """Whether its threads work at the same time, so that the slowest decides."""
        return self.mode == "ring" and self.depth > 1 and self.where != "one core"

    def total(self, name: str) -> float:
        return sum(counts.get(name, 0.0) for counts in self.counts.values())


class _Shape(NamedTuple):
    """How the operations of a variant travel."""

    mode: str
    batch: int
    depth: int
    size: int


def _shape(variant: Variant) -> _Shape:
    """Of a path that the model does not know each crossing is one by itself."""
    if variant.path != "crossing":
        return _Shape("call", 1, 1, 0)
    from worldgate.paths.crossing.options import parse

    options = parse(variant)
    return _Shape(options.mode, options.slots, options.depth, options.size)


def _where(variant: Variant) -> Where | None:
    text = variant.placement.text
    if text == "one core":
        return "one core"
    return "two cores" if text == "two cores" else None


def _operations_of(sample: Sample) -> float:
    """As the client counted them; where it does not, as their rate tells."""
    counted = sum(
        ledger.counts.get("operations", 0) for ledger in sample.ledgers if ledger.thread == "client"
    )
    rate = sample.metrics.get("operations_per_second")
    if counted or rate is None or not 0 < rate * sample.seconds < 2**53:
        return counted
    return rate * sample.seconds


def _per_operation(samples: list[Sample], operations: float) -> dict[str, dict[str, float]]:
    sums: dict[str, dict[str, float]] = {}
    for sample in samples:
        for ledger in sample.ledgers:
            into = sums.setdefault(ledger.thread, {})
            for name, count in ledger.counts.items():
                into[name] = into.get(name, 0.0) + count / operations
    return sums


def _middle(samples: list[Sample], metric: str) -> list[Sample]:
    """The one or two that the median of the metric comes from: what was measured belongs together."""
    found = [
        (value, place) for place, one in enumerate(samples) if (value := one.metrics.get(metric)) is not None
    ]
    found.sort()
    return [samples[place] for _, place in found[(len(found) - 1) // 2 : len(found) // 2 + 1]]


def _share(seconds: list[float | None], elapsed: float) -> float | None:
    """What share of the elapsed time they are; None: unknown."""
    known = [one for one in seconds if one is not None and math.isfinite(one)]
    if len(known) < len(seconds) or not known or not elapsed > 0:
        return None
    return min(max(0.0, math.fsum(known) / elapsed), 1.0)


def _measured_ns(
    samples: list[Sample], name: Literal["cpu_seconds", "waited_seconds"], elapsed_ns: float
) -> dict[str, float]:
    """Thread -> ns of an operation; only threads of which every sample knows it."""
    found: dict[str, list[float | None]] = {}
    for sample in samples:
        for ledger in sample.ledgers:
            found.setdefault(ledger.thread, []).append(getattr(ledger, name))
    elapsed = sum(sample.seconds for sample in samples)
    shares = {thread: _share(seconds, elapsed) for thread, seconds in found.items()}
    return {thread: share * elapsed_ns for thread, share in shares.items() if share is not None}


def _lost_ns(samples: list[Sample], elapsed_ns: float) -> float | None:
    """Time of an operation in which none of the threads ran; None: unknown."""
    used = [
        ledger.cpu_seconds
        for sample in samples
        for ledger in sample.ledgers
        if ledger.cpu_seconds is not None  # that of a world in the client's process is the client's
    ]
    share = _share([*used], sum(sample.seconds for sample in samples))
    return None if share is None else (1 - share) * elapsed_ns


def _stage_ns(samples: list[Sample], name: str) -> float | None:
    found = [ledger.stages[name] for sample in samples for ledger in sample.ledgers if name in ledger.stages]
    sampled = sum(stage.sampled for stage in found)
    return sum(stage.mean_ns * stage.sampled for stage in found) / sampled if sampled else None


class Figure(NamedTuple):
    """The median of a metric, as the time of one operation."""

    metric: str
    ns: float


def make_side(
    variant: Variant,
    samples: list[Sample],
    figure: Figure,
    profiles: Mapping[str, Profile],
    aead: str | None = None,
) -> Side:
    """Variant and samples as the model needs them."""
    middle = _middle(samples, figure.metric)
    shape = _shape(variant)
    operations = sum(map(_operations_of, samples))
    profile = profiles.get(variant.profile) if variant.profile else None
    no_profile = "" if profile else f"there is no profile '{variant.profile}' here"
    if profile and variant.profile_hash not in (None, profile.hash()):
        profile, no_profile = None, f"profile '{variant.profile}' has changed since the experiment"
    return Side(
        variant=variant,
        kind=variant.world.partition(":")[0],
        mode=shape.mode,
        batch=shape.batch,
        depth=shape.depth,
        size=shape.size,
        where=_where(variant),
        counts=_per_operation(samples, operations) if operations else {},
        inside_ns=_stage_ns(samples, "inside"),
        profile=profile,
        no_profile=no_profile,
        aead=aead,
        elapsed_ns=figure.ns,
        cpu_ns=_measured_ns(middle, "cpu_seconds", figure.ns),
        waited_ns=_measured_ns(middle, "waited_seconds", figure.ns),
        lost_ns=_lost_ns(middle, figure.ns),
    )
