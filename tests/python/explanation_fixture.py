# SPDX-License-Identifier: Apache-2.0
"""Results and limits made by hand, for the tests of the explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worldgate.experiment import result as r
from worldgate.machine.costs import SCHEMA, Cause, Limits, UnitCost

ONE = r.Placement(text="one core", client=0, world=0)
TWO = r.Placement(text="two cores", client=0, world=1)
OPERATIONS = 1000
RATE = r.Metric(
    name="operations_per_second", unit="1/s", better="higher", text="operations answered in a second"
)


def cost(cause: Cause, ns: float, **keys: Any) -> UnitCost:
    return UnitCost(cause=cause, ns=ns, low_ns=ns, high_ns=ns, **keys)


def copies() -> list[UnitCost]:
    """A hot copy takes 0.01 ns a byte up to 16 KiB and 0.02 beyond, a cold one 0.1."""
    sizes = (64, 1024, 16384, 1 << 20, 1 << 26)
    hot = [
        cost("copy", size * (0.01 if size <= 16384 else 0.02), bytes=size, temperature="hot")
        for size in sizes
    ]
    return hot + [cost("copy", size * 0.1, bytes=size, temperature="cold") for size in sizes]


COSTS = [
    *copies(),
    cost("call", 5000, where="one core"),
    cost("call", 90000, where="two cores"),
    cost("gate call", 100),
    cost("direct call", 10),
    cost("batch operation", 12, where="one core"),
    cost("ring operation", 80, where="one core"),
    cost("ring operation", 60, where="two cores"),
    cost("ring round trip", 4000, where="one core"),
    cost("poll", 20),
    cost("system call", 64),
    cost("wake-up", 2000, where="one core"),
    cost("protected page fault", 4000),
    cost("seal", 100, bytes=64, library="OpenSSL 3.0.0"),
    cost("seal", 1000, bytes=16384, library="OpenSSL 3.0.0"),
    cost("open", 100, bytes=64, library="OpenSSL 3.0.0"),
    cost("open", 1000, bytes=16384, library="OpenSSL 3.0.0"),
]


def limits(costs: list[UnitCost] | None = None, **keys: Any) -> Limits:
    return Limits(
        schema=SCHEMA,
        worldgate="0",
        boot=keys.get("boot", "a-boot"),
        measured="2026-01-01T00:00:00+00:00",
        machine=keys.get("machine", {"cpu": "a processor"}),
        costs=COSTS if costs is None else costs,
        absent=keys.get("absent", {}),
    )


def variant(
    name: str,
    world: str,
    *,
    baseline: str | None = None,
    place: r.Placement = ONE,
    options: Mapping[str, r.Scalar] | None = None,
) -> r.Variant:
    kind = world.partition(":")[0]
    fidelity: dict[str, r.Fidelity] = {"normal": "none", "optee": "hardware", "emulated": "emulated"}
    profile = world.partition(":")[2] or None if kind == "emulated" else None
    return r.Variant(
        name=name,
        path="crossing",
        world=world,
        fidelity=fidelity.get(kind, "compartment"),
        placement=place,
        options={"mode": "call", "size": 700, "operation": "echo", "kind": "throughput", **(options or {})},
        profile=profile,
        baseline=baseline,
    )


def sample(of: str, ns: float, threads: dict[str, dict[str, int]], round: int = 0, **keys: Any) -> r.Sample:
    """A run of OPERATIONS of ns each, and what the threads counted."""
    return r.Sample(
        variant=of,
        round=round,
        order=0,
        started="2026-01-01T00:00:00.000+00:00",
        seconds=OPERATIONS * ns / 1e9,
        metrics={RATE.name: 1e9 / ns},
        ledgers=[r.ThreadLedger(thread=name, counts=counts, **keys) for name, counts in threads.items()],
    )


def result(variants: list[r.Variant], samples: list[r.Sample], **machine: r.Scalar) -> r.Result:
    return r.Result(
        schema=r.SCHEMA,
        worldgate="0",
        state="complete",
        started="2026-01-01T00:00:00.000+00:00",
        finished="2026-01-01T00:01:00.000+00:00",
        machine={"cpu": "a processor", "boot_id": "a-boot", **machine},
        warnings=[],
        experiment=r.Experiment(
            name="made",
            path="crossing",
            title="made by hand",
            metrics=[RATE],
            variants=variants,
            design=r.Design(seed=1),
        ),
        samples=samples,
    )


LANES = {"operations": OPERATIONS, "crossings": OPERATIONS, "lane_bytes": 1400 * OPERATIONS}
SLEEPS = {"system_calls": 2 * OPERATIONS, "wakeups": OPERATIONS}
NORMAL = {"client": LANES, "world": {"lane_bytes": 1400 * OPERATIONS}}
CALLS = {"client": LANES | SLEEPS, "world": {"lane_bytes": 1400 * OPERATIONS} | SLEEPS}


def of_calls() -> r.Result:
    """A call into a compartment against one through the gate of the normal world."""
    variants = [variant("plain", "normal"), variant("sealed", "compartment", baseline="plain")]
    return result(variants, [sample("plain", 180, NORMAL), sample("sealed", 5300, CALLS)])
