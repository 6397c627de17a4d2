# SPDX-License-Identifier: Apache-2.0
"""The processor and who shares it: frequency, mitigations, stolen time, load, hardware counters, clock."""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from worldgate.machine.calls import system_call
from worldgate.machine.finding import Files, Finding, Theme, whole

_THEME = Theme("processor")
_POLICIES = "/sys/devices/system/cpu/cpufreq"
_VULNERABILITIES = "/sys/devices/system/cpu/vulnerabilities"
_CLOCKS = "/sys/devices/system/clocksource/clocksource0"
# Clock sources that user space reads without a system call.
_FAST_CLOCKS = ("tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter")
_HYPERVISOR_CLOCKS = {"kvm-clock": "KVM", "hyperv_clocksource_tsc_page": "Hyper-V", "xen": "Xen"}
_STEAL_MOST = 0.005
_LOAD_LEAST = 0.3  # what a machine that does nothing else may show
_PERF_ATTRIBUTE_BYTES = 112
_PERF_FLAGS = 1 | 1 << 5 | 1 << 6  # disabled, without the kernel, without the hypervisor


def cpu_flags(files: Files) -> frozenset[str] | None:
    """The features that the kernel tells of the first processor; None where it tells nothing."""
    for line in (files.text("/proc/cpuinfo") or "").splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() in ("flags", "Features"):
            return frozenset(value.split())
    return None


def cpu_field(files: Files, *names: str) -> str | None:
    """A field of the first processor in /proc/cpuinfo, by the first of these names that is there."""
    fields: dict[str, str] = {}
    for line in (files.text("/proc/cpuinfo") or "").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip(), value.strip())
    return next((fields[name] for name in names if fields.get(name)), None)


def maker(files: Files) -> str | None:
    """Who made the processor, as far as it shows: AMD, Intel, another, or Arm for all of its kind."""
    vendor = cpu_field(files, "vendor_id")
    if vendor is None:
        return "Arm" if cpu_field(files, "CPU implementer") else None
    return {"AuthenticAMD": "AMD", "GenuineIntel": "Intel"}.get(vendor, vendor)


def hypervisor(files: Files) -> str | None:
    """Which hypervisor this machine runs under, as far as it shows; None: none, or it does not show."""
    flags = cpu_flags(files)
    clocks = (files.text(f"{_CLOCKS}/available_clocksource") or "").split()
    by_clock = next((name for clock, name in _HYPERVISOR_CLOCKS.items() if clock in clocks), None)
    kind = files.text("/sys/hypervisor/type") or by_clock
    if kind:
        return kind
    if flags is None or "hypervisor" not in flags:
        return None
    maker = " ".join(
        filter(None, (files.text(f"/sys/class/dmi/id/{name}") for name in ("sys_vendor", "product_name")))
    )
    return maker or "one that does not give its name"


def clock_source(files: Files) -> str | None:
    return files.text(f"{_CLOCKS}/current_clocksource") or None


def governors(files: Files) -> tuple[str, ...]:
    """The frequency governors of all processors, each once."""
    found = (
        files.text(f"{_POLICIES}/{name}/scaling_governor")
        for name in files.names(_POLICIES)
        if name.startswith("policy")
    )
    return tuple(sorted({governor for governor in found if governor}))


def boost(files: Files) -> bool | None:
    """Whether the processor may go above its nominal frequency."""
    allowed = files.number(f"{_POLICIES}/boost")
    forbidden = files.number("/sys/devices/system/cpu/intel_pstate/no_turbo")
    if allowed is not None:
        return allowed != 0
    return None if forbidden is None else forbidden == 0


def mitigations(files: Files) -> dict[str, str]:
    """Weakness of the processor -> what the kernel says of it; only those that it has."""
    told = {name: files.text(f"{_VULNERABILITIES}/{name}") for name in files.names(_VULNERABILITIES)}
    return {name: text for name, text in told.items() if text and not text.startswith("Not affected")}


def steal_share(files: Files) -> float | None:
    """The share of time since boot that the hypervisor gave to others."""
    for line in (files.text("/proc/stat") or "").splitlines():
        if line.startswith("cpu "):
            times = [whole(word) for word in line.split()[1:9]]
            known = [time for time in times if time is not None and time >= 0]
            whole_time = sum(known)
            # user nice system idle iowait irq softirq steal
            return known[7] / whole_time if len(known) == 8 and whole_time else None
    return None


def load(files: Files) -> float | None:
    """How many threads were running or about to, over the last minute."""
    words = (files.text("/proc/loadavg") or "").split()
    try:
        value = float(words[0])
    except (IndexError, ValueError):
        return None
    return value if 0 <= value < 1e6 else None


def is_busy(running: float, cpus: int) -> bool:
    """Whether that load leaves fewer than two processors idle, one for each side."""
    return running > max(_LOAD_LEAST, (cpus - 2) / 2)


def probe_frequency(files: Files) -> Finding:
    name = "frequency policy"
    found = governors(files)
    boosted = {True: ", boost on", False: ", boost off", None: ""}[boost(files)]
    if not found:
        return _THEME.unknown(
            name,
            "the kernel shows no frequency policy" + (", as usual in a guest" if hypervisor(files) else ""),
            "the frequency may change between runs; rounds that are close in time cancel most of that",
        )
    if found == ("performance",):
        return _THEME.good(name, f"performance{boosted}", "the frequency does not follow the load")
    return _THEME.warning(
        name,
        f"{', '.join(found)}{boosted}",
        "the frequency follows the load: short and idle-heavy runs look slower than they are",
        "as root: cpupower frequency-set --governor performance",
    )


def mitigations_in_short(files: Files) -> str | None:
    """on, none needed, or against what there is none; None where the kernel does not tell."""
    if not files.names(_VULNERABILITIES):
        return None
    told = mitigations(files)
    open_ones = [weakness for weakness, text in told.items() if text.startswith("Vulnerable")]
    if open_ones:
        return f"none against {', '.join(open_ones)}"
    return "on" if told else "none needed"


def probe_mitigations(files: Files) -> Finding:
    name, meaning = "mitigations", "they are part of the cost of each system call and each crossing"
    found = mitigations_in_short(files)
    if found is None:
        return _THEME.unknown(name, f"{_VULNERABILITIES} is not there", meaning)
    if found.startswith("none against"):
        return _THEME.warning(
            name,
            found,
            "crossings and system calls are cheaper here than on a machine that is protected",
            "boot without mitigations=off and with current microcode, or say so beside the figures",
        )
    return _THEME.good(name, found, meaning)


def probe_clock(files: Files) -> Finding:
    """Whether reading the time needs a system call."""
    name, meaning = "clock source", "time stamps without a system call"
    source = clock_source(files)
    if source is None:
        return _THEME.unknown(name, "the kernel does not tell it", meaning)
    if source in _FAST_CLOCKS:
        return _THEME.good(name, source, meaning)
    return _THEME.warning(
        name,
        f"'{source}', which is slow to read",
        "whatever asks for the time in each operation is slower here",
        "boot with clocksource=tsc if the counter is stable",
    )


def probe_steal(files: Files) -> Finding:
    name = "stolen time"
    share = steal_share(files)
    if share is None:
        return _THEME.unknown(name, "/proc/stat does not tell it", "others may use the same processors")
    found = f"{share:.2%} of the time since boot"
    if share <= _STEAL_MOST:
        return _THEME.good(name, found, "the hypervisor gave its processors to this machine")
    return _THEME.warning(
        name,
        found,
        "the hypervisor stops this machine now and then: high percentiles are not the path's",
        "use a machine with processors of its own, or more rounds; trust medians only",
    )


def probe_load(files: Files, cpus: int | None = None) -> Finding:
    name = "load by others"
    cpus = cpus or len(os.sched_getaffinity(0))
    running = load(files)
    if running is None:
        return _THEME.unknown(name, "/proc/loadavg does not tell it", "other programs may be running")
    found = f"{running:.2f} threads over the last minute, on {cpus} processors"
    if not is_busy(running, cpus):
        return _THEME.good(name, found, "a client and a world find a processor each")
    return _THEME.warning(
        name,
        found,
        "wake-ups and hand-overs wait for others' work, two cores above all",
        "end other programs, or wait a minute after a build",
    )


def probe_processors(cpus: int | None = None) -> Finding:
    name, meaning = "two processors", "a client and a world at the same time; rings without yielding"
    cpus = cpus or len(os.sched_getaffinity(0))
    if cpus >= 2:
        return _THEME.good(name, f"{cpus} that this process may use", meaning)
    return _THEME.absent(
        name, "this process may use one only", meaning, "give it two, such as by taskset or a larger machine"
    )


def probe_hardware_counters() -> Finding:
    """perf_event_open, tried with the cycle counter."""
    name, meaning = "hardware counters", "cycles, instructions and cache misses beside a figure"
    attribute = bytearray(_PERF_ATTRIBUTE_BYTES)
    struct.pack_into("=IIQ", attribute, 0, 0, _PERF_ATTRIBUTE_BYTES, 0)
    struct.pack_into("=Q", attribute, 40, _PERF_FLAGS)
    buffer = (ctypes.c_char * len(attribute)).from_buffer(attribute)
    try:
        descriptor = system_call("perf_event_open", ctypes.addressof(buffer), 0, -1, -1, 0)
    except PermissionError as error:
        return _THEME.absent(
            name, f"{error.strerror}", meaning, "as root: sysctl -w kernel.perf_event_paranoid=2"
        )
    except OSError as error:
        none = error.errno in (errno.ENOENT, errno.ENODEV, errno.EOPNOTSUPP)
        found = "the processor shows none" if none else f"{error.strerror}"
        return _THEME.absent(
            name, found, meaning, "use a machine of its own, or a guest with a performance unit"
        )
    os.close(descriptor)
    return _THEME.good(name, "the cycle counter opens", meaning)


def probe_processor(files: Files) -> list[Finding]:
    """What can be read at once; without the counters."""
    return [
        probe_processors(),
        probe_frequency(files),
        probe_mitigations(files),
        probe_clock(files),
        probe_steal(files),
        probe_load(files),
    ]
