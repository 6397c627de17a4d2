# SPDX-License-Identifier: Apache-2.0
"""Published against measured: each outcome for its own reason, and broken files refused in one line."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fake_path
import pytest

from worldgate.errors import WorldgateError
from worldgate.experiment.reproduce import Judgement, find, judge, names
from worldgate.experiment.result import Warning, read

Call = Callable[..., Any]

HEAD = """schema = "worldgate.experiment/1"
name = "mine"
path = "fake"
title = "An experiment of tests"
names = "{world} {ns}"
baseline = "{world} 100"

[design]
rounds = 8
warm_up = 0
seed = 1
"""
BLOCK = """
[[variants]]
world = "WORLD"
options = { ns = [100, 1000], noise = 0.01 }
"""
STATEMENT = {
    "text": "'ten times as long'",
    "source": "'a paper, table 1'",
    "fidelity": "'compartment'",
    "variant": "'compartment 1000'",
    "against": "'compartment 100'",
    "metric": "'latency'",
    "value": "10",
    "tolerance": "0.1",
}


def statement(**changes: str | None) -> str:
    """A [[published]] part; None leaves a key out."""
    found = {key: value for key, value in {**STATEMENT, **changes}.items() if value is not None}
    return "\n[[published]]\n" + "".join(f"{key} = {value}\n" for key, value in found.items())


def experiment(*statements: str, worlds: tuple[str, ...] = ("normal", "compartment")) -> str:
    return HEAD + "".join(BLOCK.replace("WORLD", world) for world in worlds) + "".join(statements)


@pytest.fixture(autouse=True)
def _with_the_fake_path() -> None:
    fake_path.install()


@pytest.fixture
def outcome_of(call: Call, tmp_path: Path) -> Callable[..., Judgement]:
    """Runs an experiment with one statement and gives what is made of it."""

    def run(**changes: str | None) -> Judgement:
        file, output = tmp_path / "mine.toml", tmp_path / "mine.json"
        file.write_text(experiment(statement(**changes)))
        outcome = call("reproduce", str(file), "--output", str(output))
        assert outcome.status == 0, outcome
        (found,) = judge(find(str(file)), read(output)).judgements
        assert found.outcome in outcome.out.split("published against measured:")[1]
        return found

    return run


def test_a_ratio_within_the_tolerance_agrees(outcome_of: Callable[..., Judgement]) -> None:
    found = outcome_of()
    assert (found.outcome, found.reason, found.fidelity, found.unit) == ("agrees", "", "compartment", "")
    assert found.low is not None and found.measured is not None and found.high is not None
    assert 9 < found.low < found.measured < found.high < 11


def test_a_figure_is_the_median_in_the_unit_of_its_metric(outcome_of: Callable[..., Judgement]) -> None:
    found = outcome_of(against=None, value="1000")
    assert (found.outcome, found.unit) == ("agrees", "ns")
    assert found.measured == pytest.approx(1000, rel=0.02)


def test_an_order_needs_one_bound(outcome_of: Callable[..., Judgement]) -> None:
    assert outcome_of(value=None, tolerance=None, at_least="5").outcome == "agrees"


def test_the_other_direction_disagrees(outcome_of: Callable[..., Judgement]) -> None:
    assert outcome_of(value=None, tolerance=None, at_most="5").outcome == "disagrees"


def test_a_disagreement_that_was_to_be_expected_says_why(outcome_of: Callable[..., Judgement]) -> None:
    found = outcome_of(value="20", why_different="'the profile lacks it'")
    assert (found.outcome, found.reason) == ("disagrees", "to be expected: the profile lacks it")


def test_an_interval_across_a_bound_is_not_judged(outcome_of: Callable[..., Judgement]) -> None:
    found = outcome_of(against=None, value=None, tolerance=None, at_least="1000")
    assert found.outcome == "not judged" and found.reason.startswith("inconclusive: ")
    assert found.measured is not None


def test_another_fidelity_is_not_judged(outcome_of: Callable[..., Judgement]) -> None:
    found = outcome_of(fidelity="'hardware'")
    assert found.outcome == "not judged"
    assert "published of fidelity hardware, measured of fidelity compartment" in found.reason
    assert found.measured is not None  # and yet shown


def test_another_fidelity_is_judged_where_the_file_says_why(outcome_of: Callable[..., Judgement]) -> None:
    found = outcome_of(fidelity="'hardware'", although="'the cost is executed'")
    assert found.outcome == "agrees" and "the cost is executed" in found.reason


def test_a_number_of_the_profile_agrees_by_construction(outcome_of: Callable[..., Judgement]) -> None:
    found = outcome_of(built_in="'the transition'")
    assert (found.outcome, found.reason) == ("agrees by construction", "by construction: the transition")


def test_a_number_of_the_profile_can_disagree(outcome_of: Callable[..., Judgement]) -> None:
    assert outcome_of(value="20", built_in="'the transition'").outcome == "disagrees"


def test_a_skipped_variant_is_not_judged_and_says_why(call: Call, tmp_path: Path) -> None:
    file, output = tmp_path / "mine.toml", tmp_path / "mine.json"
    file.write_text(experiment(statement()).replace("noise = 0.01", "noise = 0.01, absent = 3"))
    outcome = call("reproduce", str(file), "--output", str(output))
    assert outcome.status in (0, 2)
    (found,) = judge(find(str(file)), read(output)).judgements
    assert found.outcome == "not judged" and "it is absent here" in found.reason
    assert found.measured is None


def test_a_ratio_of_two_fidelities_is_not_judged(call: Call, tmp_path: Path) -> None:
    file, output = tmp_path / "mine.toml", tmp_path / "mine.json"
    worlds = ("compartment", "emulated:sgx1-skylake")
    told = statement(against="'emulated:sgx1-skylake 100'")
    file.write_text(experiment(told, worlds=worlds))
    assert call("reproduce", str(file), "--output", str(output)).status == 0
    (found,) = judge(find(str(file)), read(output)).judgements
    assert (found.outcome, found.fidelity) == ("not judged", None)


def test_a_metric_that_is_not_measured_is_not_judged(outcome_of: Callable[..., Judgement]) -> None:
    found = outcome_of(metric="'bytes'")
    assert found.outcome == "not judged" and found.reason.startswith("not measured")


def test_a_run_can_be_gone_on_with_and_ends_in_the_table(call: Call, tmp_path: Path) -> None:
    file, output = tmp_path / "mine.toml", tmp_path / "mine.json"
    file.write_text(experiment(statement()))
    first = call("reproduce", str(file), "--output", str(output))
    again = call("reproduce", str(file), "--resume", str(output))
    assert again.status == 0
    assert first.out.split("published against")[1] == again.out.split("published against")[1]


def test_the_warnings_of_the_doctor_are_told_as_doubts(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warning = Warning(name="load by others", text="6 threads", advice="wait")
    monkeypatch.setattr("worldgate.machine.doctor.warnings", lambda: [warning])
    file = tmp_path / "mine.toml"
    file.write_text(experiment(statement()))
    outcome = call("reproduce", str(file), "--output", str(tmp_path / "mine.json"))
    assert outcome.out.endswith("make these figures doubtful: load by others\n")


def test_a_result_of_another_experiment_is_refused(call: Call, tmp_path: Path) -> None:
    file, output = tmp_path / "mine.toml", tmp_path / "mine.json"
    file.write_text(experiment(statement()))
    call("reproduce", str(file), "--output", str(output))
    file.write_text(experiment(statement()).replace('"mine"', '"other"'))
    with pytest.raises(WorldgateError, match="of experiment 'mine', not of 'other'"):
        judge(find(str(file)), read(output))


WRONG = {
    "no statement": (experiment(), "there is nothing to hold"),
    "an unknown key": (
        experiment(statement(nonsense="1")),
        "published[0]: unknown key, remove it: `nonsense`",
    ),
    "a missing key": (experiment(statement(source=None)), "published[0]: missing key, add it: `source`"),
    "an unknown fidelity": (experiment(statement(fidelity="'real'")), "published[0].fidelity"),
    "an empty text": (experiment(statement(text="''")), "published[0].text: write one plain line"),
    "a text of two lines": (experiment(statement(text='"a\\nb"')), "published[0].text"),
    "an unknown variant": (experiment(statement(variant="'compartment 10'")), "is 'compartment 100' meant?"),
    "an unknown baseline": (experiment(statement(against="'norml 100'")), "is 'normal 100' meant?"),
    "an unknown metric": (experiment(statement(metric="'latncy'")), "is 'latency' meant?"),
    "a variant against itself": (experiment(statement(against="'compartment 1000'")), "the variant itself"),
    "no figure": (experiment(statement(value=None, tolerance=None)), "give either value and tolerance"),
    "a value without a tolerance": (experiment(statement(tolerance=None)), "give either value and tolerance"),
    "a value and a bound": (experiment(statement(at_most="3")), "give either value and tolerance"),
    "a value that is none": (experiment(statement(value="nan")), "published[0].value: nan is no figure"),
    "a value below zero": (experiment(statement(value="-1")), "-1 is no figure"),
    "a tolerance of all": (experiment(statement(tolerance="1.0")), "published[0].tolerance"),
    "bounds the wrong way round": (
        experiment(statement(value=None, tolerance=None, at_least="3", at_most="2")),
        "3 is more than at_most, 2",
    ),
    "a second statement that is wrong": (experiment(statement(), statement(value="0")), "published[1].value"),
    "statements that are no tables": (
        experiment().replace('name = "mine"', 'name = "mine"\npublished = 1'),
        "published",
    ),
    "no TOML": ("published", "is not TOML"),
    "an experiment that cannot be": (experiment(statement()).replace('"fake"', '"fke"'), "no path is called"),
}


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=list(WRONG))
def test_a_broken_file_is_refused_in_one_line(call: Call, tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    outcome = call("reproduce", str(file), "--output", str(tmp_path / "out.json"))
    assert outcome.refused_in_one_line, outcome
    assert says in outcome.err and "mine.toml" in outcome.err
    assert not (tmp_path / "out.json").exists()


def test_a_name_that_is_none_is_refused_in_one_line(call: Call) -> None:
    outcome = call("reproduce", "crossing-sgx-hotcall")
    assert outcome.refused_in_one_line and "did you mean 'crossing-sgx-hotcalls'?" in outcome.err
    assert call("reproduce", "no-such.toml").refused_in_one_line
    assert call("reproduce", "--quick").refused_in_one_line


def test_files_full_of_noise_are_refused_in_one_line(
    call: Call, tmp_path: Path, generator: random.Random
) -> None:
    text = experiment(statement()).encode()
    file = tmp_path / "mine.toml"
    for _ in range(300):
        data = bytearray(text)
        for _ in range(generator.randint(1, 4)):
            start = generator.randrange(len(data))
            data[start : start + generator.randint(0, 3)] = generator.randbytes(generator.randint(0, 3))
        file.write_bytes(data)
        try:
            find(str(file))
        except WorldgateError as error:
            assert "\n" not in str(error)


def test_the_list_names_every_experiment_and_what_was_published(call: Call) -> None:
    outcome = call("reproduce")
    assert outcome.status == 0
    assert {"crossing-optee-icount", "crossing-sgx-hotcalls"} <= set(names())
    for name in names():
        assert f"{name}: {find(name).file.title}" in outcome.out
        assert all(statement.text in outcome.out for statement in find(name).statements)


@pytest.mark.parametrize("name", names())
def test_an_experiment_is_named_like_its_file_and_tells_its_sources(name: str) -> None:
    found = find(name)
    assert found.file.name == name
    assert all(len(statement.source.split()) >= 5 for statement in found.statements)


@pytest.mark.parametrize("name", names())
def test_a_statement_of_hardware_about_an_emulated_world_tells_what_is_built_in(name: str) -> None:
    for statement in find(name).statements:
        if statement.fidelity == "hardware" and statement.although:
            assert statement.built_in


def test_hotcalls_can_be_reproduced_or_say_why_not(run: Call, tmp_path: Path) -> None:
    output = tmp_path / "hotcalls.json"
    outcome = run("reproduce", "crossing-sgx-hotcalls", "--quick", "--output", str(output))
    assert outcome.status in (0, 2), outcome
    result = read(output)
    ratio, call_ns = judge(find("crossing-sgx-hotcalls"), result).judgements
    for found in (ratio, call_ns):
        assert found.fidelity == "emulated" and found.reason
    if not result.skipped:
        # A busy machine makes a ring slow, never a call fast.
        assert call_ns.outcome == "agrees by construction" or (call_ns.high or 0) > 6071
        assert ratio.measured is not None and ratio.measured > 1
