# SPDX-License-Identifier: Apache-2.0
"""The explanation: what is added up, what cancels, what stays unknown, and how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import cast, get_args

import explanation_fixture as made
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from conftest import Outcome
from worldgate.core import LEDGER_FIELDS
from worldgate.errors import WorldgateError
from worldgate.experiment import result as r
from worldgate.experiment.explanation import GRID, Explanation, explain
from worldgate.experiment.knowledge import check_limits, profiles_of, read_limits
from worldgate.experiment.unit_costs import NS_MOST
from worldgate.machine.costs import Cause, Limits, UnitCost
from worldgate.report.waterfall_text import COLUMNS, render, steps

Call = Callable[..., Outcome]
PROFILE = "sgx2-icx-6312u"
TRANSITION_NS = 4530.0
RING: dict[str, r.Scalar] = {"mode": "ring", "depth": 4}
BATCH: dict[str, r.Scalar] = {"mode": "batch:64", "size": 16384}


def only(result: r.Result, limits: Limits | None = None) -> Explanation:
    found = explain(result, limits or made.limits(), profiles_of(result))
    assert len(found.explained) == 1, found.left_out
    return found.explained[0]


def without(*causes: str) -> Limits:
    return made.limits([cost for cost in made.COSTS if cost.cause not in causes])


def total(found: Explanation, cause: str) -> float:
    return math.fsum(part.ns or 0.0 for part in found.parts if part.cause == cause)


def test_a_call_is_predicted_from_the_baseline_and_the_unit_costs() -> None:
    found = only(made.of_calls())
    assert found.predicted_ns == found.baseline_ns + 5000 - 100
    assert found.residual_ns == found.protected_ns - found.predicted_ns
    assert found.residual_share == pytest.approx((5300 - 5080) / 5300, rel=1e-3)


def test_counts_that_are_equal_on_both_sides_cancel() -> None:
    found = only(made.of_calls())
    assert {part.cause for part in found.parts} == {"crossings"}
    assert "copies: lane, client" in found.same and "copies: lane, world" in found.same


def test_what_is_unknown_but_equal_on_both_sides_cancels_too() -> None:
    found = only(made.of_calls(), without("copy"))
    assert found.predicted_ns is not None
    assert "copies: lane, client" in found.same


def test_a_missing_unit_cost_makes_a_part_unknown_and_never_zero() -> None:
    limits = replace(without("call"), absent={"call, one core": "no world's executable"})
    found = only(made.of_calls(), limits)
    unknown = [part for part in found.parts if part.ns is None]
    assert [part.item for part in unknown] == ["call"]
    assert unknown[0].unit_ns is None and "no world's executable" in unknown[0].source
    assert found.predicted_ns is None
    assert found.residual_ns == found.protected_ns - found.baseline_ns + 100
    assert "unknown" in render(explain(made.of_calls(), limits, {}))


def test_threads_that_were_not_pinned_have_no_known_crossing() -> None:
    free = r.Placement(text="not pinned")
    result = made.of_calls()
    variants = [replace(one, placement=free) for one in result.experiment.variants]
    result = replace(result, experiment=replace(result.experiment, variants=variants))
    found = only(result)
    assert found.predicted_ns is None
    assert any("not pinned" in part.source for part in found.parts)


def test_the_placement_decides_which_cost_of_a_crossing_counts() -> None:
    result = made.of_calls()
    variants = [replace(one, placement=made.TWO) for one in result.experiment.variants]
    found = only(replace(result, experiment=replace(result.experiment, variants=variants)))
    assert total(found, "crossings") == 90000 - 100


def emulated(profile_hash: str | None = None) -> r.Result:
    sealed = made.variant("sealed", f"emulated:{PROFILE}", baseline="plain")
    variants = [made.variant("plain", "normal"), replace(sealed, profile_hash=profile_hash)]
    return made.result(
        variants, [made.sample("plain", 180, made.NORMAL), made.sample("sealed", 4700, made.CALLS)]
    )


def test_an_emulated_crossing_costs_what_its_profile_says() -> None:
    found = only(emulated())
    assert total(found, "emulated delay") == TRANSITION_NS
    assert any(PROFILE in part.source for part in found.parts)
    assert found.profile == PROFILE and found.fidelity == "emulated"


def test_a_profile_that_has_changed_since_is_not_used() -> None:
    found = only(emulated("0" * 64))
    assert found.predicted_ns is None
    assert any("has changed" in part.source for part in found.parts)


def test_the_crossing_of_real_hardware_is_unknown() -> None:
    variants = [made.variant("plain", "normal"), made.variant("real", "optee", baseline="plain")]
    found = only(
        made.result(
            variants, [made.sample("plain", 180, made.NORMAL), made.sample("real", 40000, made.NORMAL)]
        )
    )
    assert found.predicted_ns is None and any("OP-TEE" in part.source for part in found.parts)


def ring(place: r.Placement, world_lane_bytes: int = 1400, waited_seconds: float | None = None) -> r.Result:
    variants = [
        made.variant("plain", "normal"),
        made.variant(
            "ring", "compartment", baseline="plain", place=place, options={"mode": "ring", "depth": 4}
        ),
    ]
    counts = {"client": {"operations": 1000, "lane_bytes": 1400_000, "polls": 100}}
    counts["world"] = {"lane_bytes": world_lane_bytes * 1000, "polls": 3}
    return made.result(
        variants,
        [
            made.sample("plain", 180, made.NORMAL),
            made.sample("ring", 400, counts, waited_seconds=waited_seconds),
        ],
    )


def test_threads_on_two_cores_take_as_long_as_the_slowest_of_them() -> None:
    found = only(ring(made.TWO, world_lane_bytes=140000))
    assert found.work == "at the same time" and found.slowest == "world"
    sums = {one.thread: one.sum_ns for one in found.threads}
    assert found.predicted_ns == pytest.approx(sums["world"])
    assert cast(float, sums["client"]) < cast(float, sums["world"])
    assert "slowest" in found.why and "copies" in found.why


def test_threads_that_share_a_processor_add_up() -> None:
    found = only(ring(made.ONE))
    assert found.slowest is None and found.work == "one after another"
    sums = [one.sum_ns for one in found.threads]
    assert found.predicted_ns == pytest.approx(math.fsum(ns for ns in sums if ns is not None))


def test_measured_waiting_counts_where_threads_work_at_the_same_time() -> None:
    calm, held_up = only(ring(made.TWO)), only(ring(made.TWO, waited_seconds=0.0001))
    assert total(calm, "waiting") == 0
    assert total(held_up, "waiting") == pytest.approx(100, abs=0.01)
    assert total(only(ring(made.ONE, waited_seconds=0.0001)), "waiting") == 0


def test_a_processor_that_is_given_to_others_is_waiting_where_all_share_it() -> None:
    alone = made.sample("plain", 180, made.NORMAL)
    busy = made.sample("sealed", 5300, made.CALLS, cpu_seconds=0.0026)  # of each thread, of 0.0053 s together
    found = only(replace(made.of_calls(), samples=[alone, busy]))
    assert total(found, "waiting") == pytest.approx(100, abs=0.01)
    assert found.predicted_ns == pytest.approx(180 + 5000 - 100 + 100, abs=0.01)


def test_what_was_lost_comes_from_the_run_that_the_median_comes_from() -> None:
    plain = made.sample("plain", 180, made.NORMAL)
    runs = [made.sample("sealed", ns, made.CALLS, number) for number, ns in enumerate((5300, 5200, 90000))]
    runs[2] = replace(runs[2], ledgers=[replace(one, cpu_seconds=0.0) for one in runs[2].ledgers])
    runs[0] = replace(runs[0], ledgers=[replace(one, cpu_seconds=0.00265) for one in runs[0].ledgers])
    assert total(only(replace(made.of_calls(), samples=[plain, *runs])), "waiting") == 0


def test_a_side_that_spins_and_does_not_run_holds_an_emulated_call_up() -> None:
    sealed = replace(
        made.variant("sealed", f"emulated:{PROFILE}", baseline="plain"),
        placement=made.TWO,
    )
    held_up = made.sample("sealed", 8000, made.CALLS, waited_seconds=0.0032)
    result = made.result(
        [made.variant("plain", "normal"), sealed], [made.sample("plain", 180, made.NORMAL), held_up]
    )
    assert total(only(result), "waiting") == pytest.approx(3200, abs=0.01)


def test_what_a_thread_polled_for_nothing_stands_beside_its_sum() -> None:
    polled = {one.thread: one.polled_ns for one in only(ring(made.TWO)).threads}
    assert polled["client"] == pytest.approx(2, abs=0.001)
    assert polled["world"] == pytest.approx(0.06, abs=0.001)


def test_system_calls_that_a_crossing_contains_are_not_charged_again() -> None:
    more = {name: dict(counts) for name, counts in made.CALLS.items()}
    more["world"]["system_calls"] += 3000
    result = replace(made.of_calls(), samples=[made.of_calls().samples[0], made.sample("sealed", 5300, more)])
    assert total(only(made.of_calls()), "system calls") == 0
    assert total(only(result), "system calls") == pytest.approx(3 * 64)


def test_copies_in_more_memory_than_the_caches_hold_go_at_its_pace() -> None:
    lanes = {"operations": 6400, "crossings": 100, "lane_bytes": 6400 * 2 * 16384}
    counts = {"client": lanes, "world": {"lane_bytes": 6400 * 2 * 16384}}
    variants = [
        made.variant("plain", "normal", options={"size": 16384}),
        made.variant("batch", "normal", baseline="plain", options=BATCH),
    ]
    single = {"client": {**lanes, "crossings": 6400}, "world": counts["world"]}
    found = only(
        made.result(variants, [made.sample("plain", 1500, single), made.sample("batch", 2000, counts)])
    )
    # Of a batch one end of each copy comes round after all slots, of the TA's answers none; of calls both
    # ends come round after three buffers.
    batch, single_call = 2 * 244.5 + 2 * 204.2, 4 * 219.3
    assert total(found, "copies") == pytest.approx(batch - single_call, abs=1)
    assert total(found, "crossings") == pytest.approx(12 + 100 / 64 - 100, abs=0.1)


def test_records_cost_by_their_size_and_by_their_library() -> None:
    counts = {name: dict(of) for name, of in made.CALLS.items()}
    counts["world"] |= {"sealed_records": 2000, "sealed_bytes": 2000 * 64}
    result = replace(
        made.of_calls(), samples=[made.of_calls().samples[0], made.sample("sealed", 5500, counts)]
    )
    openssl = replace(result, machine={**result.machine, "aead": "OpenSSL 3.0.0"})
    assert total(only(openssl), "crypto") == pytest.approx(200)
    other = only(replace(result, machine={**result.machine, "aead": "another library"}))
    assert [part.ns for part in other.parts if part.cause == "crypto"] == [None]


def test_records_of_the_pager_are_part_of_a_page_fault() -> None:
    counts = {name: dict(of) for name, of in made.CALLS.items()}
    counts["world"] |= {"pages_in": 1000, "pages_out": 1000}
    counts["world"] |= {"sealed_records": 1000, "sealed_bytes": 1000 * 4096}
    counts["world"] |= {"opened_records": 1000, "opened_bytes": 1000 * 4096}
    result = replace(
        made.of_calls(), samples=[made.of_calls().samples[0], made.sample("sealed", 9500, counts)]
    )
    assert total(only(result), "crypto") == 0 and total(only(result), "paging") == 4000


def test_a_page_fault_costs_what_this_machine_or_the_profile_says() -> None:
    counts = {name: dict(of) for name, of in made.CALLS.items()}
    counts["world"]["pages_in"] = 2000
    samples = [made.of_calls().samples[0], made.sample("sealed", 14000, counts)]
    assert total(only(replace(made.of_calls(), samples=samples)), "paging") == 8000
    sealed = only(replace(emulated(), samples=samples))
    assert [part.ns for part in sealed.parts if part.item == "page fault"] == [None]


def test_the_work_of_the_ta_is_told_apart_by_the_stages() -> None:
    inside = {"inside": r.Stage(sampled=10, mean_ns=60.0)}
    plain = made.sample("plain", 180, made.NORMAL, stages=inside)
    found = only(replace(made.of_calls(), samples=[plain, made.of_calls().samples[1]]))
    world = next(one for one in found.threads if one.thread == "world")
    assert world.causes["processing"] == pytest.approx(60 - 14, abs=0.1)


def test_a_variant_that_cannot_be_explained_is_told_with_the_reason() -> None:
    result = made.of_calls()
    empty = {name: {"crossings": 0} for name in ("client",)}
    silent = replace(made.sample("sealed", 5300, empty), seconds=0.0)
    for samples, reason in (
        (result.samples[:1], "no samples"),
        ([result.samples[0], silent], "counts no operations"),
        ([result.samples[0], replace(result.samples[1], metrics={})], "no metric"),
    ):
        found = explain(replace(result, samples=samples), made.limits(), {})
        assert not found.explained and reason in found.left_out[0].reason
        assert reason in render(found)


COUNT_NAMES = list(LEDGER_FIELDS)
COUNTS = st.dictionaries(
    st.sampled_from(COUNT_NAMES), st.one_of(st.integers(0, 10_000), st.integers(0, 2**63 - 1)), max_size=16
)
THREADS = st.dictionaries(st.sampled_from(["client", "lane", "world", "?"]), COUNTS, max_size=4)
NS = st.one_of(st.floats(0.01, 1e6), st.floats(allow_nan=True))
UNIT_COSTS = st.lists(
    st.builds(
        UnitCost,
        cause=st.sampled_from(get_args(Cause)),
        ns=NS,
        low_ns=NS,
        high_ns=NS,
        where=st.sampled_from([None, "one core", "two cores"]),
        bytes=st.sampled_from([None, 0, 1, 64, 4096, 1 << 20, -5]),
        temperature=st.sampled_from([None, "hot", "cold"]),
        library=st.sampled_from([None, "OpenSSL 3.0.0"]),
    ),
    max_size=30,
)
WORLDS = ("normal", "compartment", f"emulated:{PROFILE}", "emulated:no-such", "optee")
SHAPES = st.sampled_from(
    [
        {"mode": "call"},
        {"mode": "batch:8"},
        {"mode": "ring"},
        {"mode": "ring", "kind": "round trip"},
        {"mode": "?"},
    ]
)


@st.composite
def hostile_results(draw: st.DrawFn) -> r.Result:
    place = draw(st.sampled_from([made.ONE, made.TWO, r.Placement(text="elsewhere")]))
    variants = [
        made.variant("plain", "normal", options=draw(SHAPES)),
        made.variant(
            "sealed", draw(st.sampled_from(WORLDS)), baseline="plain", place=place, options=draw(SHAPES)
        ),
    ]
    times = st.one_of(st.floats(1, 1e6), st.floats(1e-300, 1e300))
    seconds = st.one_of(st.none(), st.floats(0, 10), st.floats(allow_nan=True))
    samples = [
        made.sample(
            one.name, draw(times), draw(THREADS), waited_seconds=draw(seconds), cpu_seconds=draw(seconds)
        )
        for one in variants
    ]
    return made.result(variants, samples)


def check(found: Explanation) -> None:
    known = [part.ns for part in found.parts if part.ns is not None]
    assert all(abs(ns) <= NS_MOST and (ns * GRID).is_integer() for ns in known)
    assert math.fsum([found.baseline_ns, *known, found.residual_ns]) == found.protected_ns
    if found.predicted_ns is None:
        assert len(known) < len(found.parts) or found.slowest is not None
    else:
        assert found.predicted_ns + found.residual_ns == found.protected_ns
    assert all(part.source for part in found.parts)
    drawn = steps(found)
    assert drawn[0].end_ns == found.baseline_ns and drawn[-1].end_ns == found.protected_ns
    assert drawn[-2].end_ns == pytest.approx(found.protected_ns, rel=1e-9, abs=1e-2)


@given(hostile_results(), UNIT_COSTS)
def test_parts_and_residual_are_the_difference_exactly_whatever_the_counts_and_costs(
    result: r.Result, costs: list[UnitCost]
) -> None:
    found = explain(result, made.limits(costs), profiles_of(result))
    assert len(found.explained) + len(found.left_out) == 1
    for one in found.explained:
        check(one)
    assert all(len(line) <= COLUMNS for line in render(found).splitlines())
    msgspec.json.encode(found)


SNAPSHOT = """\
sealed against plain
  one core, fidelity compartment, one operation, by operations_per_second

  baseline                        180 ns |##
  crossings, client              +4.9 us | +++++++++++++++++++++++++++++++++++
  predicted                      5.08 us |####################################
  unexplained                    +220 ns |                                   ++
  measured                        5.3 us |#####################################

  Unexplained: +220 ns, 4.2 % of what was measured.

  counts x unit costs:
    call, client: 1 more, each 5 us, +5 us (limits: call, one core)
    gate call, client: 1 fewer, each 100 ns, -100 ns (limits: gate call)
  the same on both sides: copies: lane, client; copies: lane, world; processing:
    work, client

  by thread:
    client 5.07 us = crossings 5 us, processing 52 ns, copies 14 ns
    world 14 ns = copies 14 ns
    The client waits while the world works, so their times add up.
"""


def test_the_waterfall_reads_as_it_did() -> None:
    assert render(explain(made.of_calls(), made.limits(), {})) == SNAPSHOT


def test_a_result_without_a_baseline_says_so() -> None:
    alone = made.result([made.variant("plain", "normal")], [made.sample("plain", 180, made.NORMAL)])
    assert render(explain(alone, made.limits(), {})) == "Nothing in this result has a baseline.\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A result and limits, and no limits kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    r.write(made.of_calls(), tmp_path / "result.json")
    (tmp_path / "limits.json").write_bytes(msgspec.json.encode(made.limits()))
    return str(tmp_path / "result.json"), str(tmp_path / "limits.json")


def test_explain_prints_the_waterfall_of_a_file(call: Call, files: tuple[str, str]) -> None:
    outcome = call("explain", files[0], "--limits", files[1])
    assert (outcome.status, outcome.out, outcome.err) == (0, SNAPSHOT, "")


def test_explain_prints_json_that_holds_the_same(call: Call, files: tuple[str, str]) -> None:
    outcome = call("explain", files[0], "--limits", files[1], "--json")
    assert msgspec.json.decode(
        outcome.out, type=type(explain(made.of_calls(), made.limits(), {}))
    ) == explain(made.of_calls(), made.limits(), {})


def test_without_kept_limits_one_line_says_how_to_get_them(call: Call, files: tuple[str, str]) -> None:
    outcome = call("explain", files[0])
    assert outcome.refused_in_one_line and "worldgate limits" in outcome.err


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"boot": "another-boot"}, "another boot"),
        ({"machine": {"cpu": "another processor"}}, "another machine"),
    ],
)
def test_limits_of_another_machine_or_boot_are_refused(
    call: Call, files: tuple[str, str], keys: dict[str, object], reason: str
) -> None:
    Path(files[1]).write_bytes(msgspec.json.encode(made.limits(None, **keys)))
    outcome = call("explain", files[0], "--limits", files[1])
    assert outcome.refused_in_one_line and reason in outcome.err


def test_limits_are_not_refused_for_what_is_unknown() -> None:
    result = made.of_calls()
    check_limits(replace(result, machine={}), made.limits())
    check_limits(result, made.limits(None, machine={}))


BROKEN = [
    b"",
    b"{}",
    b"[]",
    b'{"schema": "worldgate.limits/99"}',
    b'{"schema": "worldgate.limits/1"}',
    b"\xff\xfe",
    b"1",
]


@pytest.mark.parametrize("data", BROKEN)
def test_a_broken_file_of_limits_is_told_in_one_line(call: Call, files: tuple[str, str], data: bytes) -> None:
    Path(files[1]).write_bytes(data)
    assert call("explain", files[0], "--limits", files[1]).refused_in_one_line


@given(st.one_of(st.binary(max_size=200), st.integers(0, 5000)))
def test_no_file_of_limits_brings_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: bytes | int
) -> None:
    whole = msgspec.json.encode(made.limits())
    path = tmp_path_factory.getbasetemp() / "fuzzed-limits.json"
    path.write_bytes(whole[:data] if isinstance(data, int) else data)
    try:
        assert read_limits(path) == made.limits()
    except WorldgateError as error:
        assert "\n" not in str(error) and "worldgate limits" in str(error)


@pytest.mark.parametrize(
    "words", [("no-such.json",), ("/",), ("no-such.json", "--limits", "no-such-limits.json"), ()]
)
def test_what_cannot_be_read_is_told_in_one_line(
    call: Call, files: tuple[str, str], words: tuple[str, ...]
) -> None:
    assert call("explain", *words).refused_in_one_line
