# SPDX-License-Identifier: Apache-2.0
"""Two result files against each other: the ratio, or why there is none."""

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_results import make_result
from scipy import stats
from strategies import results

from worldgate.cli.compare import render
from worldgate.experiment.result import Placement, Result, write
from worldgate.report.compare import Change, Comparison, compare, slower_beyond, welch

Call = Callable[..., Any]
positive = st.lists(st.floats(1e-6, 1e9), min_size=3, max_size=12)
NAME = "compartment call 64 B"


@pytest.fixture(scope="module")
def before() -> Result:
    return make_result(rounds=40)


@pytest.fixture(scope="module")
def after() -> Result:
    return make_result(rounds=40, seed=2, factor=1.2)


def change_of(found: Comparison, variant: str, metric: str = "round_trip_ns") -> Change:
    return next(one for one in found.changes if (one.variant, one.metric) == (variant, metric))


def changed(result: Result, **fields: Any) -> Result:
    """The result with that variant changed."""
    variants = [
        msgspec.structs.replace(one, **fields) if one.name == NAME else one
        for one in result.experiment.variants
    ]
    return msgspec.structs.replace(
        result, experiment=msgspec.structs.replace(result.experiment, variants=variants)
    )


@given(positive, positive)
def test_the_interval_and_p_are_those_of_welch_on_the_logarithms(
    first: list[float], second: list[float]
) -> None:
    logs = [[math.log(value) for value in values] for values in (first, second)]
    if min(math.sqrt(sum((x - sum(one) / len(one)) ** 2 for x in one)) for one in logs) < 1e-6:
        return  # one side without deviation: what is left is rounding
    ratio, low, high, p = welch(first, second, 0.95)
    expected = stats.ttest_ind(logs[1], logs[0], equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert p == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    assert math.log(ratio) == pytest.approx(
        sum(logs[1]) / len(logs[1]) - sum(logs[0]) / len(logs[0]), abs=1e-9
    )
    for ours, theirs in ((low, interval.low), (high, interval.high)):
        assert ours == pytest.approx(math.exp(theirs) if theirs < 709 else math.inf, rel=1e-6, abs=1e-300)


def test_runs_without_any_deviation_have_an_exact_ratio() -> None:
    assert welch([2.0] * 4, [2.0] * 4, 0.95) == (1.0, 1.0, 1.0, 1.0)
    ratio, low, high, p = welch([2.0] * 4, [3.0] * 4, 0.95)
    assert ratio == low == high == pytest.approx(1.5) and p == 0


def test_the_interval_covers_the_true_ratio_as_often_as_it_says(generator: random.Random) -> None:
    covered, cases = 0, 1000
    for _ in range(cases):
        first = [math.exp(generator.gauss(0, 0.05)) for _ in range(10)]
        second = [math.exp(generator.gauss(math.log(1.05), 0.1)) for _ in range(15)]
        _, low, high, _ = welch(first, second, 0.95)
        covered += low <= 1.05 <= high
    assert 0.92 * cases <= covered, f"{covered} of {cases}"


def test_a_slower_world_is_slower_in_time_and_in_rate(before: Result, after: Result) -> None:
    found = compare(before, after)
    for metric in ("round_trip_ns", "operations_per_second"):
        one = change_of(found, NAME, metric)
        assert one.verdict == "slower" and one.p is not None and one.p < 1e-6
        assert slower_beyond(one, 0.05) and not slower_beyond(one, 0.5)
    assert change_of(found, "normal call 64 B").verdict in ("inconclusive", "no difference")
    assert "unpaired across files" in found.method


def test_the_other_way_round_it_is_faster(before: Result, after: Result) -> None:
    one, other = (change_of(found, NAME) for found in (compare(before, after), compare(after, before)))
    assert other.verdict == "faster" and not slower_beyond(other, 0)
    assert one.ratio is not None and other.ratio == pytest.approx(1 / one.ratio)


def test_a_file_does_not_differ_from_itself(before: Result) -> None:
    for one in compare(before, before).changes:
        assert one.ratio is None or one.ratio == pytest.approx(1)
        assert one.verdict in ("no difference", "inconclusive", "not comparable")


OTHER = {
    "fidelity": ({"fidelity": "emulated"}, "other fidelity: compartment, then emulated"),
    "world": ({"world": "compartment:cpu=1"}, "other world: compartment, then compartment:cpu=1"),
    "profile": ({"profile": "tdx"}, "other profile: unknown, then tdx"),
    "hash": ({"profile_hash": "1234"}, "other profile hash: unknown, then 1234"),
    "placement": (
        {"placement": Placement(text="two cores", client=0, world=1)},
        "other placement: one core, then two",
    ),
    "processor": (
        {"placement": Placement(text="one core", client=1, world=1)},
        "other processor of the client: 0, then 1",
    ),
    "option": ({"options": {"mode": "ring", "size": 64}}, "other mode: call, then ring"),
    "library": (
        {"options": {"mode": "call", "size": 64, "aead": "openssl"}},
        "other AEAD library: unknown, then openssl",
    ),
}


@pytest.mark.parametrize(("fields", "says"), OTHER.values(), ids=list(OTHER))
def test_what_was_measured_otherwise_is_not_comparable(
    before: Result, after: Result, fields: dict[str, Any], says: str
) -> None:
    found = compare(before, changed(after, **fields))
    one = change_of(found, NAME, "all")
    assert one.verdict == "not comparable" and one.ratio is None
    assert one.reason is not None and one.reason.startswith(says)
    assert change_of(found, "compartment call 4096 B").ratio is not None


@pytest.mark.parametrize(
    ("fact", "value", "says"),
    [
        ("cpu", "Example 9001", "other machine (cpu): Example 9000, then Example 9001"),
        ("processors", 4, "other machine (processors): 2, then 4"),
        ("aead", "OpenSSL 3.0", "other AEAD library (aead): libipsec-mb 1.3, then OpenSSL 3.0"),
    ],
)
def test_another_machine_makes_all_of_it_incomparable(
    before: Result, after: Result, fact: str, value: Any, says: str
) -> None:
    other = msgspec.structs.replace(after, machine={**after.machine, fact: value})
    found = compare(before, other)
    assert {one.reason for one in found.changes} == {says}


def test_another_kernel_is_told_and_forbids_nothing(before: Result, after: Result) -> None:
    other = msgspec.structs.replace(after, machine={**after.machine, "kernel": "6.19.0"}, state="interrupted")
    found = compare(before, other)
    assert found.notes == ["kernel: 6.18.0, then 6.19.0", "the second file is not complete (interrupted)"]
    assert change_of(found, NAME).ratio is not None


def test_another_unit_is_not_comparable(before: Result, after: Result) -> None:
    metrics = [msgspec.structs.replace(one, unit="us") for one in after.experiment.metrics[:1]]
    experiment = msgspec.structs.replace(after.experiment, metrics=metrics + after.experiment.metrics[1:])
    one = change_of(compare(before, msgspec.structs.replace(after, experiment=experiment)), NAME)
    assert one.reason == "other unit: ns, then us"


def test_too_few_runs_and_values_without_a_logarithm_say_so(before: Result) -> None:
    few = msgspec.structs.replace(before, samples=[one for one in before.samples if one.round < 2])
    reason = change_of(compare(before, few), NAME).reason
    assert reason == "too few runs: 40 and 2, at least 3 of each are needed"
    zero = [
        msgspec.structs.replace(one, metrics={**one.metrics, "round_trip_ns": 0.0}) for one in before.samples
    ]
    reason = change_of(compare(before, msgspec.structs.replace(before, samples=zero)), NAME).reason
    assert reason == "a value that is not above zero has no ratio"


def test_what_is_skipped_or_missing_says_where(before: Result, after: Result) -> None:
    assert change_of(compare(before, after), "optee call 64 B", "all").reason == (
        "skipped in the first file: no /dev/tee0 on this machine"
    )
    variants = [one for one in after.experiment.variants if one.name != NAME]
    samples = [one for one in after.samples if one.variant != NAME]
    less = msgspec.structs.replace(
        after, experiment=msgspec.structs.replace(after.experiment, variants=variants), samples=samples
    )
    assert change_of(compare(before, less), NAME, "all").reason == "not in the second file"
    assert change_of(compare(less, before), NAME, "all").reason == "not in the first file"


@given(results(), results())
def test_any_two_results_can_be_held_against_each_other(first: Result, second: Result) -> None:
    for pair in ((first, second), (first, first)):
        found = compare(*pair)
        for one in found.changes:
            assert (one.reason is None) == (one.ratio is not None) == (one.verdict != "not comparable")
        assert all(line.isprintable() for line in render(found, found.changes, 0.05).splitlines())
        json.loads(msgspec.json.encode(found))


@pytest.fixture
def files(before: Result, after: Result, tmp_path: Path) -> tuple[str, str]:
    paths = tmp_path / "before.json", tmp_path / "after.json"
    for result, path in zip((before, after), paths, strict=True):
        write(result, path)
    return str(paths[0]), str(paths[1])


@pytest.mark.parametrize(
    ("order", "bound", "status"),
    [((0, 1), "5%", 1), ((0, 1), "50 %", 0), ((1, 0), "0%", 0), ((0, 0), "5%", 0)],
)
def test_the_exit_status_tells_whether_it_became_slower(
    call: Call, files: tuple[str, str], order: tuple[int, int], bound: str, status: int
) -> None:
    outcome = call("compare", files[order[0]], files[order[1]], "--fail-if-slower", bound)
    assert (outcome.status, outcome.err) == (status, "")
    assert f"slower by more than {bound.rstrip('% ')} %: " + ("none" if status == 0 else NAME) in outcome.out


def test_without_a_bound_nothing_fails(call: Call, files: tuple[str, str]) -> None:
    outcome = call("compare", *files)
    assert outcome.status == 0 and "unpaired across files" in outcome.out and "slower" in outcome.out


def test_the_comparison_is_json_that_can_be_read(call: Call, files: tuple[str, str]) -> None:
    outcome = call("compare", *files, "--json", "--fail-if-slower", "5%")
    assert outcome.status == 1
    found = msgspec.json.decode(outcome.out, type=Comparison)
    assert found.schema == "worldgate.comparison/1" and change_of(found, NAME).verdict == "slower"


def test_a_bound_that_checks_nothing_is_no_pass(call: Call, files: tuple[str, str], before: Result) -> None:
    write(msgspec.structs.replace(before, machine={"cpu": "another"}), Path(files[1]))
    outcome = call("compare", *files, "--fail-if-slower", "5%")
    assert outcome.status == 2 and "nothing was checked" in outcome.err
    assert "other machine (cpu)" in outcome.out
    assert call("compare", *files).status == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("compare",), "A, B"),
        (("compare", "FILE"), "required: B"),
        (("compare", "FILE", "no-such.json"), "no-such.json"),
        (("compare", "FILE", "FILE", "--fail-if-slower", "5"), "write it as 5%"),
        (("compare", "FILE", "FILE", "--fail-if-slower=-5%"), "write it as 5%"),
        (("compare", "FILE", "/dev/null"), "not a whole result file"),
    ],
)
def test_wrong_use_of_compare_gets_one_line(
    call: Call, files: tuple[str, str], words: tuple[str, ...], says: str
) -> None:
    outcome = call(*(files[0] if word == "FILE" else word for word in words))
    assert outcome.refused_in_one_line, outcome
    assert says in outcome.err
