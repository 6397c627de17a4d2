# SPDX-License-Identifier: Apache-2.0
"""The result file: its published schema, files of old versions, and whatever may be broken in one."""

import json
import os
import random
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fake_path
import msgspec
import pytest
from msgspec.structs import replace
from mutation import mutate_bytes, mutate_tree

from worldgate import paths
from worldgate.errors import WorldgateError
from worldgate.experiment import comparison
from worldgate.experiment.result import Result, Sample, decode, encode, read, write

TOP = Path(__file__).resolve().parents[2]
GOLDEN = sorted((TOP / "tests" / "golden").glob("result-1-*.json"))
CASES = 100_000 if os.environ.get("WORLDGATE_SOAK") else 5000  # of each kind of file


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(paths, "PATHS", dict(paths.PATHS))
    monkeypatch.setattr(fake_path, "PATHS", paths.PATHS)
    fake_path.install()
    yield


def test_there_are_golden_files() -> None:
    assert {file.stem for file in GOLDEN} >= {"result-1-complete", "result-1-interrupted", "result-1-running"}


def holds(new: Any, old: Any) -> bool:
    """All of old is in new; new may have more keys, as fields that were added since."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and holds(new[key], old[key]) for key in old)
    if isinstance(old, list):
        return isinstance(new, list) and len(new) == len(old) and all(map(holds, new, old))
    return type(new) is type(old) and bool(new == old)


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_golden_file_is_read_and_nothing_of_it_is_lost(file: Path) -> None:
    result = read(file)
    assert result.samples and result.skipped
    assert holds(json.loads(encode(result)), json.loads(file.read_bytes()))


def test_the_comparisons_of_a_golden_file_still_follow_from_its_samples() -> None:
    """So that another version of the statistics says the same of the same samples."""
    result = read(TOP / "tests" / "golden" / "result-1-complete.json")
    now = comparison.comparisons(result)
    assert [found.verdict for found in now] == [found.verdict for found in result.comparisons]
    for new, old in zip(now, result.comparisons, strict=True):
        for key in ("ratio", "low", "high", "signed_rank_p"):
            assert getattr(new, key) == pytest.approx(getattr(old, key)), key
        assert new.bootstrap_low == pytest.approx(old.bootstrap_low, rel=0.01)


def test_the_published_schema_is_that_of_the_program() -> None:
    published = json.loads((TOP / "docs" / "schema" / "result-1.json").read_text())
    assert published == json.loads(json.dumps(msgspec.json.schema(Result)))


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "a newer schema": (lambda t: t.update(schema="worldgate.result/2"), "its schema is 'worldgate.result/2'"),
    "a foreign schema": (lambda t: t.update(schema="other\n"), "its schema is 'other\\n'"),
    "no schema": (lambda t: t.pop("schema"), "not a whole result file"),
    "an unknown field": (lambda t: t.update(more=1), "a broken result file: Object contains unknown field"),
    "a missing field": (lambda t: t.pop("machine"), "missing required field `machine`"),
    "a negative round": (lambda t: t["samples"][0].update(round=-1), "Expected `int` >= 0"),
    "a sample of no variant": (lambda t: t["samples"][0].update(variant="x"), "has no variant 'x'"),
    "a metric that is none": (lambda t: t["samples"][0]["metrics"].update(x=1), "has no metric 'x'"),
    "two samples of one run": (lambda t: t["samples"].append(t["samples"][0]), "two samples of one round"),
    "a summary of no variant": (lambda t: t["summaries"][0].update(variant="x"), "has no variant 'x'"),
    "a comparison with none": (lambda t: t["comparisons"][0].update(baseline="x"), "has no variant 'x'"),
    "a baseline that is none": (
        lambda t: t["experiment"]["variants"][1].update(baseline="x"),
        "its baseline",
    ),
    "no variants": (lambda t: t["experiment"].update(variants=[]), "the experiment has no variant"),
    "looks that go back": (
        lambda t: t["experiment"]["design"].update(looks=[9, 6]),
        "design.looks: write at",
    ),
    "a wide confidence": (lambda t: t["experiment"]["design"].update(confidence=95), "95.0 is out of bounds"),
    "counts that are missing": (
        lambda t: t["samples"][0]["distributions"]["round trip"]["counts"].pop(),
        "'round trip' has not as many counts as values",
    ),
    "seconds that are missing": (
        lambda t: t["samples"][0]["series"]["rate"]["seconds"].pop(),
        "'rate' has not as many seconds as values",
    ),
}


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=list(WRONG))
def test_a_file_that_does_not_hold_together_is_refused_in_one_line(
    change: Callable[[Any], object], says: str
) -> None:
    tree = json.loads((TOP / "tests" / "golden" / "result-1-complete.json").read_bytes())
    change(tree)
    with pytest.raises(WorldgateError) as raised:
        decode(json.dumps(tree).encode(), "r.json")
    assert str(raised.value).startswith("r.json: ") and says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("end", [0, 1, 20, 300, -2])
def test_a_file_that_is_cut_short_is_refused_in_one_line(call: Any, tmp_path: Path, end: int) -> None:
    (tmp_path / "r.json").write_bytes(GOLDEN[0].read_bytes()[:end])
    outcome = call("run", "--resume", str(tmp_path / "r.json"))
    assert outcome.refused_in_one_line and "not a whole result file" in outcome.err


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    result = read(GOLDEN[0])
    write(result, tmp_path / "r.json")
    write(replace(result, samples=[]), tmp_path / "r.json")
    assert read(tmp_path / "r.json").samples == []
    assert [file.name for file in tmp_path.iterdir()] == ["r.json"]


def test_a_file_that_cannot_be_written_is_one_line(call: Any, tmp_path: Path) -> None:
    (tmp_path / "e.toml").write_text(EXPERIMENT)
    outcome = call("run", str(tmp_path / "e.toml"), "--output", str(tmp_path / "no" / "r.json"))
    assert outcome.refused_in_one_line, outcome


def test_a_fuzzed_result_file_is_read_or_refused_in_one_line(
    call: Any, tmp_path: Path, generator: random.Random
) -> None:
    seed = generator.getrandbits(32)
    chosen = random.Random(seed)
    file = tmp_path / "r.json"
    sources = [(source.read_bytes(), json.loads(source.read_bytes())) for source in GOLDEN]
    read_count = 0
    for number in range(CASES):
        data, tree = chosen.choice(sources)
        data = mutate_bytes(data, chosen) if number % 2 else json.dumps(mutate_tree(tree, chosen)).encode()
        file.write_bytes(data)
        outcome = call("run", "--resume", str(file))
        was_read = outcome.status == 0 or "nothing could run here" in outcome.err
        read_count += was_read
        if not was_read and not outcome.refused_in_one_line:
            pytest.fail(f"case {number} of seed {seed}: {outcome.status}, {outcome.err}{data!r}")
    print(f"{read_count} of {CASES} were still read")
    assert read_count > 0


EXPERIMENT = """
schema = "worldgate.experiment/1"
name = "fuzzed"
path = "fake"
title = "A title"
baseline = "normal ns={ns} size=1"
names = "{world} ns={ns} size={size}"
published = [{ figure = "3a", value = 1.5 }]
[options]
seconds = 0
[[variants]]
world = "normal"
options = { ns = [100, 200], size = [1, 2] }
[[variants]]
world = ["compartment", "emulated:sgx1-skylake"]
placement = ["one core"]
options = { ns = 100, size = 3, noise = 0.1 }
baseline = "normal ns={ns} size=1"
role = "measured"
[design]
seed = 3
width = 0.1
rounds = 3
"""


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if value is None:
        return "nan"
    return json.dumps(value)


def test_a_fuzzed_experiment_file_is_refused_in_one_line(
    call: Any, tmp_path: Path, generator: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(self: fake_path.FakePath, variant: object) -> Sample:
        raise WorldgateError("nothing runs in this test")

    monkeypatch.setattr(fake_path.FakePath, "run", reached)
    seed = generator.getrandbits(32)
    chosen = random.Random(seed)
    file, output = tmp_path / "e.toml", tmp_path / "r.json"
    tree = tomllib.loads(EXPERIMENT)
    run_count = 0
    for number in range(CASES):
        if number % 2:
            changed = mutate_tree(tree, chosen)
            data = "\n".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in changed.items()).encode()
        else:
            data = mutate_bytes(EXPERIMENT.encode(), chosen)
        file.write_bytes(data)
        outcome = call("run", str(file), "--output", str(output))
        run_count += "nothing runs in this test" in outcome.err
        output.unlink(missing_ok=True)
        if "nothing runs in this test" not in outcome.err and (
            not outcome.refused_in_one_line or str(file) not in outcome.err
        ):
            pytest.fail(f"case {number} of seed {seed}: {outcome}{data!r}")
    print(f"{run_count} of {CASES} would have run")
    assert run_count > 0
