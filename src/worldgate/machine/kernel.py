# SPDX-License-Identifier: Apache-2.0
"""What the kernel offers to a sealed world. Each probe tries the thing itself."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import resource
import struct
from collections.abc import Callable
from pathlib import Path

from worldgate.machine.libraries import Finding

# System call numbers by processor: they have no name in the C library.
_CALLS = {
    "x86_64": {"seccomp": 317, "userfaultfd": 323, "memfd_secret": 447},
    "aarch64": {"seccomp": 277, "userfaultfd": 282, "memfd_secret": 447},
}
_SECCOMP_GET_ACTION_AVAIL = 2
_SECCOMP_RET_KILL_PROCESS = 0x80000000
_UFFD_USER_MODE_ONLY = 1
_UFFDIO_API = 0xC018AA3F
_UFFD_API = 0xAA
_UFFD_FEATURES = {"write-protect faults": 1 << 0, "SIGBUS": 1 << 7}
# What a sealed world wants to keep in memory: a TA's heap of some MiB, its stack and its keys.
_MEMLOCK_WANTED_BYTES = 8 << 20
# Clock sources that user space reads without a system call.
_FAST_CLOCKS = ("tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter")


def _call(name: str, *arguments: int) -> int:
    """The system call's result; OSError where it fails, also where this processor has no number for it."""
    number = _CALLS.get(os.uname().machine, {}).get(name)
    if number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(ctypes.c_long(number), *(ctypes.c_ulong(value) for value in arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def probe_memfd_secret() -> Finding:
    """Memory that not even root reads from outside."""
    name, use = "memfd_secret", "a TA's memory that not even root reads from outside"
    try:
        descriptor = _call("memfd_secret", 0)
    except OSError as error:
        hint = (
            "boot with secretmem.enable=1 (Linux >= 5.14)"
            if error.errno == errno.ENOSYS
            else "allow the call"
        )
        return Finding(name, use, False, "", f"{error.strerror}; {hint}")
    try:
        os.ftruncate(descriptor, mmap.PAGESIZE)
        with mmap.mmap(descriptor, mmap.PAGESIZE, flags=mmap.MAP_SHARED) as memory:
            memory[0] = 1
    except (OSError, ValueError) as error:
        return Finding(
            name, use, False, "", f"{error}; raise RLIMIT_MEMLOCK (ulimit -l), the memory counts as locked"
        )
    finally:
        os.close(descriptor)
    return Finding(name, use, True, "a page was mapped and written", "")


def probe_userfaultfd() -> Finding:
    """Page faults that the faulting thread handles itself: the paged heap of an emulated world."""
    import fcntl

    name, use = "userfaultfd", "the bounded heap of emulated worlds"
    try:
        descriptor = _call("userfaultfd", os.O_CLOEXEC | os.O_NONBLOCK | _UFFD_USER_MODE_ONLY)
    except OSError as error:
        return Finding(
            name, use, False, "", f"{error.strerror}; it needs Linux >= 5.11 and a container that allows it"
        )
    try:
        answer = fcntl.ioctl(descriptor, _UFFDIO_API, struct.pack("QQQ", _UFFD_API, 0, 0))
    except OSError as error:
        return Finding(name, use, False, "", f"its handshake fails: {error.strerror}")
    finally:
        os.close(descriptor)
    features = struct.unpack("QQQ", answer)[1]
    missing = [text for text, bit in _UFFD_FEATURES.items() if not features & bit]
    if missing:
        return Finding(
            name, use, False, "", f"this kernel lacks {' and '.join(missing)} in it; use a newer kernel"
        )
    return Finding(name, use, True, ", ".join(_UFFD_FEATURES), "")


def probe_seccomp() -> Finding:
    """The seal of a compartment."""
    name, use = "seccomp", "worlds compartment and emulated"
    action = ctypes.c_uint32(_SECCOMP_RET_KILL_PROCESS)
    try:
        _call("seccomp", _SECCOMP_GET_ACTION_AVAIL, 0, ctypes.addressof(action))
    except OSError as error:
        return Finding(
            name, use, False, "", f"{error.strerror}; it needs a kernel with CONFIG_SECCOMP_FILTER"
        )
    return Finding(name, use, True, "a filter may end the process", "")


def probe_memlock() -> Finding:
    """How much memory may be locked."""
    name, use = "RLIMIT_MEMLOCK", f"secret memory of {_MEMLOCK_WANTED_BYTES >> 20} MiB and more"
    soft = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if soft == resource.RLIM_INFINITY:
        return Finding(name, use, True, "unlimited", "")
    detail = f"{soft >> 10} KiB"
    if soft >= _MEMLOCK_WANTED_BYTES:
        return Finding(name, use, True, detail, "")
    hint = f"raise it: ulimit -l {_MEMLOCK_WANTED_BYTES >> 10}, or memlock in /etc/security/limits.conf"
    return Finding(name, use, False, detail, f"only {detail} may be locked; {hint}")


def probe_clock(folder: Path = Path("/sys/devices/system/clocksource/clocksource0")) -> Finding:
    """Whether reading the time needs a system call."""
    name, use = "clock source", "time stamps without a system call"
    try:
        source = (folder / "current_clocksource").read_text().strip()
    except OSError as error:
        return Finding(name, use, False, "", f"not told by the kernel ({error.strerror}); times may be dear")
    if source in _FAST_CLOCKS:
        return Finding(name, use, True, source, "")
    return Finding(
        name, use, False, source, f"'{source}' is slow to read; boot with clocksource=tsc if it is stable"
    )


KERNEL_PROBES: tuple[Callable[[], Finding], ...] = (
    probe_seccomp,
    probe_memfd_secret,
    probe_userfaultfd,
    probe_memlock,
    probe_clock,
)


def probe_kernel() -> list[Finding]:
    return [probe() for probe in KERNEL_PROBES]
