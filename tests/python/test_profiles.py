# SPDX-License-Identifier: Apache-2.0
"""Profiles: every number has a source and says what it leaves out; a broken one is refused in one line."""

import copy
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldgate.errors import WorldgateError
from worldgate.worlds.profile import COSTS, builtin_folder, find_profile, parse_profile, profile_files

Table = dict[str, Any]
Call = Callable[..., Any]
BUILT_IN = sorted(profile_files(builtin_folder()))
WHOLE: Table = {
    "name": "my-board",
    "title": "A board of mine",
    "platform": "OP-TEE",
    "omits": ["loss of caches"],
    "transition_ns": {
        "value": 5000.0,
        "source": "my notebook",
        "omits": "the cold caches",
        "range": [4000.0, 6000.0],
    },
    "rpc_ns": {"unknown": "not measured yet"},
    "temporary_ns_per_kib": {"unknown": "not measured yet"},
    "copy_ns_per_kib": {"value": 160.0, "source": "my notebook", "omits": "TLB", "error_percent": 5.0},
    "fault_ns": {
        "value": 15000.0,
        "source": "my notebook",
        "omits": "TLB",
        "hardware": "board 2",
        "formula": "a / b",
    },
    "heap_bytes": {"value": 1048576, "source": "my notebook", "omits": "stacks"},
}


def as_toml(table: Table) -> str:
    """TOML text of a table of plain values and of tables of such."""
    lines = [
        f"{json.dumps(key)} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)
    ]
    for key, value in table.items():
        if isinstance(value, dict):
            lines.append(f"[{json.dumps(key)}]")
            lines += [f"{json.dumps(part)} = {_value(item)}" for part, item in value.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, float):
        return repr(value)  # inf and nan are the same in TOML
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_profile_is_valid(name: str) -> None:
    assert find_profile(name).name == name


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_number_has_a_source_and_its_omissions_or_a_reason_why_it_is_unknown(name: str) -> None:
    table = tomllib.loads((builtin_folder() / f"{name}.toml").read_text())
    assert table["omits"]
    for key in COSTS:
        cost = table[key]
        if "value" in cost:
            assert len(cost["source"]) > 20 and len(cost["omits"]) > 10
        else:
            assert list(cost) == ["unknown"] and len(cost["unknown"]) > 20


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_source_is_no_path_of_somebodys_machine(name: str) -> None:
    text = (builtin_folder() / f"{name}.toml").read_text()
    assert not re.search(r"""(^|[\s("'])(/|~/|file:)\w""", text)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("sgx1-skylake", "transition_ns", 8200 / 2.8),
        ("sgx1-skylake", "fault_ns", 40_000 / 2.8),
        ("sgx2-icx-6312u", "transition_ns", 1e3 / 0.20 - 1e3 / 2.14),
        ("sgx2-spr-6421n", "transition_ns", 1e3 / 0.24 - 1e3 / 2.28),
        ("snp-genoa-9354", "copy_ns_per_kib", (59_440 - 44_540) / 32 / 2 * 1024 / 1500),
        ("snp-milan-7543", "copy_ns_per_kib", (61_380 - 46_550) / 32 / 2 * 1024 / 1500),
        ("optee-qemu-icount", "rpc_ns", 148_000 - 10_000),
        ("optee-qemu-icount", "temporary_ns_per_kib", (159_000 - 88_000) / 128),
        ("optee-qemu-icount-optimised", "rpc_ns", 142_000 - 10_000),
        ("optee-qemu-icount-optimised", "temporary_ns_per_kib", (149_000 - 68_000) / 128),
    ],
)
def test_a_derived_number_follows_from_its_formula(name: str, key: str, value: float) -> None:
    cost = find_profile(name).cost(key)
    assert cost.formula
    assert cost.value == pytest.approx(value, rel=0.002)


@pytest.mark.parametrize("name", ["sgx2-icx-6312u", "sgx2-spr-6421n"])
def test_a_number_taken_from_an_experiment_says_that_it_cannot_predict_it(name: str) -> None:
    profile = find_profile(name)
    assert "must not be used to predict" in " ".join(profile.omits)
    assert "not a micro-benchmark" in profile.transition_ns.omits


@pytest.mark.parametrize("name", ["tdx", "cca", "optee-rpi3"])
def test_an_uncalibrated_profile_has_no_number_at_all(name: str) -> None:
    assert set(find_profile(name).unknown()) == set(COSTS)


def test_the_whole_profile_of_these_tests_is_valid() -> None:
    assert parse_profile(as_toml(WHOLE).encode(), "whole").name == "my-board"


def test_the_hash_depends_on_the_content_and_not_on_the_layout() -> None:
    text = as_toml(WHOLE)
    first = parse_profile(text.encode(), "a").hash()
    assert parse_profile(("# a comment\n\n" + text.replace("5000.0", "5_000")).encode(), "b").hash() == first
    assert parse_profile(text.replace("5000.0", "5001.0").encode(), "c").hash() != first
    assert len(first) == 64


def check(call: Call, folder: Path, data: bytes) -> Any:
    path = folder / "broken.toml"
    path.write_bytes(data)
    return call("worlds", "check", str(path))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profiles")


BROKEN: list[tuple[str, Callable[[Table], object], str]] = [
    ("a missing key", lambda t: t.pop("rpc_ns"), "rpc_ns"),
    ("an unknown key", lambda t: t.update(colour="red"), "colour"),
    ("an unknown key of a cost", lambda t: t["rpc_ns"].update(values=1), "rpc_ns"),
    ("text for a number", lambda t: t["transition_ns"].update(value="5 us"), "transition_ns.value"),
    ("a truth value for a number", lambda t: t["transition_ns"].update(value=True), "transition_ns.value"),
    ("a number without a source", lambda t: t["transition_ns"].pop("source"), "transition_ns.source"),
    ("a number without omissions", lambda t: t["transition_ns"].pop("omits"), "transition_ns.omits"),
    ("an empty cost", lambda t: t.update(rpc_ns={}), "rpc_ns.unknown"),
    ("a number that is unknown too", lambda t: t["transition_ns"].update(unknown="why"), "transition_ns"),
    ("a source of an unknown number", lambda t: t["rpc_ns"].update(source="x"), "rpc_ns.source"),
    ("a negative number", lambda t: t["transition_ns"].update(value=-1.0), "transition_ns.value"),
    ("a number that is none", lambda t: t["transition_ns"].update(value=float("nan")), "transition_ns.value"),
    ("an infinite number", lambda t: t["transition_ns"].update(value=float("inf")), "transition_ns.value"),
    ("a number of 400 digits", lambda t: t["transition_ns"].update(value=10**400), "broken.toml"),
    (
        "a range that misses the value",
        lambda t: t["transition_ns"].update(range=[1.0, 2.0]),
        "transition_ns.range",
    ),
    ("a range of one number", lambda t: t["transition_ns"].update(range=[1.0]), "transition_ns.range"),
    ("a broken byte", lambda t: t["heap_bytes"].update(value=1048576.5), "heap_bytes.value"),
    ("a heap that is too small", lambda t: t["heap_bytes"].update(value=100), "heap_bytes.value"),
    ("a name with a comma", lambda t: t.update(name="a,b"), "name"),
    ("a title of two lines", lambda t: t.update(title="a\nb"), "title"),
    ("no omissions of the whole", lambda t: t.update(omits=[]), "omits"),
]


@pytest.mark.parametrize(("change", "key"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_profile_is_refused_in_one_line_that_names_the_file_and_the_key(
    call: Call, folder: Path, change: Callable[[Table], object], key: str
) -> None:
    table = copy.deepcopy(WHOLE)
    change(table)
    outcome = check(call, folder, as_toml(table).encode())
    assert outcome.refused_in_one_line, outcome
    assert "broken.toml" in outcome.err and key in outcome.err and "see 'worldgate" in outcome.err


@pytest.mark.parametrize(
    "data",
    [b"\xff", b"name = ", b"a = " + b"[" * 5000, b"a = " + b"1" * 5000, b"#" * (1 << 19), b"", b"\x00"],
    ids=["not UTF-8", "not TOML", "nested too deep", "a number too long", "too large", "empty", "a NUL"],
)
def test_a_file_that_is_no_profile_is_refused_in_one_line(call: Call, folder: Path, data: bytes) -> None:
    outcome = check(call, folder, data)
    assert outcome.refused_in_one_line, outcome


PLACES = [(key, part) for key, value in WHOLE.items() if isinstance(value, dict) for part in value]
NOT_A_NUMBER = st.one_of(
    st.text(max_size=20),
    st.booleans(),
    st.lists(st.integers(), max_size=3),
    st.floats(max_value=-1e-9),
    st.floats(min_value=1.1e12),
    st.just(float("nan")),
)


@given(place=st.sampled_from([p for p in PLACES if p[1] == "value"]), value=NOT_A_NUMBER)
def test_whatever_is_not_a_number_is_refused_as_one(
    call: Call, folder: Path, place: tuple[str, str], value: object
) -> None:
    table = copy.deepcopy(WHOLE)
    table[place[0]][place[1]] = value
    outcome = check(call, folder, as_toml(table).encode())
    assert outcome.refused_in_one_line, outcome
    assert ".".join(place) in outcome.err


@given(
    key=st.sampled_from(sorted(WHOLE)),
    value=st.one_of(
        st.integers(),
        st.floats(),
        st.booleans(),
        st.just({"value": 1}),
        st.just({}),
        st.lists(st.integers(), min_size=1),
    ),
)
def test_a_key_of_the_wrong_kind_is_refused(call: Call, folder: Path, key: str, value: object) -> None:
    outcome = check(call, folder, as_toml({**WHOLE, key: value}).encode())
    assert outcome.refused_in_one_line, outcome
    assert key in outcome.err


@given(name=st.text(min_size=1, max_size=30), inside=st.sampled_from(["", *COSTS]))
def test_a_key_that_is_not_known_is_refused(call: Call, folder: Path, name: str, inside: str) -> None:
    table = copy.deepcopy(WHOLE)
    target = table[inside] if inside else table
    if name in (
        *WHOLE,
        "value",
        "source",
        "omits",
        "unknown",
        "formula",
        "range",
        "error_percent",
        "hardware",
    ):
        name += "?"
    target[name] = "text"
    outcome = check(call, folder, as_toml(table).encode())
    assert outcome.refused_in_one_line, outcome


@given(data=st.data())
def test_a_profile_with_damaged_bytes_is_valid_or_refused_in_one_line(
    call: Call, folder: Path, data: st.DataObject
) -> None:
    text = bytearray(as_toml(WHOLE).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=4))
    outcome = check(call, folder, bytes(text))
    assert outcome.refused_in_one_line or (outcome.status == 0 and not outcome.err), outcome


@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_line(call: Call, folder: Path, data: bytes) -> None:
    assert check(call, folder, data).refused_in_one_line


def test_a_profile_of_the_user_is_found_by_its_name(own_profiles: Path) -> None:
    (own_profiles / "my-board.toml").write_text(as_toml(WHOLE))
    assert find_profile("my-board").title == "A board of mine"


def test_a_profile_of_the_user_whose_name_is_not_that_of_its_file_is_refused(own_profiles: Path) -> None:
    (own_profiles / "other.toml").write_text(as_toml(WHOLE))
    with pytest.raises(WorldgateError, match=r"other\.toml: name: 'my-board' is not the name of the file"):
        find_profile("other")


def test_a_profile_of_the_user_does_not_hide_a_built_in_one(own_profiles: Path) -> None:
    (own_profiles / "tdx.toml").write_text(as_toml({**WHOLE, "name": "tdx"}))
    with pytest.raises(WorldgateError, match="a built-in profile has this name"):
        find_profile("tdx")


def test_an_unknown_profile_gets_a_suggestion() -> None:
    with pytest.raises(WorldgateError, match="did you mean 'sgx1-skylake'"):
        find_profile("sgx1-skylaek")
