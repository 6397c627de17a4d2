# SPDX-License-Identifier: Apache-2.0
"""Experiment files and options: what they become, and what is said where they are wrong."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fake_path
import pytest

from worldgate import paths
from worldgate.cli import _experiment
from worldgate.errors import WorldgateError
from worldgate.experiment.placement import PLACEMENTS, place, why_not
from worldgate.experiment.plan import (
    GivenDesign,
    builtin_folder,
    from_file,
    make_design,
    parse_file,
    read_file,
)
from worldgate.experiment.result import Experiment, Placement
from worldgate.worlds.profile import find_profile

GOOD = """
schema = "worldgate.experiment/1"
name = "good"
path = "fake"
title = "A good one"
baseline = "normal ns={ns} size=1"

[options]
seconds = 0.5

[[variants]]
world = "normal"
options = { ns = [100, 200], size = [1, 2] }

[[variants]]
world = ["compartment", "emulated:sgx1-skylake"]
placement = ["one core", "not pinned"]
options = { ns = 100, seconds = 0.25 }
baseline = "normal ns={ns} size=2"

[[variants]]
world = "normal"
role = "calibration"
options = { ns = 7 }

[design]
seed = 3
width = 0.1
"""


GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "result-1-running.json"


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(paths, "PATHS", dict(paths.PATHS))
    monkeypatch.setattr(fake_path, "PATHS", paths.PATHS)
    fake_path.install()
    yield


def read(text: str, **more: Any) -> Experiment:
    return from_file(parse_file(text.encode(), "e.toml"), "e.toml", **more)


def test_a_block_is_a_matrix_of_worlds_placements_and_options() -> None:
    found = read(GOOD)
    assert [variant.name for variant in found.variants] == [
        "normal ns=100 size=1",
        "normal ns=100 size=2",
        "normal ns=200 size=1",
        "normal ns=200 size=2",
        "compartment ns=100 seconds=0.25 one core",
        "compartment ns=100 seconds=0.25 not pinned",
        "emulated:sgx1-skylake ns=100 seconds=0.25 one core",
        "emulated:sgx1-skylake ns=100 seconds=0.25 not pinned",
        "normal ns=7",
    ]
    assert found.variants[0].options == {"seconds": 0.5, "ns": 100, "size": 1}
    assert found.variants[4].options == {"seconds": 0.25, "ns": 100}
    assert (found.design.seed, found.design.width, found.design.margin) == (3, 0.1, 0.02)
    assert found.metrics == fake_path.PATH.metrics


def test_the_baseline_is_the_variant_that_its_pattern_names() -> None:
    found = {variant.name: variant.baseline for variant in read(GOOD).variants}
    assert found["normal ns=200 size=1"] is None  # it is the baseline
    assert found["normal ns=200 size=2"] == "normal ns=200 size=1"
    assert found["compartment ns=100 seconds=0.25 one core"] == "normal ns=100 size=2"
    assert found["normal ns=7"] is None  # a calibration is compared with nothing


def test_a_variant_carries_the_fidelity_and_the_profile_of_its_world() -> None:
    variant = read(GOOD).variants[6]
    assert (variant.fidelity, variant.profile) == ("emulated", "sgx1-skylake")
    assert variant.profile_hash == find_profile("sgx1-skylake").hash()
    assert read(GOOD).variants[0].fidelity == "none" and read(GOOD).variants[0].profile is None


def test_what_is_given_beside_a_file_comes_first() -> None:
    found = read(GOOD, given=GivenDesign(seed=9, rounds=4), placement="two cores")
    assert found.design.seed == 9 and found.design.looks == [4] and found.design.width == 0.1
    assert {variant.placement.text for variant in found.variants} == {"two cores"}


def test_names_can_have_a_pattern() -> None:
    text = GOOD.split("[[variants]]\nworld = [")[0]
    text = text.replace('"normal ns={ns} size=1"', '"{ns}-normal-not pinned-1"')
    found = read('names = "{ns}-{world}-{placement}-{size}"' + text)
    assert found.variants[3].name == "200-normal-not pinned-2"
    assert found.variants[3].baseline == "200-normal-not pinned-1"


def test_a_seed_that_is_not_given_is_drawn() -> None:
    assert make_design().seed != make_design().seed


def test_a_number_of_rounds_that_is_given_is_the_only_look() -> None:
    design = make_design(GivenDesign(rounds=100))
    assert design.looks == [100] and design.most_rounds == 100


VARIANTS = GOOD[GOOD.index("[[variants]]") : GOOD.index("[design]")]
WRONG = {
    "no TOML": ("schema =", "e.toml: is not TOML: "),
    "another schema": (GOOD.replace("experiment/1", "experiment/2"), 'e.toml: schema: write schema = "'),
    "no schema": (GOOD.replace("schema", "sch"), "e.toml: schema: write"),
    "an unknown key": (GOOD.replace("[design]", "[desing]"), "unknown key, remove it: `desing`"),
    "a missing key": (GOOD.replace('path = "fake"', ""), "missing key, add it: `path`"),
    "an unknown path": (GOOD.replace('"fake"', '"fkae"'), "e.toml: path: no path is called 'fkae'; use "),
    "a wrong type": (GOOD.replace("width = 0.1", 'width = "wide"'), "e.toml: design.width: Expected `float"),
    "a width of nothing": (GOOD.replace("width = 0.1", "width = 0"), "design.width: 0.0 is out of bounds"),
    "a width that is no number": (GOOD.replace("width = 0.1", "width = nan"), "design.width: nan is out of"),
    "a small pilot": (GOOD.replace("width = 0.1", "pilot = 1"), "design.pilot: 1 is out of bounds: write"),
    "few rounds": (GOOD.replace("width = 0.1", "most_rounds = 7"), "design.most_rounds: 7 is out of bounds"),
    "one round": (GOOD.replace("width = 0.1", "rounds = 1"), "design.rounds: 1 is out of bounds"),
    "a negative seed": (GOOD.replace("seed = 3", "seed = -3"), "design.seed: -3 is out of bounds"),
    "a name with a space": (GOOD.replace('"good"', '"no good"'), "e.toml: name: 'no good': write 1 to 63"),
    "an empty title": (GOOD.replace('"A good one"', '" "'), "e.toml: title: write one plain line"),
    "an unknown world": (GOOD.replace('["compartment"', '["compartmnt"'), "variants[1]: no world is called"),
    "an unknown profile": (GOOD.replace("sgx1-skylake", "sgx1-skylak"), "variants[1]: no profile is called"),
    "an unknown placement": (GOOD.replace('"one core"', '"a core"'), "no placement is called 'a core'; use"),
    "an unknown option": (GOOD.replace("seconds = 0.5", "second = 0.5"), "unknown option 'second'; use ns"),
    "a bad option": (GOOD.replace("ns = 7", "ns = -7"), "variant 'normal ns=-7': ns: write a number from 0"),
    "a list in a list": (GOOD.replace("ns = 7", "ns = [[7]]"), "e.toml: variants[2].options"),
    "an empty axis": (GOOD.replace(VARIANTS, "[[variants]]\nworld = []\n"), "variants: they are 0 in all"),
    "no variants": (GOOD.replace(VARIANTS, "").replace("title", "variants = []\ntitle"), "they are 0 in all"),
    "too many": (GOOD.replace("[1, 2]", str(list(range(2000)))), "in all: give 1 to 2000"),
    "the same twice": (GOOD.replace("ns = [100, 200]", "ns = [100, 100]"), "two variants are called"),
    "a baseline that is none": (GOOD.replace("size=1", "size=9"), "no variant is called 'normal ns=1"),
    "a baseline by no key": (GOOD.replace("{ns}", "{sn}"), "'{sn}' is no key of a variant: use "),
    "a world among the options": (GOOD.replace("ns = 7", 'ns = 7, world = "x"'), "write 'world' beside"),
    "an option that is no number": (GOOD.replace("ns = 7", "ns = inf"), "variants[2].ns: inf is no number"),
    "an option that is too large": (GOOD.replace("ns = 7", f"ns = {1 << 70}"), "variants[2].ns: "),
    "an option that is empty": (GOOD.replace("ns = 7", 'size = ""'), "variants[2].size: write 1 to 200"),
    "a line break": (GOOD.replace("ns = 7", 'size = "a\\nb"'), "variants[2].size: write 1 to 200 plain"),
    "an unknown role": (GOOD.replace("calibration", "calibrated"), "e.toml: variants[2].role: Invalid enum"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_in_a_file_is_told_with_the_file_and_the_key(text: str, says: str) -> None:
    with pytest.raises(WorldgateError) as raised:
        read(text)
    assert says in str(raised.value)
    assert str(raised.value).startswith("e.toml: ") and "\n" not in str(raised.value)


@pytest.mark.parametrize("data", [b"\xff", b"a = 1\n" * 100_000, b"x = " + b"[" * 100_000])
def test_what_is_no_text_or_far_too_large_is_refused(data: bytes) -> None:
    with pytest.raises(WorldgateError, match=r"^e\.toml: is "):
        parse_file(data, "e.toml")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "say which experiment"),
        (("no-such.toml",), "no-such.toml: cannot be read (No such file or directory)"),
        ((".",), ".: cannot be read"),
        (("x.toml", "--width", "wide"), "'wide' is no share"),
        (("x.toml", "--placement", "one cor"), "did you mean 'one core'?"),
        (("x.toml", "--rounds", "-1"), "argument --rounds: "),
        (("x.toml", "--rounds", "3", "--quick"), "both say how many rounds"),
        (("--resume", "a.json", "--output", "b.json"), "not allowed with argument"),
        (("--resume", "no-such.json"), "no-such.json"),
        (("--resume", str(GOLDEN), "--width", "3%"), "leave out what sets the width"),
    ],
)
def test_wrong_options_get_one_line(call: Callable[..., Any], words: tuple[str, ...], says: str) -> None:
    outcome = call("run", *words)
    assert outcome.refused_in_one_line and says in outcome.err, outcome


def test_the_command_writes_a_file_that_is_named_after_the_experiment(
    call: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("e.toml").write_text(
        GOOD.split("[[variants]]\nworld = [")[0].replace("seconds = 0.5", "seconds = 0")
    )
    outcome = call("run", "e.toml", "--rounds", "2", "--seed", "5")
    assert outcome.status == 0, outcome
    (file,) = tmp_path.glob("good-*.json")
    assert outcome.err == f"result: {file.name}\n"
    assert "normal ns=200 size=2" in outcome.out
    again = call("run", "e.toml", "--rounds", "2", "--resume", file.name)
    assert again.status == 0 and again.out == outcome.out
    assert call("run", "e.toml", "--output", file.name).refused_in_one_line


def test_a_command_that_could_run_nothing_fails(call: Callable[..., Any], tmp_path: Path) -> None:
    text = GOOD.split("[[variants]]\nworld = [")[0].replace("seconds = 0.5", "absent = 1")
    (tmp_path / "e.toml").write_text(text)
    outcome = call("run", str(tmp_path / "e.toml"), "--output", str(tmp_path / "r.json"))
    assert outcome.status == 2 and "nothing could run here" in outcome.err


def test_the_placements_of_the_options_are_those_that_there_are() -> None:
    assert _experiment.PLACEMENTS == PLACEMENTS


def test_two_cores_are_two_processors_and_one_core_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    usable = os.sched_getaffinity(0)
    one, none = place("one core"), place("not pinned")
    assert one.client == one.world and one.client in usable and why_not(one) is None
    assert none.client is None and none.world is None and why_not(none) is None
    two = place("two cores")
    assert (two.client != two.world and why_not(two) is None) if len(usable) > 1 else why_not(two)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert "one processor only" in (why_not(place("two cores")) or "")
    assert "may not use processor 5" in (why_not(Placement(text="one core", client=5, world=5)) or "")


EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples" / "experiments").glob("*.toml"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_whole(file: Path) -> None:
    found = from_file(read_file(file), file.name)
    assert found.name == file.stem
    assert any(variant.baseline for variant in found.variants)


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("file", sorted(builtin_folder().glob("*.toml")), ids=lambda file: file.stem)
def test_a_named_experiment_has_the_name_of_its_file(file: Path) -> None:
    assert from_file(read_file(file), file.name).name == file.stem
