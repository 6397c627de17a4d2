# SPDX-License-Identifier: Apache-2.0
"""Memory: huge pages, locked memory, bounce buffers."""

from __future__ import annotations

import re
import resource

from worldgate.machine.finding import Files, Finding, Theme, whole

_THEME = Theme("memory")
# What a sealed world wants to keep in memory: a TA's heap of some MiB, its stack and its keys.
_MEMLOCK_WANTED_BYTES = 8 << 20
_SWIOTLB = "/sys/kernel/debug/swiotlb"
_SLOT_BYTES = 2048  # of a bounce buffer
_TRANSPARENT = "/sys/kernel/mm/transparent_hugepage/enabled"


def meminfo(files: Files) -> dict[str, int]:
    """Fields of /proc/meminfo as they stand there: kB, or a count."""
    fields: dict[str, int] = {}
    for line in (files.text("/proc/meminfo") or "").splitlines():
        name, colon, rest = line.partition(":")
        words = rest.split()
        value = whole(words[0]) if colon and words else None
        if value is not None and 0 <= value < 1 << 50:
            fields[name.strip()] = value
    return fields


def transparent_huge_pages(files: Files) -> str | None:
    """always, madvise or never."""
    found = re.search(r"\[(\w+)\]", files.text(_TRANSPARENT) or "")
    return found[1] if found else None


def probe_huge_pages(files: Files) -> Finding:
    name, meaning = "huge pages", "link dpdk, and large rings and packet pools without TLB misses"
    fields = meminfo(files)
    total, free, size = (fields.get(key) for key in ("HugePages_Total", "HugePages_Free", "Hugepagesize"))
    if total is None or size is None:
        return _THEME.absent(name, "this kernel has none", meaning, "use a kernel with CONFIG_HUGETLBFS")
    if total == 0:
        return _THEME.absent(name, "none are reserved", meaning, "as root: sysctl -w vm.nr_hugepages=512")
    return _THEME.good(name, f"{total} of {size} KiB reserved, {free or 0} free", meaning)


def probe_transparent_huge_pages(files: Files) -> Finding:
    name = "transparent huge pages"
    mode = transparent_huge_pages(files)
    meaning = "large buffers cost fewer page faults where the kernel finds huge pages for them"
    if mode is None:
        return _THEME.unknown(name, "the kernel does not tell the mode", meaning)
    return _THEME.good(name, mode, meaning if mode != "never" else "each page costs its own fault")


def probe_memlock() -> Finding:
    """How much memory may be locked."""
    name = "RLIMIT_MEMLOCK"
    meaning = f"secret memory of {_MEMLOCK_WANTED_BYTES >> 20} MiB and more"
    soft = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if soft == resource.RLIM_INFINITY:
        return _THEME.good(name, "unlimited", meaning)
    if soft >= _MEMLOCK_WANTED_BYTES:
        return _THEME.good(name, f"{soft >> 10} KiB", meaning)
    return _THEME.absent(
        name,
        f"only {soft >> 10} KiB may be locked",
        meaning,
        f"raise it: ulimit -l {_MEMLOCK_WANTED_BYTES >> 10}, or memlock in /etc/security/limits.conf",
    )


def _swiotlb_asked(files: Files) -> list[str]:
    """What the kernel was booted with for its bounce buffers: the words after swiotlb=."""
    asked = [word for word in (files.text("/proc/cmdline") or "").split() if word.startswith("swiotlb=")]
    return asked[-1].removeprefix("swiotlb=").split(",") if asked else []


def bounce_buffers_forced(files: Files) -> bool:
    return "force" in _swiotlb_asked(files)


def probe_bounce_buffers(files: Files) -> Finding:
    """swiotlb: devices that cannot reach all memory, as those of a confidential VM, are served through it."""
    name = "bounce buffers (swiotlb)"
    used, slots = (files.number(f"{_SWIOTLB}/{file}") for file in ("io_tlb_used", "io_tlb_nslabs"))
    if bounce_buffers_forced(files):
        filled = "" if used is None or slots is None else f", {used} of {slots} slots in use"
        return _THEME.warning(
            name,
            f"all input and output goes through them (swiotlb=force){filled}",
            "each packet of a real link is copied once more, as in a confidential VM",
            "boot without swiotlb=force to measure without them",
        )
    if used is not None and slots is not None:
        found = f"{used} of {slots} slots of {_SLOT_BYTES} bytes in use"
        if used == 0:
            return _THEME.good(
                name, found, "packets of a real link are not copied by the kernel for its device"
            )
        return _THEME.warning(
            name,
            found,
            "some devices are served through copies; a full pool loses packets",
            "boot with a larger swiotlb=, or use devices that reach all memory",
        )
    if "noforce" in _swiotlb_asked(files):
        return _THEME.good(name, "switched off (swiotlb=noforce)", "no copies by the kernel for a device")
    return _THEME.unknown(
        name,
        "how full they are is told only by debugfs, and only to root",
        "packets of a real link may be copied once more",
        "as root: mount -t debugfs none /sys/kernel/debug, then ask the doctor again",
    )


def probe_memory(files: Files) -> list[Finding]:
    """What can be read at once."""
    return [
        probe_huge_pages(files),
        probe_transparent_huge_pages(files),
        probe_memlock(),
        probe_bounce_buffers(files),
    ]
