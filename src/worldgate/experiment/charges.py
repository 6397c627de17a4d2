# SPDX-License-Identifier: Apache-2.0
"""What one operation of a variant is charged with: the ledger's counts, each with its unit cost.

Units that hold several things charge them once. A crossing's contains its system calls, its wake-ups and
its polls; a ring operation's contains both hand-overs and what both sides poll. What the ledger counts
beyond that is charged for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from worldgate.experiment.side import Side
from worldgate.experiment.unit_costs import Unit, Units, bytes_text, unknown
from worldgate.machine.costs import Limits
from worldgate.worlds.registry import PAGE_BYTES

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
_RECORDS: tuple[tuple[Literal["seal", "open"], str, str], ...] = (
    ("seal", "sealed", "pages_out"),
    ("open", "opened", "pages_in"),
)

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


def _profile_ns(side: Side, key: str) -> Unit:
    """A cost that the profile has and the world executes."""
    if side.profile is None:
        return unknown(side.no_profile)
    cost = side.profile.cost(key)
    if cost.value is None:
        return unknown(f"profile {side.profile.name} does not know {key}: {cost.unknown}")
    return Unit(cost.value, f"profile {side.profile.name}: {key}")


def _has(side: Side, key: str) -> bool:
    return side.profile is not None and side.profile.cost(key).value is not None


def _crossing_unit(side: Side, units: Units) -> tuple[Cause, str, Unit]:
    if side.kind == "normal":
        return "crossings", "gate call", units.one("gate call")
    if side.kind == "emulated":
        return "emulated delay", "transition", _profile_ns(side, "transition_ns")
    if side.kind == "optee":
        return "crossings", "call", unknown("the limits do not measure a crossing of OP-TEE")
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


def _spread(side: Side, thread: str) -> float:
    """How much of what a copy touches comes round again only after the whole span. Of a call everything; of a
    slot's copy the slot, since the other end is private memory that is used each time; and in a batch the TA
    answers into the slot that it has just read."""
    if side.mode in ("direct", "call"):
        return 1.0
    return 0.25 if side.mode == "batch" and thread == "world" else 0.5


def _copies(side: Side, units: Units) -> list[Charge]:
    charges = []
    for thread, counts in side.counts.items():
        for item, name in (("lane", "lane_bytes"), ("share", "share_bytes"), ("socket", "socket_bytes")):
            total = counts.get(name, 0.0)
            if not total:
                continue
            if item == "share" and side.kind == "emulated" and _has(side, "temporary_ns_per_kib"):
                # The world tops its own copy up to the platform's, so that this one is in it.
                unit = _profile_ns(side, "temporary_ns_per_kib")
                charges.append(Charge("emulated delay", "temporary KiB", thread, total / 1024, unit))
                continue
            size = side.size or total
            unit = units.copy(size, _span(side), _spread(side, thread))
            charges.append(Charge("copies", item, thread, total / size, unit))
        bounced = counts.get("bounce_bytes", 0.0)
        if bounced:
            unit = _profile_ns(side, "copy_ns_per_kib")
            charges.append(Charge("emulated delay", "bounce KiB", thread, bounced / 1024, unit))
    return charges


def _crypto(side: Side, units: Units) -> list[Charge]:
    """Records beyond those of the pager, which are part of a page fault."""
    charges = []
    for thread, counts in side.counts.items():
        for cause, verb, pages in _RECORDS:
            paged = counts.get(pages, 0.0)
            records = counts.get(f"{verb}_records", 0.0) - paged
            if records > 0:
                size = max(0.0, counts.get(f"{verb}_bytes", 0.0) - paged * PAGE_BYTES) / records
                unit = units.record(cause, size, side.aead)
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
    contained = passages if side.kind in ("compartment", "emulated") else 0.0
    for thread, counts in side.counts.items():
        calls = counts.get("system_calls", 0.0) - CALLS_OF_A_CROSSING * contained
        wakeups = counts.get("wakeups", 0.0) - WAKEUPS_OF_A_CROSSING * contained
        if calls > 0:
            charges.append(Charge("system calls", "system call", thread, calls, units.one("system call")))
        if wakeups > 0:
            charges.append(Charge("system calls", "wake-up", thread, wakeups, units.one("wake-up")))
    return charges


def waiting(side: Side, units: Units) -> list[Charge]:
    """What each thread polled for nothing. Where threads take turns it passes while another one works, and is
    part of that one's time; where they work at the same time it is the rest of the faster one's."""
    return [
        Charge("waiting", "poll", thread, counts["polls"], units.one("poll"))
        for thread, counts in side.counts.items()
        if counts.get("polls")
    ]


def _held_up(side: Side, waited: dict[str, float]) -> float | None:
    """How long nothing of this was done, where the sides take turns; None: unknown, or part of a crossing."""
    if side.kind == "emulated" and side.where == "two cores":
        return max(waited.values(), default=None)  # both spin, so one that did not run held the other up
    if side.where == "one core" or (side.kind == "normal" and side.mode != "ring"):
        return side.lost_ns  # the processor was given to others
    return None  # one sleeps while the other works, and is woken by a crossing


def _waited(side: Side, units: Units) -> list[Charge]:
    """Measured time in which a side that could have worked did not run."""
    found = {thread: ns for thread, ns in side.waited_ns.items() if thread in ("client", "world")}
    if not side.apart:
        found = {"client": _held_up(side, found) or 0.0}
    source = "measured: elapsed time less CPU time"
    return [
        Charge("waiting", "not running", thread, 1.0, Unit(ns, source))
        for thread, ns in found.items()
        if ns > 0
    ]


def charges(side: Side, units: Units) -> list[Charge]:
    """All that is known to cost something, except the work itself."""
    makers = (_crossings, _operations, _copies, _crypto, _paging, _system_calls, _waited)
    return [charge for make in makers for charge in make(side, units)]


def units_for(side: Side, limits: Limits) -> Units:
    """The unit costs of this side's placement."""
    return Units(limits, side.where)
