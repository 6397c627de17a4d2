# SPDX-License-Identifier: Apache-2.0
"""What one operation of a variant is charged with: the ledger's counts, each with its unit cost.

Units that hold several things charge them once. A crossing's contains its system calls, its wake-ups and
its polls; a ring operation's contains both hand-overs and what both sides poll. What the ledger counts
beyond that is charged for itself.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from worldgate.experiment.result import Sample, Variant
from worldgate.experiment.unit_costs import Unit, Units, bytes_text, unknown
from worldgate.machine.costs import Limits, Where
from worldgate.worlds.profile import Profile

Cause = Literal[
    "crossings",
    "copies",
    "crypto",
    "paging",
    "system calls",
    "waiting",
    "processing",
    "emulated delay",
]
CAUSES: tuple[Cause, ...] = get_args(Cause)
SLOT_HEAD_BYTES = 16

# What the unit cost of one crossing contains, on each side of it: the ring of a bell and the wait for
# another.
CALLS_OF_A_CROSSING = 2.0
WAKEUPS_OF_A_CROSSING = 1.0


@dataclass(frozen=True)
class Charge:
    """So many of something, by one thread, each at a cost."""

    cause: Cause
    item: str
    thread: str
    count: float  # per operation
    unit: Unit


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
    inside_ns: float | None  # in the TA, from the sampled stages
    profile: Profile | None = None
    no_profile: str = ""  # why there is none, where there ought to be
    aead: str | None = None
    cpu_ns: dict[str, float] = field(default_factory=dict)  # thread -> per operation, measured
    waited_ns: dict[str, float] = field(default_factory=dict)
    lost_ns: float | None = None  # in which none of the threads ran

    @property
    def apart(self) -> bool:
        """Whether its threads work at the same time, so that the slowest decides."""
        return self.mode == "ring" and self.depth > 1 and self.where != "one core"

    def count(self, thread: str, name: str) -> float:
        return self.counts.get(thread, {}).get(name, 0.0)

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


def _measured_ns(samples: list[Sample], name: Literal["cpu_seconds", "waited_seconds"]) -> dict[str, float]:
    """Thread -> ns of an operation, the median of the samples; only threads of which every one knows it."""
    found: dict[str, list[float]] = {}
    gone = set()
    for sample in samples:
        operations = _operations_of(sample)
        for ledger in sample.ledgers:
            seconds = getattr(ledger, name)
            if seconds is None or not math.isfinite(seconds) or not operations:
                gone.add(ledger.thread)
            else:
                found.setdefault(ledger.thread, []).append(seconds * 1e9 / operations)
    return {thread: statistics.median(values) for thread, values in found.items() if thread not in gone}


def _lost_ns(samples: list[Sample]) -> float | None:
    """Time of an operation in which none of the threads ran, the median of the samples; None: unknown."""
    found = []
    for sample in samples:
        used = [ledger.cpu_seconds for ledger in sample.ledgers if ledger.cpu_seconds is not None]
        operations = _operations_of(sample)
        if not used or not operations or not math.isfinite(lost := sample.seconds - math.fsum(used)):
            return None
        found.append(max(0.0, lost) * 1e9 / operations)
    return statistics.median(found) if found else None


def _stage_ns(samples: list[Sample], name: str) -> float | None:
    found = [ledger.stages[name] for sample in samples for ledger in sample.ledgers if name in ledger.stages]
    sampled = sum(stage.sampled for stage in found)
    return sum(stage.mean_ns * stage.sampled for stage in found) / sampled if sampled else None


def make_side(
    variant: Variant, samples: list[Sample], profiles: Mapping[str, Profile], aead: str | None
) -> Side:
    """Variant and samples as the model needs them."""
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
        cpu_ns=_measured_ns(samples, "cpu_seconds"),
        waited_ns=_measured_ns(samples, "waited_seconds"),
        lost_ns=_lost_ns(samples),
    )


def _profile_ns(side: Side, key: str, per: float = 1.0) -> Unit:
    """A cost that the profile has and the world executes."""
    if side.profile is None:
        return unknown(side.no_profile)
    cost = side.profile.cost(key)
    if cost.value is None:
        return unknown(f"profile {side.profile.name} does not know {key}: {cost.unknown}")
    return Unit(cost.value / per, f"profile {side.profile.name}: {key}")


def _no_optee(what: str) -> Unit:
    return unknown(f"the limits do not measure {what} of OP-TEE")


def _crossing_unit(side: Side, units: Units) -> tuple[Cause, str, Unit]:
    if side.kind == "normal":
        return "crossings", "gate call", units.one("gate call")
    if side.kind == "emulated":
        return "emulated delay", "transition", _profile_ns(side, "transition_ns")
    if side.kind == "optee":
        return "crossings", "call", _no_optee("a crossing")
    return "crossings", "call", units.one("call")


def _crossings(side: Side, units: Units) -> list[Charge]:
    if side.mode == "direct":
        return [Charge("crossings", "direct call", "client", 1.0, units.one("direct call"))]
    cause, item, unit = _crossing_unit(side, units)
    charges = [
        Charge(cause, item, thread, counts["crossings"], unit)
        for thread, counts in side.counts.items()
        if counts.get("crossings")
    ]
    requests = side.total("rpcs")
    if requests and side.kind == "emulated":
        charges.append(Charge("emulated delay", "request", "world", requests, _profile_ns(side, "rpc_ns")))
    elif requests and side.kind != "normal":
        # A request is a crossing the other way round: two messages, each with a wake-up.
        charges.append(Charge("crossings", "request", "world", requests, unit))
    return charges


def _operations(side: Side, units: Units) -> list[Charge]:
    """What an operation costs beside the crossing that carries it."""
    if side.mode == "batch":
        return [Charge("crossings", "batch operation", "client", 1.0, units.one("batch operation"))]
    if side.mode != "ring":
        return []
    if side.depth <= 1:
        return [Charge("crossings", "ring round trip", "client", 1.0, units.one("ring round trip"))]
    unit = units.one("ring operation")
    threads = ("client", "world") if side.apart else ("client",)
    return [Charge("crossings", "ring operation", thread, 1.0, unit) for thread in threads]


def _span(side: Side) -> float:
    """The memory that the operations go round in: the shared part, the client's payload, the TA's."""
    slot = side.size + SLOT_HEAD_BYTES
    shared = {"batch": side.batch * slot, "ring": 2 * side.batch * slot}.get(side.mode, side.size)
    return shared + 2 * side.size


def _share(side: Side, thread: str) -> float:
    """How much of what a copy touches comes round again only after the whole span. Of a call everything; of a
    slot's copy the slot, since the other end is private memory that is used each time; and in a batch the TA
    answers into the slot that it has just read."""
    if side.mode in ("direct", "call"):
        return 1.0
    return 0.25 if side.mode == "batch" and thread == "world" else 0.5


def _copies(side: Side, units: Units) -> list[Charge]:
    charges = []
    for thread, counts in side.counts.items():
        lane, shared = counts.get("lane_bytes", 0.0), counts.get("share_bytes", 0.0)
        for item, total in (("lane", lane), ("share", shared), ("socket", counts.get("socket_bytes", 0.0))):
            if total:
                size = side.size or total
                charges.append(
                    Charge(
                        "copies",
                        item,
                        thread,
                        total / size,
                        units.copy(size, _span(side), _share(side, thread)),
                    )
                )
        if shared and side.kind == "emulated" and side.profile and side.profile.temporary_ns_per_kib.value:
            unit = _profile_ns(side, "temporary_ns_per_kib")
            charges.append(Charge("emulated delay", "temporary KiB", thread, shared / 1024, unit))
        if counts.get("bounce_bytes"):
            unit = _profile_ns(side, "copy_ns_per_kib")
            charges.append(
                Charge("emulated delay", "bounce KiB", thread, counts["bounce_bytes"] / 1024, unit)
            )
    return charges


def _crypto(side: Side, units: Units) -> list[Charge]:
    charges = []
    for thread, counts in side.counts.items():
        for cause, verb in (("seal", "sealed"), ("open", "opened")):
            records = counts.get(f"{verb}_records", 0.0)
            if records:
                size = counts.get(f"{verb}_bytes", 0.0) / records
                unit = units.record("seal" if cause == "seal" else "open", size, side.aead)
                charges.append(Charge("crypto", f"{cause} {bytes_text(size)}", thread, records, unit))
    return charges


def _paging(side: Side, units: Units) -> list[Charge]:
    charges = []
    for thread, counts in side.counts.items():
        if not counts.get("pages_in"):
            continue
        if side.kind == "emulated":
            charge = Charge(
                "emulated delay", "page fault", thread, counts["pages_in"], _profile_ns(side, "fault_ns")
            )
        else:
            unit = units.one("protected page fault")
            charge = Charge("paging", "protected page fault", thread, counts["pages_in"], unit)
        charges.append(charge)
    return charges


def _system_calls(side: Side, units: Units) -> list[Charge]:
    """Those beyond what the unit costs of crossings contain, which stand for both sides of them."""
    charges = []
    passages = side.total("crossings") + side.total("rpcs")
    sides = passages if side.kind in ("compartment", "emulated") else 0.0
    for item, name, cause, contained in (
        ("system call", "system_calls", "system call", CALLS_OF_A_CROSSING),
        ("wake-up", "wakeups", "wake-up", WAKEUPS_OF_A_CROSSING),
    ):
        for thread, counts in side.counts.items():
            beyond = counts.get(name, 0.0) - contained * sides
            if beyond > 0:
                unit = units.one("system call" if cause == "system call" else "wake-up")
                charges.append(Charge("system calls", item, thread, beyond, unit))
    return charges


def waiting(side: Side, units: Units) -> list[Charge]:
    """What each thread polled for nothing. Where threads take turns it passes while another one works, and is
    part of that one's time; where they work at the same time it is the rest of the faster one's."""
    return [
        Charge("waiting", "poll", thread, counts["polls"], units.one("poll"))
        for thread, counts in side.counts.items()
        if counts.get("polls")
    ]


def _waited(side: Side, units: Units) -> list[Charge]:
    """Measured time in which nothing of this was done. Where threads work at the same time: that in which one
    of them did not run. Where all share a processor: that in which none did, since it was given to others.
    Where they take turns on two, one sleeps while its message is on the way, which is part of a crossing."""
    source = "measured: elapsed time less CPU time"
    if side.apart:
        return [
            Charge("waiting", "not running", thread, 1.0, Unit(ns, source))
            for thread, ns in side.waited_ns.items()
            if thread in ("client", "world") and ns > 0
        ]
    if side.lost_ns and (side.where == "one core" or (side.kind == "normal" and side.mode != "ring")):
        return [Charge("waiting", "processor given to others", "client", 1.0, Unit(side.lost_ns, source))]
    return []


def charges(side: Side, units: Units) -> list[Charge]:
    """All that is known to cost something, except the work itself."""
    makers = (_crossings, _operations, _copies, _crypto, _paging, _system_calls, _waited)
    return [charge for make in makers for charge in make(side, units)]


def units_for(side: Side, limits: Limits) -> Units:
    """The unit costs of this side's placement."""
    return Units(limits, side.where)
