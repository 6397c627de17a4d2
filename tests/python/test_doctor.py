# SPDX-License-Identifier: Apache-2.0
"""The doctor: what it reads from faked trees, what it says of this machine, and that no content breaks it."""

import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from machine_trees import GOOD, NAMES, contents, plant, trees

from worldgate.experiment.result import Warning
from worldgate.machine import doctor, memory, network, power, processor, trusted
from worldgate.machine.facts import facts
from worldgate.machine.finding import Files, Finding

Call = Callable[..., Any]


def read_only(files: Files) -> list[Finding]:
    """Everything that is read from files."""
    return [
        *network.probe_network(files),
        processor.probe_frequency(files),
        processor.probe_mitigations(files),
        processor.probe_clock(files),
        processor.probe_steal(files),
        processor.probe_load(files, 2),
        memory.probe_huge_pages(files),
        memory.probe_transparent_huge_pages(files),
        memory.probe_bounce_buffers(files),
        *power.probe_power(files),
        *trusted.probe_trusted(files),
    ]


def found(files: Files, name: str) -> Finding:
    """The finding whose name begins so."""
    return next(finding for finding in read_only(files) if finding.name.startswith(name))


def changed(root: Path, **files: str | None) -> Files:
    """The good machine, but for these files; None: not there. __ stands for /."""
    tree = {name: data for name, data in GOOD.items() if name.replace("/", "__") not in files}
    tree |= {name.replace("__", "/"): text.encode() for name, text in files.items() if text is not None}
    return plant(root, tree)


def test_a_quiet_machine_of_its_own_has_no_warning(tmp_path: Path) -> None:
    states = {finding.name: finding.state for finding in read_only(plant(tmp_path, GOOD))}
    absent = {name for name, state in states.items() if state != "good"}
    assert absent == {"SEV", "TDX", "CCA", "TrustZone"}


def test_a_machine_without_any_file_is_unknown_or_absent_and_never_good_or_bad(tmp_path: Path) -> None:
    assert {finding.state for finding in read_only(Files(tmp_path))} == {"unknown", "absent"}
    assert read_only(Files(tmp_path)) == read_only(Files(tmp_path / "no-such-folder"))


# What differs from the good machine -> the finding, its state, what it says.
CASES: dict[str, tuple[dict[str, str | None], str, str, str]] = {
    "bbr without fq": (
        {"proc__sys__net__ipv4__tcp_congestion_control": "bbr"},
        "congestion control",
        "warning",
        "bbr without fq (queueing discipline: fq_codel)",
    ),
    "bbr with fq": (
        {
            "proc__sys__net__ipv4__tcp_congestion_control": "bbr",
            "proc__sys__net__core__default_qdisc": "fq",
        },
        "congestion control",
        "warning",
        "bbr with fq",
    ),
    "a governor that follows the load": (
        {"sys__devices__system__cpu__cpufreq__policy0__scaling_governor": "powersave"},
        "frequency policy",
        "warning",
        "powersave, boost off",
    ),
    "a frequency that nobody shows": (
        {"sys__devices__system__cpu__cpufreq__policy0__scaling_governor": None},
        "frequency policy",
        "unknown",
        "shows no frequency policy",
    ),
    "a weakness without mitigation": (
        {"sys__devices__system__cpu__vulnerabilities__meltdown": "Vulnerable"},
        "mitigations",
        "warning",
        "none against meltdown",
    ),
    "small receive buffers": (
        {"proc__sys__net__core__rmem_max": "212992"},
        "receive buffers",
        "warning",
        "sockets 208 KiB",
    ),
    "small send buffers of TCP": (
        {"proc__sys__net__ipv4__tcp_wmem": "4096 16384 65536"},
        "send buffers",
        "warning",
        "TCP 64 KiB",
    ),
    "stolen time": (
        {"proc__stat": "cpu 100 0 100 1000 0 0 0 300 0 0"},
        "stolen time",
        "warning",
        "20.00%",
    ),
    "a busy machine": (
        {"proc__loadavg": "1.50 0 0 1/1 1"},
        "load by others",
        "warning",
        "1.50 threads over the last minute, on 2 processors",
    ),
    "no huge pages": (
        {"proc__meminfo": "HugePages_Total: 0\nHugepagesize: 2048 kB"},
        "huge pages",
        "absent",
        "none are reserved",
    ),
    "forced bounce buffers": (
        {"proc__cmdline": "quiet swiotlb=65536,force"},
        "bounce buffers",
        "warning",
        "all input and output",
    ),
    "bounce buffers in use": (
        {
            "proc__cmdline": "quiet",
            "sys__kernel__debug__swiotlb__io_tlb_used": "12",
            "sys__kernel__debug__swiotlb__io_tlb_nslabs": "32768",
        },
        "bounce buffers",
        "warning",
        "12 of 32768 slots",
    ),
    "bounce buffers that nobody tells of": (
        {"proc__cmdline": "quiet"},
        "bounce buffers",
        "unknown",
        "only by debugfs",
    ),
    "RAPL that only root may read": (
        {"proc__sys__kernel__perf_event_paranoid": "2"},
        "RAPL by perf",
        "absent",
        "for root only",
    ),
    "a TEE device": ({"dev__tee0": ""}, "TrustZone", "good", "/dev/tee0"),
    "a processor with SEV and no driver": (
        {"proc__cpuinfo": "flags : sev sev_snp"},
        "SEV",
        "absent",
        "the processor has it (sev, sev_snp)",
    ),
    "a TEE device of AMD's": (
        {"dev__tee0": "", "proc__cpuinfo": "vendor_id : AuthenticAMD\nflags : fpu"},
        "TrustZone",
        "absent",
        "only processors of Arm have it, this one is of AMD",
    ),
    "a processor of Intel without SGX": (
        {"proc__cpuinfo": "vendor_id : GenuineIntel\nflags : fpu", "dev__sgx_enclave": None},
        "SGX",
        "absent",
        "neither the processor nor the kernel",
    ),
    "a processor that says nothing": ({"proc__cpuinfo": None}, "TDX", "unknown", "does not tell"),
}


@pytest.mark.parametrize(("files", "name", "state", "says"), CASES.values(), ids=list(CASES))
def test_what_a_faked_machine_has_is_found(
    tmp_path: Path, files: dict[str, str | None], name: str, state: str, says: str
) -> None:
    finding = found(changed(tmp_path, **files), name)
    assert (finding.state, says in finding.found) == (state, True), finding
    assert finding.state != "warning" or finding.advice


@given(tree=trees)
def test_no_content_of_a_file_breaks_a_probe_or_the_facts(tree: dict[str, bytes | None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = plant(Path(folder), tree)
        for finding in read_only(files):
            assert finding.found and finding.meaning, finding
        told = facts(files)
    json.dumps(told)
    assert all(not isinstance(value, float) or math.isfinite(value) for value in told.values()), told


@given(data=contents)
def test_one_broken_file_leaves_the_rest_of_a_good_machine_good(data: bytes | None) -> None:
    name = "proc/meminfo"
    with tempfile.TemporaryDirectory() as folder:
        findings = read_only(plant(Path(folder), {**GOOD, name: data}))
    others = [finding for finding in findings if finding.name != "huge pages"]
    assert {finding.state for finding in others if finding.theme != "trusted hardware"} == {"good"}


def test_the_names_of_the_faked_trees_are_all_read() -> None:
    assert set(GOOD) <= set(NAMES)


def test_every_finding_of_this_machine_has_a_meaning_and_what_is_not_good_says_what_to_do() -> None:
    findings = doctor.examine()
    assert len({(finding.theme, finding.name) for finding in findings}) == len(findings)
    for finding in findings:
        assert finding.found and finding.meaning, finding
        assert finding.state != "good" or not finding.advice, finding
        assert finding.state != "warning" or finding.advice, finding


def test_the_warnings_are_those_of_the_findings_and_come_quickly() -> None:
    doctor.warnings()  # loads what has to be loaded
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        warnings = doctor.warnings()
        seconds.append(time.perf_counter() - began)
    assert statistics.median(seconds) < 0.5, seconds
    assert all(isinstance(warning, Warning) and warning.advice for warning in warnings)
    assert len({warning.name for warning in warnings}) == len(warnings)


def test_a_warning_of_a_faked_machine_says_what_it_means_and_what_to_do(tmp_path: Path) -> None:
    files = changed(tmp_path, proc__sys__net__ipv4__tcp_congestion_control="bbr")
    warning = next(one for one in doctor.warnings(files) if one.name == "congestion control")
    assert "bbr without fq" in warning.text and "loopback" in warning.text
    assert "tcp_congestion_control=cubic" in warning.advice


def test_the_table_has_a_line_for_each_finding_and_the_sums(run: Call) -> None:
    outcome = run("doctor")
    assert outcome.status == 0 and outcome.err == "", outcome
    lines = outcome.out.splitlines()
    states = [line.split()[0] for line in lines if line[:2] == "  " and line[2] != " "]
    sums = dict(reversed(part.split()) for part in lines[-1].split(", "))
    assert {state: states.count(state) for state in sums} == {
        state: int(count) for state, count in sums.items()
    }
    assert set(sums) == {"good", "warning", "absent", "unknown"}


def test_the_findings_are_json_that_leaves_nothing_out(run: Call) -> None:
    told = json.loads(run("doctor", "--json").out)
    assert told["schema"] == "worldgate.doctor/1"
    names = {finding["name"] for finding in told["findings"]}
    assert {"congestion control", "kTLS", "AF_XDP", "io_uring", "userfaultfd", "SGX", "libteec"} <= names
    assert {finding["state"] for finding in told["findings"]} <= {"good", "warning", "absent", "unknown"}


def test_the_facts_of_this_machine_are_scalars_and_come_within_50_ms() -> None:
    facts()  # loads what has to be loaded
    seconds = []
    for _ in range(7):
        began = time.perf_counter()
        told = facts()
        seconds.append(time.perf_counter() - began)
    assert statistics.median(seconds) < 0.05, seconds
    assert all(value is None or isinstance(value, str | int | float | bool) for value in told.values())
    for name in (
        "architecture",
        "kernel",
        "processors",
        "worldgate",
        "python",
        "compiler",
        "openssl",
        "aead",
    ):
        assert told[name], name


def test_the_facts_of_a_faked_machine_are_what_its_files_say(tmp_path: Path) -> None:
    told = facts(plant(tmp_path, GOOD))
    expected = {
        "cpu": "Example 9000",
        "microcode": "0x1",
        "kernel": "6.1.0-example",
        "distribution": "Example Linux 1",
        "boot_id": "0a1b2c3d-0000-4000-8000-000000000000",
        "congestion_control": "cubic",
        "mitigations": "on",
        "mitigations_in_full": "spectre_v2: Mitigation: Retpolines",
        "governor": "performance",
        "boost": False,
        "clock_source": "tsc",
        "hypervisor": None,
        "load": 0.01,
        "memory_bytes": 1 << 20,
        "huge_pages": 8,
        "huge_page_bytes": 2 << 20,
        "transparent_huge_pages": "madvise",
        "placement": "this machine",
        "sgx": True,
        "tdx": False,
        "sgx_shown_by": "sgx, /dev/sgx_enclave",
    }
    assert {name: told[name] for name in expected} == expected
    assert told["steal_share"] == pytest.approx(1 / 1201)


def test_what_no_file_says_is_none_and_never_zero(tmp_path: Path) -> None:
    told = facts(Files(tmp_path))
    for name in ("cpu", "kernel", "microcode", "mitigations", "governor", "boost", "steal_share", "load"):
        assert told[name] is None, name
    assert told["memory_bytes"] is None and told["sgx"] is None and told["huge_pages"] is None


@pytest.mark.parametrize(
    ("files", "placement"),
    [
        ({"dev__sev-guest": ""}, "cvm"),
        ({"proc__cpuinfo": "flags : tdx_guest hypervisor"}, "cvm"),
        ({"proc__cmdline": "swiotlb=force"}, "vm"),
        ({}, "this machine"),
    ],
)
def test_the_placement_is_told_by_what_only_a_guest_has(
    tmp_path: Path, files: dict[str, str | None], placement: str
) -> None:
    assert facts(changed(tmp_path, **files))["placement"] == placement


@pytest.mark.parametrize(
    ("files", "hypervisor"),
    [
        ({}, None),
        ({"sys__hypervisor__type": "xen"}, "xen"),
        ({"sys__devices__system__clocksource__clocksource0__available_clocksource": "kvm-clock tsc"}, "KVM"),
        ({"proc__cpuinfo": "flags : hypervisor"}, "one that does not give its name"),
        ({"proc__cpuinfo": "flags : hypervisor", "sys__class__dmi__id__sys_vendor": "QEMU"}, "QEMU"),
    ],
)
def test_the_hypervisor_is_named_as_far_as_it_shows(
    tmp_path: Path, files: dict[str, str | None], hypervisor: str | None
) -> None:
    assert facts(changed(tmp_path, **files))["hypervisor"] == hypervisor
