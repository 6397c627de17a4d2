# SPDX-License-Identifier: Apache-2.0
"""The path of a crossing: its counts are exact, its stages make up a round trip, its distribution agrees with
its percentiles, and what cannot run says why."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worldgate.cli import crossing
from worldgate.core_load import OPERATIONS, PAYLOAD_MAX, STAGES
from worldgate.errors import Unavailable, WorldgateError
from worldgate.experiment.placement import NOT_PINNED, ONE_CORE, TWO_CORES, place
from worldgate.experiment.result import Sample, ThreadLedger, Variant
from worldgate.paths import find_path
from worldgate.paths.crossing import options
from worldgate.worlds.registry import describe_world

Call = Callable[..., Any]
PATH = find_path("crossing")
COUNT = 4000
TRIES = 40  # of what a busy machine may spoil: short runs, of which some are not interrupted

# Costs that every machine can execute, so that the bounce copies can be counted.
PROFILE = """\
name = "slow"
title = "A platform that is slower than any machine of today"
platform = "none"
omits = ["all else"]
[transition_ns]
value = 400000
source = "invented"
omits = "nothing"
[copy_ns_per_kib]
value = 3000
source = "invented"
omits = "nothing"
[rpc_ns]
unknown = "invented profiles need none"
[temporary_ns_per_kib]
unknown = "invented profiles need none"
[fault_ns]
unknown = "invented profiles need none"
[heap_bytes]
unknown = "invented profiles need none"
"""


def variant(world: str, mode: str, placement: str = NOT_PINNED, **more: Any) -> Variant:
    return Variant(
        name="v",
        path="crossing",
        world=world,
        fidelity=describe_world(world).fidelity,  # type: ignore[arg-type]  # one of the four
        placement=place(placement),
        options={"mode": mode, **more},
    )


def run(world: str, mode: str, placement: str = NOT_PINNED, **more: Any) -> Sample:
    """One run; skipped where the machine has no such world."""
    wanted = variant(world, mode, placement, **more)
    PATH.check(wanted)
    try:
        return PATH.run(wanted)
    except Unavailable as error:
        pytest.skip(error.reason)


def ledger(sample: Sample, thread: str) -> ThreadLedger:
    return next(one for one in sample.ledgers if one.thread == thread)


WORLDS = ("normal", "compartment")
MODES = ("call", "batch:16", "ring")


@pytest.mark.parametrize("kind", ["round trip", "throughput"])
@pytest.mark.parametrize(("size", "operation"), [(0, "nothing"), (1, "sum"), (64, "echo"), (9000, "echo")])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", WORLDS)
def test_operations_crossings_and_bytes_are_counted_exactly(
    world: str, mode: str, size: int, operation: str, kind: str
) -> None:
    sample = run(world, mode, size=size, operation=operation, kind=kind, count=COUNT)
    client, inside = ledger(sample, "client").counts, ledger(sample, "world").counts
    carried = COUNT * size * (2 if operation == "echo" else 1)
    assert client["operations"] == COUNT
    assert client["lane_bytes"] == inside["lane_bytes"] == carried
    assert client["crossings"] == {"call": COUNT, "batch:16": COUNT // 16, "ring": 0}[mode]
    assert client["share_bytes"] == client["bounce_bytes"] == client["rpcs"] == 0
    if world == "compartment" and mode != "ring":
        assert client["wakeups"] == inside["wakeups"] == client["crossings"]
        assert client["system_calls"] == inside["system_calls"] == 2 * client["crossings"]
    if mode == "ring":
        assert ledger(sample, "lane").counts["crossings"] >= 1
        assert inside["polls"] >= 1


@pytest.mark.parametrize("kind", ["round trip", "throughput"])
def test_direct_calls_count_their_bytes_and_no_crossing(kind: str) -> None:
    sample = run("normal", "direct", size=64, operation="echo", kind=kind, count=COUNT)
    client = ledger(sample, "client")
    assert (client.counts["operations"], client.counts["lane_bytes"]) == (COUNT, COUNT * 128)
    assert client.counts["crossings"] == 0 and client.stages == {}
    assert [one.thread for one in sample.ledgers] == ["client", "world"]


@pytest.mark.parametrize("world", WORLDS)
def test_requests_of_the_ta_are_served_and_timed(world: str) -> None:
    sample = run(world, "call", operation="request", count=COUNT)
    assert ledger(sample, "client").stages["request"].mean_ns > 0
    assert ledger(sample, "world").counts["rpcs"] == COUNT


def test_the_bounce_copies_of_a_platform_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "slow.toml"
    path.write_text(PROFILE)
    sample = run(f"emulated:{path}", "call", size=2048, operation="echo", count=100)
    client = ledger(sample, "client")
    assert client.counts["bounce_bytes"] == 100 * 2 * 2048
    assert sample.metrics["round_trip_ns"] is not None and sample.metrics["round_trip_ns"] >= 400_000


def stage_share(world: str, mode: str) -> float:
    """The stages of an operation over its mean round trip."""
    sample = run(world, mode, ONE_CORE, size=64, operation="echo", count=COUNT)
    trips = sample.distributions["round_trip"]
    per_trip = 16 if mode == "batch:16" else 1
    mean = sum(v * n for v, n in zip(trips.values, trips.counts, strict=True)) / sum(trips.counts) / per_trip
    stages = ledger(sample, "client").stages
    assert set(stages) <= set(STAGES) and {"put", "take"} <= set(stages)
    return sum(stage.mean_ns for stage in stages.values()) / mean


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", WORLDS)
def test_the_stages_make_up_the_round_trip(world: str, mode: str) -> None:
    shares = []
    for _ in range(TRIES):
        shares.append(stage_share(world, mode))
        if 0.8 < shares[-1] < 1.25:
            return
    pytest.fail(f"stages over round trips: {shares}")


def test_a_ta_of_a_compartment_is_seen_to_run_for_less_than_its_crossing_takes() -> None:
    stages = ledger(run("compartment", "call", ONE_CORE, count=COUNT), "client").stages
    assert 0 < stages["inside"].mean_ns < stages["send"].mean_ns + stages["wait"].mean_ns


def percentile(sample: Sample, percent: float) -> float:
    trips = sample.distributions["round_trip"]
    rank, seen = percent * sum(trips.counts) / 100, 0
    for value, count in zip(trips.values, trips.counts, strict=True):
        seen += count
        if seen >= rank:
            return value
    raise AssertionError("no values")


@pytest.mark.parametrize("mode", ["direct", *MODES])
def test_the_distribution_agrees_with_the_percentiles(mode: str) -> None:
    sample = run("normal", mode, count=COUNT)
    trips = sample.distributions["round_trip"]
    assert sum(trips.counts) == (COUNT // 16 if mode == "batch:16" else COUNT)
    assert trips.values == sorted(set(trips.values)) and all(trips.counts)
    assert percentile(sample, 50) == pytest.approx(sample.metrics["round_trip_ns"], rel=0.01)
    assert percentile(sample, 99) == pytest.approx(sample.metrics["p99_ns"], rel=0.01)


@pytest.mark.parametrize("mode", ["direct", *MODES])
def test_throughput_has_rates_and_no_round_trips(mode: str) -> None:
    sample = run("normal", mode, size=100, kind="throughput", seconds=0.02)
    assert sample.metrics["round_trip_ns"] is None and sample.metrics["p99_ns"] is None
    assert sample.distributions == {}
    rate = sample.metrics["operations_per_second"]
    assert rate is not None and sample.metrics["bytes_per_second"] == pytest.approx(rate * 100)


def test_bytes_of_no_payload_are_unknown_rather_than_zero() -> None:
    assert run("normal", "call", count=COUNT).metrics["bytes_per_second"] is None


def test_cpu_time_of_every_side_is_known_and_the_rest_was_waited() -> None:
    sample = run("compartment", "ring", ONE_CORE, kind="throughput", seconds=0.1)
    total = 0.0
    for name in ("client", "lane", "world"):
        one = ledger(sample, name)
        assert one.cpu_seconds is not None and one.waited_seconds is not None
        assert one.waited_seconds == pytest.approx(max(0.0, sample.seconds - one.cpu_seconds))
        total += one.cpu_seconds
    # One core has no more time than passed; the world's clock may lag by a tick of the scheduler.
    assert 0 < total < sample.seconds * 1.2
    per_operation = sample.metrics["cpu_ns_per_operation"]
    operations = ledger(sample, "client").counts["operations"]
    assert per_operation is not None and per_operation == pytest.approx(total * 1e9 / operations)


def test_the_thread_that_asks_keeps_its_processors() -> None:
    before = os.sched_getaffinity(0)
    run("normal", "ring", ONE_CORE, count=COUNT)
    assert os.sched_getaffinity(0) == before


def test_a_run_ends_when_a_signal_raises_and_leaves_no_thread() -> None:
    def ring() -> None:
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    begin, threads = time.monotonic(), threading.active_count()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    alarm = threading.Thread(target=ring)
    try:
        with pytest.raises(KeyboardInterrupt):
            alarm.start()
            PATH.run(variant("normal", "call", seconds=60))
    finally:
        signal.signal(signal.SIGINT, before)
    alarm.join()
    assert time.monotonic() - begin < 20
    assert threading.active_count() == threads


SKIPPED: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "a payload that is too large": (
        "normal",
        "batch:65536",
        {"size": 65536},
        "payload too large: 65536 of 65536",
    ),
    "a world without a crossing's cost": ("emulated:tdx", "call", {}, "transition_ns is unknown"),
    "a request that a profile does not know": (
        "emulated:sgx2-icx-6312u",
        "call",
        {"operation": "request"},
        "rpc_ns is unknown",
    ),
    "an executable that is not there": ("compartment:exe=/no/such/file", "call", {}, "/no/such/file"),
}


@pytest.mark.parametrize(("world", "mode", "more", "says"), SKIPPED.values(), ids=list(SKIPPED))
def test_what_cannot_run_here_is_unavailable_with_the_reason(
    world: str, mode: str, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(Unavailable, match=says):
        PATH.run(variant(world, mode, **more))


def test_two_cores_need_two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    one = {min(os.sched_getaffinity(0))}
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: one)
    with pytest.raises(Unavailable, match="two cores: this process may use one processor only"):
        PATH.run(variant("normal", "call", TWO_CORES))


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "an unknown option": ("normal", {"sise": 1}, "no option is called 'sise'"),
    "an unknown mode": ("normal", {"mode": "batch"}, "mode is 'batch': use call, batch:N"),
    "an empty batch": ("normal", {"mode": "batch:0"}, "mode is 'batch:0'"),
    "a batch that is too large": ("normal", {"mode": "batch:65537"}, "mode is 'batch:65537'"),
    "a mode that is a number": ("normal", {"mode": 7}, "mode is 7"),
    "a size that is too large": ("normal", {"size": 524289}, "from 0 to 524288"),
    "a size that is no number": ("normal", {"size": "4K"}, "size is '4K'"),
    "a size that is true": ("normal", {"size": True}, "size is True"),
    "an unknown operation": ("normal", {"operation": "ecko"}, "operation is 'ecko'"),
    "an unknown kind": ("normal", {"kind": "both"}, "kind is 'both'"),
    "no end": ("normal", {"seconds": 0}, "nothing would end the run"),
    "negative seconds": ("normal", {"seconds": -1}, "seconds is -1"),
    "a depth without a ring": ("normal", {"depth": 4}, "depth is for the throughput of a ring"),
    "a depth of one": ("normal", {"mode": "ring", "kind": "throughput", "depth": 1}, "depth is 1"),
    "direct calls of a sealed world": ("compartment", {"mode": "direct"}, "use world 'normal'"),
}


@pytest.mark.parametrize(("world", "more", "says"), WRONG.values(), ids=list(WRONG))
def test_an_option_that_does_not_fit_is_refused_before_anything_opens(
    world: str, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(WorldgateError) as refusal:
        PATH.check(variant(world, **{"mode": "call", **more}))
    assert says in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_ring_is_as_deep_as_its_memory_is_sensible() -> None:
    assert options.ring_depth(0) == options.RING_DEPTH
    assert 4 <= options.ring_depth(options.SIZE_MAX) < options.RING_DEPTH


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("64", 64), ("4K", 4096), ("4kib", 4096), ("512K", 524288)]
)
def test_a_size_is_written_with_or_without_a_unit(text: str, size: int) -> None:
    assert crossing.size(text) == size


CLI: dict[str, tuple[tuple[str, ...], str]] = {
    "a size that is none": (("--size", "4Q"), "'4Q' is no size; write it as in 64, 4K or 512K"),
    "a size that is too large": (("--size", "513K"), "at most 512K"),
    "an unknown mode": (("--mode", "bulk"), "mode is 'bulk'"),
    "an unknown world": (("--world", "compartmnt"), "did you mean 'compartment'?"),
    "an unknown kind": (("--kind", "latency"), "latency"),
    "an unknown operation": (("--operation", "ecko"), "did you mean 'echo'?"),
    "an unknown placement": (("--placement", "three cores"), "three cores"),
    "a depth that is none": (("--kind", "throughput", "--depth", "0"), "depth is 0"),
    "seconds that are none": (("--seconds", "-1"), "seconds is -1"),
}


@pytest.mark.parametrize(("words", "says"), CLI.values(), ids=list(CLI))
def test_the_command_refuses_what_does_not_fit_in_one_line(
    call: Call, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    outcome = call("crossing", "--output", str(tmp_path / "r.json"), *words)
    assert outcome.refused_in_one_line, outcome
    assert says in outcome.err
    assert not (tmp_path / "r.json").exists()


def test_the_commands_choices_are_those_of_the_path() -> None:
    assert set(crossing.OPERATIONS) == set(OPERATIONS) == set(options.OPERATIONS)
    assert crossing.KINDS == options.KINDS
    assert crossing.SIZE_MAX == options.SIZE_MAX == PAYLOAD_MAX


def test_the_command_compares_each_world_with_the_normal_one_and_that_with_direct_calls(
    run: Call, tmp_path: Path
) -> None:
    from worldgate.experiment.result import read

    output = tmp_path / "r.json"
    words = ("--mode", "call", "--mode", "batch:4", "--size", "64", "--seconds", "0.005", "--rounds", "2")
    outcome = run("crossing", *words, "--output", str(output))
    assert outcome.status == 0, outcome
    result = read(output)
    assert {v.name: v.baseline for v in result.experiment.variants} == {
        "normal direct 64 B": None,
        "normal call 64 B": "normal direct 64 B",
        "compartment call 64 B": "normal call 64 B",
        "normal batch:4 64 B": None,
        "compartment batch:4 64 B": "normal batch:4 64 B",
    }
    assert result.state == "complete"
    assert len(result.samples) + 2 * len(result.skipped) == 10
