# SPDX-License-Identifier: Apache-2.0
"""The calls of the commands, from Python: the document's examples, the tables, what is refused."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fake_path
import pytest
from msgspec.structs import replace
from sample_results import make_result
from trace_files import INVOKE, Record, block, header, session

import worldgate
from worldgate import api

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "python.md"
EXPERIMENT = """schema = "worldgate.experiment/1"
name = "mine"
path = "fake"
title = "Of <tests>"
names = "{world} {ns}"
baseline = "normal {ns}"
options = { noise = 0.01 }
design = { warm_up = 0 }

[[variants]]
world = ["normal", "compartment"]
options = { ns = 100 }

[[variants]]
world = "optee"
options = { ns = 100, absent = 1 }
"""

Call = Callable[..., Any]


def examples() -> str:
    """The blocks of the document, as one program."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S))


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    """An experiment of the path that only sleeps."""
    fake_path.install()
    file = tmp_path / "mine.toml"
    file.write_text(EXPERIMENT)
    return file


@pytest.fixture
def result(experiment: Path, tmp_path: Path) -> worldgate.Result:
    return worldgate.run(experiment, rounds=3, seed=1, output=tmp_path / "mine.json")


def test_the_examples_of_the_document_run(tmp_path: Path) -> None:
    program = tmp_path / "examples.py"
    program.write_text(examples())
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "crossing.html").read_text().startswith("<!")


def test_the_examples_of_the_document_are_typed_strictly(tmp_path: Path) -> None:
    program = tmp_path / "examples.py"
    program.write_text(examples())
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", str(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_document_names_every_call() -> None:
    told = DOCUMENT.read_text()
    names = set(worldgate.__all__) - {"Result", "Unavailable", "__version__"}
    assert {name for name in names if name not in told} == set()


def test_every_name_that_is_offered_is_there_and_documented() -> None:
    for name in worldgate.__all__:
        assert name in dir(worldgate)
        assert getattr(worldgate, name).__doc__
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        worldgate.nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_importing_the_package_imports_nothing_slow() -> None:
    program = "import sys, worldgate; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"numpy", "msgspec", "cffi", "worldgate.api"} & set(done.stdout.split())


def test_the_tables_are_plain_rows(result: worldgate.Result) -> None:
    assert result.state == "complete"
    assert len(result.samples()) == 6
    assert {row["variant"] for row in result.summaries()} == {"normal 100", "compartment 100"}
    (latency,) = [row for row in result.comparisons() if row["metric"] == "latency"]
    assert isinstance(latency["ratio"], float) and 0.9 < latency["ratio"] < 1.1
    assert latency["fidelity"] == "compartment"
    assert all(row["bytes"] is None for row in result.samples())  # unknown, not zero
    assert [row["variant"] for row in result.skipped()] == ["optee 100"]
    assert set(result.tables()) == {"comparisons", "summaries", "samples"}
    assert result.tables()["samples"] == result.samples()


def test_a_result_that_is_read_is_the_one_that_was_measured(result: worldgate.Result) -> None:
    assert result.path is not None
    again = worldgate.read(result.path)
    assert again.file == result.file and repr(again) == repr(result)


def test_a_result_carries_the_facts_of_the_machine(result: worldgate.Result) -> None:
    assert {"cpu", "kernel", "aead", "boot_id"} <= result.file.machine.keys()


def test_a_notebook_shows_a_table_in_which_text_cannot_be_markup(result: worldgate.Result) -> None:
    shown = result._repr_html_()
    assert "<b>Of &lt;tests&gt;</b>" in shown and "<tests>" not in shown
    assert "<td>compartment 100</td>" in shown and "it is absent here" in shown


def test_a_long_table_is_cut_in_a_notebook() -> None:
    file = make_result(rounds=3)
    many = replace(file, comparisons=file.comparisons * 200)
    shown = api.Result(many)._repr_html_()
    assert shown.count("<tr>") == api.HTML_ROWS + 1 and "rows more" in shown


def test_without_a_file_the_result_is_written_here(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = worldgate.run(experiment, rounds=2)
    assert found.path is not None and found.path.name.startswith("mine-") and found.path.exists()


def test_an_existing_file_is_never_written_over(experiment: Path, result: worldgate.Result) -> None:
    assert result.path is not None
    with pytest.raises(worldgate.WorldgateError, match="exists already"):
        worldgate.run(experiment, rounds=2, output=result.path)


def test_progress_is_told_before_each_run(experiment: Path, tmp_path: Path) -> None:
    told: list[str] = []
    worldgate.run(
        experiment, rounds=2, output=tmp_path / "out.json", progress=lambda where: told.append(where.variant)
    )
    assert told.count("normal 100") == 2


def test_an_experiment_made_in_python_is_run_as_it_is(result: worldgate.Result, tmp_path: Path) -> None:
    found = worldgate.run(result.file.experiment, output=tmp_path / "again.json")
    assert found.file.experiment == result.file.experiment
    with pytest.raises(worldgate.WorldgateError, match="has its design"):
        worldgate.run(result.file.experiment, quick=True)


def test_two_answers_to_how_many_rounds_are_refused(experiment: Path) -> None:
    with pytest.raises(worldgate.WorldgateError, match="give one of them"):
        worldgate.run(experiment, quick=True, rounds=3)


def test_a_complete_file_is_gone_on_with_without_another_run(result: worldgate.Result) -> None:
    assert result.path is not None
    assert worldgate.resume(result.path).file == result.file


def test_a_file_that_is_no_result_is_an_error_of_one_line(experiment: Path) -> None:
    with pytest.raises(worldgate.WorldgateError) as caught:
        worldgate.read(experiment)
    assert "mine.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_a_trace_file_is_read_as_a_result(tmp_path: Path) -> None:
    file = tmp_path / "board.trace"
    calls = session(Record(INVOKE, 2000, 3000, command=7))
    file.write_bytes(header() + block(calls))
    found = worldgate.read_trace(file)
    (crossings,) = [row["median"] for row in found.summaries() if row["metric"] == "crossings"][:1]
    assert isinstance(crossings, float) and crossings >= 1
    assert "<table>" in found._repr_html_() and found.path is None
    with pytest.raises(worldgate.WorldgateError, match="give a trace file"):
        worldgate.read_trace()


def test_a_result_compared_with_itself_shows_no_difference(result: worldgate.Result) -> None:
    found = worldgate.compare(result, result)
    assert found.first != found.second
    assert {change.ratio for change in found.changes if change.ratio} == {1.0}


def test_a_page_without_unit_costs_says_what_it_lacks(
    result: worldgate.Result, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    with pytest.raises(worldgate.WorldgateError, match="limits"):
        worldgate.explain(result)
    assert "no unit costs are kept" in worldgate.report_html(result, path=tmp_path / "page.html")
    assert (tmp_path / "page.html").exists()
    with pytest.raises(worldgate.WorldgateError, match="give a result"):
        worldgate.report_html()


def test_crossing_measures_what_the_command_does(call: Call, tmp_path: Path) -> None:
    by_command, by_call = tmp_path / "command.json", tmp_path / "call.json"
    words = ("--world", "compartment", "--mode", "call", "--size", "64", "--seconds", "0.01", "--rounds", "2")
    outcome = call("crossing", *words, "--output", str(by_command))
    assert outcome.status == 0, outcome
    found = worldgate.crossing(["compartment"], ["call"], [64], seconds=0.01, rounds=2, output=by_call)
    seed = {"seed": 0}
    first, second = worldgate.read(by_command).file.experiment, found.file.experiment
    assert replace(first, design=replace(first.design, **seed)) == replace(
        second, design=replace(second.design, **seed)
    )


def test_a_reproduction_gives_the_result_and_what_is_made_of_it(experiment: Path, tmp_path: Path) -> None:
    experiment.write_text(
        EXPERIMENT
        + "[[published]]\ntext = 'the same'\nsource = 'this test'\nfidelity = 'compartment'\n"
        + "variant = 'compartment 100'\nagainst = 'normal 100'\nmetric = 'latency'\nat_most = 2\n"
    )
    found, made = worldgate.reproduce(str(experiment), quick=True, output=tmp_path / "out.json")
    assert found.state == "complete"
    assert [one.outcome for one in made.judgements] == ["agrees"]
