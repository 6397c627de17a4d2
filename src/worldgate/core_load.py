# SPDX-License-Identifier: Apache-2.0
"""The door to the timed loops of the C core: operations to the crossing TA, with all that can be measured of
them at once.

    from worldgate.core import CROSSING_TA, Gate
    from worldgate.core_load import Load, run_load

    with Gate("compartment") as gate, gate.open(CROSSING_TA) as session:
        timed = run_load(session, Load(mode="call", size=64, seconds=0.2))
        print(timed.median_ns, timed.threads["client"].counts["crossings"])

The clock, the cycle counter and the CPU time are read outside of the world. The loop runs in a thread of its
own, so that Ctrl-C is heard: the loop is then stopped, and whatever a signal raised is raised.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from worldgate._core import ffi, lib
from worldgate.core import Ledger, Session, _ledger, _range, _text
from worldgate.errors import WorldgateError

Mode: TypeAlias = Literal["direct", "call", "batch", "ring"]
Operation: TypeAlias = Literal["nothing", "echo", "sum", "request"]

STARTING_SECONDS = 1.0  # until a thread that was started is surely alive
PAYLOAD_MAX: int = lib.CROSSING_PAYLOAD_MAX
OPERATIONS: dict[str, int] = {
    "nothing": lib.CROSSING_NOTHING,
    "echo": lib.CROSSING_ECHO,
    "sum": lib.CROSSING_SUM,
    "request": lib.CROSSING_REQUEST,
}
_MODES = {"call": lib.WG_LANE_CALL, "batch": lib.WG_LANE_BATCH, "ring": lib.WG_LANE_RING}

# Stage -> what its time goes into.
STAGES: dict[str, str] = {
    _text(name): _text(text) for name, text in zip(lib.core_stage_names, lib.core_stage_texts, strict=True)
}


@dataclass(frozen=True)
class Load:
    """What is run. `slots`: operations of a batch, or slots of a ring, a power of two. With a depth of 1
    round trips are measured, of an operation or of a whole batch; with more, throughput: so many operations
    are under way at once. It ends after `count` operations or `seconds`, what comes first."""

    mode: Mode = "call"
    size: int = 0  # bytes of a payload
    operation: Operation = "nothing"
    slots: int = 1
    depth: int = 1
    count: int = 1 << 40
    seconds: float = 0.0  # 0: no bound
    warm_up: int = 100  # operations before the clock starts
    client_cpu: int | None = None  # None: where the thread may run already
    lane_cpu: int | None = None  # of the thread that makes a ring's long crossing


@dataclass(frozen=True)
class StageTime:
    """One stage of the sampled operations."""

    sampled: int
    mean_ns: float


@dataclass(frozen=True)
class ThreadFigures:
    """What one thread, or the world, did while the clock ran."""

    counts: Ledger
    stages: dict[str, StageTime]
    cpu_seconds: float | None  # None: unknown, or part of another thread's


@dataclass(frozen=True)
class Timed:
    """What a run yielded."""

    operations: int
    seconds: float
    median_ns: float | None  # of round trips, as all below; None where none were timed
    p99_ns: float | None
    values_ns: list[float]  # each within 1 % of what was measured
    counts: list[int]  # how often each was
    threads: dict[str, ThreadFigures]  # client, and where they are known lane and world


def _plan(load: Load) -> tuple[Any, list[Any]]:
    """The plan, and what must live as long as it."""
    plan, pins = ffi.new("struct wg_crossing_plan *"), ffi.new("struct wg_crossing_pins *")
    hist = ffi.new("struct wg_hist *")
    plan.lane.mode = _MODES.get(load.mode, lib.WG_LANE_CALL)
    plan.lane.count = _range("slots", load.slots, 1 << 16)
    plan.lane.payload_bytes = plan.bytes = _range("size", load.size, PAYLOAD_MAX)
    plan.operation = OPERATIONS[load.operation]
    plan.depth = _range("depth", load.depth, 1 << 16)
    plan.count, plan.warm_up = _range("count", load.count, 1 << 40), _range("warm_up", load.warm_up, 1 << 40)
    plan.most_ns = _range("seconds * 1e9", int(load.seconds * 1e9), 1 << 60)
    pins.client = -1 if load.client_cpu is None else _range("client_cpu", load.client_cpu, 1 << 20)
    pins.lane = -1 if load.lane_cpu is None else _range("lane_cpu", load.lane_cpu, 1 << 20)
    plan.pins, plan.hist = pins, hist
    return plan, [pins, hist]


def _thread(raw: Any) -> ThreadFigures:
    stages = {
        name: StageTime(raw.stage_operations[index], raw.stage_ns[index] / raw.stage_operations[index])
        for index, name in enumerate(STAGES)
        if raw.stage_operations[index] and raw.stage_ns[index] > 0
    }
    return ThreadFigures(_ledger(raw.counts), stages, raw.cpu_ns / 1e9 if raw.cpu_ns >= 0 else None)


def _timed(figures: Any, hist: Any) -> Timed:
    values = ffi.new("double[]", lib.WG_HIST_BUCKETS)
    counts = ffi.new("uint64_t[]", lib.WG_HIST_BUCKETS)
    used = lib.wg_crossing_distribution(hist, values, counts) if figures.p50_ns >= 0 else 0
    threads = {name: getattr(figures, name) for name in ("client", "lane", "world")}
    return Timed(
        operations=figures.operations,
        seconds=figures.elapsed_ns / 1e9,
        median_ns=figures.p50_ns if figures.p50_ns >= 0 else None,
        p99_ns=figures.p99_ns if figures.p99_ns >= 0 else None,
        values_ns=list(values[0:used]),
        counts=list(counts[0:used]),
        threads={name: _thread(raw) for name, raw in threads.items() if raw.known},
    )


def _wait_for_end(thread: threading.Thread, done: threading.Event) -> None:
    """Whatever else is raised meanwhile: the thread still uses memory of the caller's."""
    begin = time.monotonic()
    while not done.is_set() and (thread.is_alive() or time.monotonic() - begin < STARTING_SECONDS):
        with contextlib.suppress(BaseException):
            done.wait(0.1)


def _interruptible(work: Callable[[Any], tuple[int, str]]) -> tuple[int, str]:
    """Runs work in a thread of its own with a flag that tells it to stop. An exception that a signal raises
    meanwhile sets the flag, waits for the end, and goes on."""
    stop = ffi.new("int *")
    outcome: list[tuple[int, str]] = []
    done = threading.Event()

    def body() -> None:
        try:
            outcome.append(work(stop))
        finally:
            done.set()

    thread = threading.Thread(target=body, name="worldgate-load", daemon=True)
    try:
        thread.start()
        done.wait()  # not join: a join that is interrupted takes the thread for ended (bpo-45274)
    except BaseException:
        stop[0] = 1
        _wait_for_end(thread, done)
        raise
    thread.join()
    return outcome[0]


def run_load(session: Session | None, load: Load) -> Timed:
    """Runs it on a session with CROSSING_TA. Mode direct needs none: the TA's code is called as a function of
    this program. Raises WorldgateError where it failed, or where not one operation was answered."""
    plan, keep = _plan(load)
    figures = ffi.new("struct wg_crossing_figures *")
    if load.mode == "direct":
        run = lib.wg_crossing_direct
        handles: tuple[Any, ...] = ()
    else:
        assert session is not None and session._owner is not None
        run = lib.wg_crossing_run
        handles = (session._owner._live(), session._live())

    def work(stop: Any) -> tuple[int, str]:
        result = run(*handles, plan, stop, figures)
        return result, _text(lib.wg_gate_reason())  # the reason is this thread's

    result, reason = _interruptible(work)
    if result == lib.WG_ERR_AUTH:
        raise WorldgateError("an operation got a wrong answer; please report it")
    if result != lib.WG_OK or not figures.operations:
        raise WorldgateError(f"the operations cannot be timed: {reason or 'none was answered'}")
    return _timed(figures, keep[1])
