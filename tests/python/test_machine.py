# SPDX-License-Identifier: Apache-2.0
"""What the machine offers: each probe that tries the thing finds it, or says why not and what to do."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from worldgate.machine.finding import Files
from worldgate.machine.kernel import probe_kernel
from worldgate.machine.libraries import LIBRARIES, Library, find_libraries, find_library
from worldgate.machine.processor import probe_clock

CLOCK = "sys/devices/system/clocksource/clocksource0/current_clocksource"


def test_every_optional_library_is_present_or_says_what_to_do() -> None:
    for found in find_libraries():
        assert found.found
        assert (found.state == "good") == (found.advice == "") or "this machine is" in found.found, found


def test_every_library_says_what_it_switches_on() -> None:
    assert len({library.name for library in LIBRARIES}) == len(LIBRARIES) == 7
    assert all(library.switches_on and library.package for library in LIBRARIES)


def test_a_library_that_is_not_installed_names_the_package() -> None:
    found = find_library(
        Library("libx", "nothing", ("libworldgate-no-such.so.9",), "install the Debian package libx-dev")
    )
    assert found.state == "absent"
    assert found.found == "no libworldgate-no-such.so.9"
    assert found.advice == "install the Debian package libx-dev"


def test_a_library_that_cannot_be_loaded_is_told_from_an_absent_one(tmp_path: Path) -> None:
    broken = tmp_path / "libbroken.so.1"
    broken.write_bytes(b"not a library")
    found = find_library(Library("libbroken", "nothing", (str(broken),), "install it again"))
    assert found.state == "absent" and "found but not loadable" in found.found


def test_a_library_of_another_processor_says_so() -> None:
    found = find_library(Library("libx", "nothing", ("libc.so.6",), "install it", machine="pdp11"))
    assert found.state == "absent" and "exists for pdp11 only" in found.found


def test_every_probe_of_the_kernel_finds_or_says_what_to_do() -> None:
    for found in probe_kernel(Files()):
        assert found.found and (found.state == "good") == (found.advice == ""), found


def test_a_slow_clock_is_pointed_out(tmp_path: Path) -> None:
    file = tmp_path / CLOCK
    file.parent.mkdir(parents=True)
    file.write_text("hpet\n")
    found = probe_clock(Files(tmp_path))
    assert found.state == "warning" and "'hpet', which is slow" in found.found
    file.write_text("tsc\n")
    assert probe_clock(Files(tmp_path)).state == "good"


def test_a_machine_without_a_clock_source_file_is_unknown_and_no_error(tmp_path: Path) -> None:
    assert probe_clock(Files(tmp_path / "absent")).state == "unknown"


def test_a_low_limit_of_locked_memory_is_pointed_out_with_what_to_type() -> None:
    program = (
        "from worldgate.machine.memory import probe_memlock\n"
        "found = probe_memlock()\nprint(found.found, found.advice)"
    )

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


@pytest.mark.parametrize("name", ["seccomp", "memfd_secret", "userfaultfd", "io_uring", "BPF"])
def test_a_processor_whose_call_numbers_are_not_known_is_no_error(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worldgate.machine.calls._NUMBERS", {})
    found = {found.name: found for found in probe_kernel(Files())}[name]
    assert found.state == "absent" and "not implemented" in found.found
