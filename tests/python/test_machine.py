# SPDX-License-Identifier: Apache-2.0
"""What the machine offers: each probe finds, or says why not and what to do."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from worldgate.machine.kernel import probe_clock, probe_kernel
from worldgate.machine.libraries import LIBRARIES, Library, find_libraries, find_library


def test_every_optional_library_is_present_or_has_a_reason_that_says_what_to_do() -> None:
    for found in find_libraries():
        assert found.present == (found.reason == ""), found
        assert found.present == bool(found.detail), found


def test_every_library_says_what_it_switches_on() -> None:
    assert len({library.name for library in LIBRARIES}) == len(LIBRARIES) == 7
    assert all(library.switches_on and library.package for library in LIBRARIES)


def test_a_library_that_is_not_installed_names_the_package() -> None:
    found = find_library(
        Library("libx", "nothing", ("libworldgate-no-such.so.9",), "install the Debian package libx-dev")
    )
    assert not found.present
    assert found.reason == "no libworldgate-no-such.so.9; install the Debian package libx-dev"


def test_a_library_that_cannot_be_loaded_is_told_from_an_absent_one(tmp_path: Path) -> None:
    broken = tmp_path / "libbroken.so.1"
    broken.write_bytes(b"not a library")
    found = find_library(Library("libbroken", "nothing", (str(broken),), "install it again"))
    assert not found.present and "found but not loadable" in found.reason


def test_a_library_of_another_processor_says_so() -> None:
    found = find_library(Library("libx", "nothing", ("libc.so.6",), "install it", machine="pdp11"))
    assert not found.present and "exists for pdp11 only" in found.reason


def test_every_probe_of_the_kernel_finds_or_says_why_not() -> None:
    for found in probe_kernel():
        assert found.present == (found.reason == ""), found


def test_a_slow_clock_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "current_clocksource").write_text("hpet\n")
    found = probe_clock(tmp_path)
    assert not found.present and "'hpet' is slow" in found.reason
    (tmp_path / "current_clocksource").write_text("tsc\n")
    assert probe_clock(tmp_path).present


def test_a_machine_without_a_clock_source_file_is_no_error(tmp_path: Path) -> None:
    assert not probe_clock(tmp_path / "absent").present


def test_a_low_limit_of_locked_memory_is_pointed_out_with_what_to_type() -> None:
    program = "from worldgate.machine.kernel import probe_memlock; print(probe_memlock().reason)"

    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        preexec_fn=lower,
    )
    assert "only 64 KiB may be locked" in done.stdout and "ulimit -l 8192" in done.stdout


@pytest.mark.parametrize("name", ["seccomp", "memfd_secret", "userfaultfd"])
def test_a_processor_whose_call_numbers_are_not_known_is_no_error(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worldgate.machine.kernel._CALLS", {})
    found = {found.name: found for found in probe_kernel()}[name]
    assert not found.present and "not implemented" in found.reason
