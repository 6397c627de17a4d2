# SPDX-License-Identifier: Apache-2.0
"""Names of worlds, and what the C core is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldgate.errors import Unavailable, WorldgateError
from worldgate.worlds.registry import describe_world, find_world

BOARD = """
name = "board"
title = "A board"
platform = "OP-TEE"
omits = ["caches"]
[transition_ns]
value = 5000
source = "my notebook"
omits = "caches"
[rpc_ns]
unknown = "not measured yet"
[copy_ns_per_kib]
value = 12.5
source = "my notebook"
omits = "caches"
[temporary_ns_per_kib]
value = 7
source = "my notebook"
omits = "caches"
[fault_ns]
value = 20000
source = "my notebook"
omits = "caches"
[heap_bytes]
value = 1000000
source = "my notebook"
omits = "caches"
"""


def test_worlds_without_a_profile_are_told_as_they_are_named() -> None:
    assert [find_world(name).text for name in ("normal", "compartment", "optee")] == [
        "normal",
        "compartment",
        "optee",
    ]
    assert find_world("compartment:cpu=1,aead=openssl").text == "compartment:cpu=1,aead=openssl"


def test_each_kind_of_world_has_its_fidelity() -> None:
    names = ("normal", "compartment", "emulated:sgx1-skylake", "optee")
    assert [find_world(name).fidelity for name in names] == ["none", "compartment", "emulated", "hardware"]


def test_an_emulated_world_is_told_the_numbers_that_are_known_and_no_others(own_profiles: Path) -> None:
    (own_profiles / "board.toml").write_text(BOARD)
    text = find_world("emulated:board,cpu=1").text
    # 1000000 bytes are 244 whole pages
    assert text == (
        "emulated:profile=board,transition_ns=5000.0,copy_ns_per_kib=12.5,temporary_ns_per_kib=7.0,fault_ns=20000.0,heap_bytes=999424,cpu=1"
    )


def test_a_profile_is_also_found_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "anything.toml"
    path.write_text(BOARD)
    world = find_world(f"emulated:{path}")
    assert world.profile and world.profile.name == "board"


def test_a_heap_without_a_fault_cost_is_not_emulated_and_says_so() -> None:
    world = find_world("emulated:optee-qemu-icount")
    assert "heap_bytes=" not in world.text
    assert "fault_ns is unknown: the TA's heap is not paged" in world.not_emulated()["heap_bytes"]


@pytest.mark.parametrize("name", ["tdx", "cca", "optee-rpi3", "snp-milan-7543"])
def test_a_world_whose_crossing_is_unknown_is_refused_with_the_reason_of_its_profile(name: str) -> None:
    world = describe_world(f"emulated:{name}")
    assert world.profile
    with pytest.raises(Unavailable) as refusal:
        find_world(f"emulated:{name}")
    assert (
        refusal.value.reason
        == f"emulated:{name}: transition_ns is unknown: {world.profile.transition_ns.unknown}"
    )


def test_a_number_that_the_caller_needs_and_nobody_knows_is_refused() -> None:
    assert find_world("emulated:sgx1-skylake", ["heap_bytes", "rpc_ns"])
    with pytest.raises(Unavailable, match="heap_bytes is unknown: SNP sets no bound"):
        find_world("emulated:snp-genoa-9354", ["heap_bytes"])
    with pytest.raises(WorldgateError, match="no cost is called 'rpc'"):
        find_world("emulated:sgx1-skylake", ["rpc"])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("compartmnt", "did you mean 'compartment'"),
        ("mars", "use normal, compartment"),
        ("", "use normal, compartment"),
        ("emulated", "names no profile"),
        ("emulated:", "names no profile"),
        ("emulated:transition_ns=5", "names no profile"),
        ("emulated:sgx1-skylake,transition_ns=5", "'transition_ns=5' does not fit"),
        ("compartment:colour=red", "'colour=red' does not fit"),
        ("compartment:cpu=1,cpu=2", "at most once"),
        ("compartment:cpu", "'cpu' does not fit"),
        ("optee:cpu=1", "'cpu=1' does not fit"),
        ("emulated:no/such.toml", "cannot be read"),
    ],
)
def test_a_wrong_name_is_refused_with_what_to_write(name: str, says: str) -> None:
    with pytest.raises(WorldgateError) as refusal:
        find_world(name)
    assert says in str(refusal.value) and "\n" not in str(refusal.value)


@given(name=st.one_of(st.text(max_size=60), st.builds("emulated:{}".format, st.text(max_size=60))))
def test_any_text_is_a_world_or_refused_in_one_printable_line(name: str) -> None:
    try:
        find_world(name)
    except WorldgateError as error:
        assert str(error).isprintable()
