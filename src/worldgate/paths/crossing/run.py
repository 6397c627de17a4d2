# SPDX-License-Identifier: Apache-2.0
"""One run of one variant: a world is opened, the loop in C runs in it, and the world is closed again."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from worldgate.errors import Unavailable, WorldgateError
from worldgate.experiment.result import Distribution, Metric, Placement, Sample, Stage, ThreadLedger, Variant
from worldgate.paths.crossing.options import Options, parse

if TYPE_CHECKING:
    from worldgate.core_load import Load, ThreadFigures, Timed

ARENA_BYTES = 64 << 20  # of a sealed world that is told nothing else
SHARED_MAX = 1 << 30
WARM_UP_BYTES = 64 << 20
WARM_UP = {"direct": 1000, "call": 200, "batch": 200, "ring": 20000}

METRICS = [
    # Of one operation, or of a whole batch.
    Metric(name="round_trip_ns", unit="ns", better="lower", text="median round trip"),
    Metric(name="p99_ns", unit="ns", better="lower", text="99th percentile of the round trip"),
    Metric(name="operations_per_second", unit="1/s", better="higher", text="operations answered in a second"),
    Metric(
        name="bytes_per_second", unit="B/s", better="higher", text="payload carried to the TA in a second"
    ),
    Metric(
        name="cpu_ns_per_operation",
        unit="ns",
        better="lower",
        text="CPU time of all threads and the world for one operation",
    ),
]


class CrossingPath:
    """worldgate.experiment.path.Path"""

    name = "crossing"
    metrics = METRICS

    def check(self, variant: Variant) -> None:
        options = parse(variant)
        if options.mode == "direct" and _kind(variant) != "normal":
            raise WorldgateError(
                f"mode direct calls the TA's code in the normal world, not in {variant.world}: "
                "use world 'normal'"
            )

    def run(self, variant: Variant) -> Sample:
        self.check(variant)
        options = parse(variant)
        _check_here(variant, options)
        started = datetime.now(UTC).isoformat(timespec="milliseconds")
        timed = _run(variant, options)
        return _sample(variant, options, timed, started)


def _kind(variant: Variant) -> str:
    return variant.world.partition(":")[0]


def _check_here(variant: Variant, options: Options) -> None:
    from worldgate.experiment.placement import why_not

    reason = why_not(variant.placement)
    if reason is None and options.shared_bytes > SHARED_MAX:
        reason = (
            f"payload too large: {options.slots} of {options.size} bytes need {options.shared_bytes >> 20} "
            f"MiB of shared memory, more than {SHARED_MAX >> 20} MiB; give a smaller size, batch or depth"
        )
    if reason is not None:
        raise Unavailable(reason)
    if _kind(variant) == "optee" and variant.placement.world is not None:
        raise Unavailable(
            f"{variant.placement.text}: the processor of a hardware world cannot be chosen from here"
        )


def _world_name(variant: Variant, options: Options) -> str:
    """The world with what the run needs of it; what the user gave stays."""
    given = {part.partition("=")[0] for part in variant.world.partition(":")[2].split(",")}
    extra = []
    if _kind(variant) in ("compartment", "emulated"):
        if variant.placement.world is not None and "cpu" not in given:
            extra.append(f"cpu={variant.placement.world}")
        # Half as much again, since the arena holds more than the lane.
        if options.shared_bytes * 3 // 2 > ARENA_BYTES and "arena_bytes" not in given:
            extra.append(f"arena_bytes={options.shared_bytes * 3 // 2}")
    if not extra:
        return variant.world
    return variant.world + ("," if ":" in variant.world else ":") + ",".join(extra)


def _load(options: Options, placement: Placement) -> Load:
    from worldgate.core_load import Load

    return Load(
        mode=options.mode,
        size=options.size,
        operation=options.operation,
        slots=options.slots,
        depth=options.depth,
        count=options.count,
        seconds=options.seconds,
        warm_up=_warm_up(options),
        client_cpu=placement.client,
        # In the normal world this thread is the TA's; in the others it sleeps, or spins beside the world.
        lane_cpu=placement.world,
    )


def _warm_up(options: Options) -> int:
    """Operations that warm everything up in a few milliseconds, whatever their size; whole batches."""
    count = max(20, min(WARM_UP[options.mode], WARM_UP_BYTES // (options.size + 1)))
    return -(-count // options.batch) * options.batch


def _run(variant: Variant, options: Options) -> Timed:
    from worldgate.core import CROSSING_TA, Gate, TeeError
    from worldgate.core_load import run_load

    load = _load(options, variant.placement)
    if options.mode == "direct":
        return run_load(None, load)
    requires = ("rpc_ns",) if options.operation == "request" else ()
    with ExitStack() as opened:
        try:
            gate = opened.enter_context(Gate(_world_name(variant, options), requires))
            session = opened.enter_context(gate.open(CROSSING_TA))
        except TeeError as error:
            raise Unavailable(error.reason or str(error)) from None
        return run_load(session, load)


def _ledger(name: str, thread: ThreadFigures, seconds: float) -> ThreadLedger:
    """waited_seconds: while the thread did not run. Time that it spent spinning is CPU time, and a stage."""
    return ThreadLedger(
        thread=name,
        counts=dict(thread.counts),
        stages={
            stage: Stage(sampled=time.sampled, mean_ns=time.mean_ns) for stage, time in thread.stages.items()
        },
        cpu_seconds=thread.cpu_seconds,
        waited_seconds=None if thread.cpu_seconds is None else max(0.0, seconds - thread.cpu_seconds),
    )


def _sample(variant: Variant, options: Options, timed: Timed, started: str) -> Sample:
    rate = timed.operations / timed.seconds
    # A world that is no process of its own is part of the client or the lane; of hardware nothing is known.
    apart = _kind(variant) not in ("normal", "optee")
    used = [timed.threads[name].cpu_seconds for name in timed.threads if name != "world" or apart]
    known = [seconds for seconds in used if seconds is not None]
    whole = len(known) == len(used) and _kind(variant) != "optee"
    trips = options.kind == "round trip"
    distributions = {}
    if trips and timed.values_ns:
        distributions["round_trip"] = Distribution(unit="ns", values=timed.values_ns, counts=timed.counts)
    return Sample(
        variant=variant.name,
        round=0,
        order=0,
        started=started,
        seconds=timed.seconds,
        metrics={
            "round_trip_ns": timed.median_ns if trips else None,
            "p99_ns": timed.p99_ns if trips else None,
            "operations_per_second": rate,
            "bytes_per_second": rate * options.size if options.size else None,
            "cpu_ns_per_operation": sum(known) * 1e9 / timed.operations if whole else None,
        },
        ledgers=[_ledger(name, thread, timed.seconds) for name, thread in timed.threads.items()],
        distributions=distributions,
    )
