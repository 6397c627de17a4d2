# SPDX-License-Identifier: Apache-2.0
"""What the kernel offers: to a sealed world, to the data movers, to those who watch. Each probe tries the
thing itself."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import struct

from worldgate.machine.calls import system_call
from worldgate.machine.finding import Files, Finding, Theme

_THEME = Theme("kernel")
_SECCOMP_GET_ACTION_AVAIL = 2
_SECCOMP_RET_KILL_PROCESS = 0x80000000
_UFFD_USER_MODE_ONLY = 1
_UFFDIO_API = 0xC018AA3F
_UFFD_API = 0xAA
_UFFD_FEATURES = {"write-protect faults": 1 << 0, "SIGBUS": 1 << 7}
_IO_URING_PARAMETER_BYTES = 120
_BPF_MAP_CREATE = 0
_BPF_MAP_TYPE_ARRAY = 2
_BPF_ATTRIBUTE_BYTES = 72


def probe_memfd_secret() -> Finding:
    """Memory that not even root reads from outside."""
    name, meaning = "memfd_secret", "a TA's memory that not even root reads from outside"
    try:
        descriptor = system_call("memfd_secret", 0)
    except OSError as error:
        missing = error.errno == errno.ENOSYS
        advice = "boot with secretmem.enable=1 (Linux >= 5.14)" if missing else "allow the call"
        return _THEME.absent(name, f"{error.strerror}", meaning, advice)
    try:
        os.ftruncate(descriptor, mmap.PAGESIZE)
        with mmap.mmap(descriptor, mmap.PAGESIZE, flags=mmap.MAP_SHARED) as memory:
            memory[0] = 1
    except (OSError, ValueError) as error:
        advice = "raise RLIMIT_MEMLOCK (ulimit -l), the memory counts as locked"
        return _THEME.absent(name, f"{error}", meaning, advice)
    finally:
        os.close(descriptor)
    return _THEME.good(name, "a page was mapped and written", meaning)


def probe_userfaultfd() -> Finding:
    """Page faults that the faulting thread handles itself: the paged heap of an emulated world."""
    import fcntl

    name, meaning = "userfaultfd", "the bounded heap of emulated worlds"
    try:
        descriptor = system_call("userfaultfd", os.O_CLOEXEC | os.O_NONBLOCK | _UFFD_USER_MODE_ONLY)
    except OSError as error:
        advice = "it needs Linux >= 5.11 and a container that allows it"
        return _THEME.absent(name, f"{error.strerror}", meaning, advice)
    try:
        answer = fcntl.ioctl(descriptor, _UFFDIO_API, struct.pack("QQQ", _UFFD_API, 0, 0))
    except OSError as error:
        return _THEME.absent(name, f"its handshake fails: {error.strerror}", meaning, "use a newer kernel")
    finally:
        os.close(descriptor)
    features = struct.unpack("QQQ", answer)[1]
    missing = [text for text, bit in _UFFD_FEATURES.items() if not features & bit]
    if missing:
        found = f"this kernel lacks {' and '.join(missing)} in it"
        return _THEME.absent(name, found, meaning, "use a newer kernel")
    return _THEME.good(name, ", ".join(_UFFD_FEATURES), meaning)


def probe_seccomp() -> Finding:
    """The seal of a compartment."""
    name, meaning = "seccomp", "worlds compartment and emulated"
    action = ctypes.c_uint32(_SECCOMP_RET_KILL_PROCESS)
    try:
        system_call("seccomp", _SECCOMP_GET_ACTION_AVAIL, 0, ctypes.addressof(action))
    except OSError as error:
        advice = "it needs a kernel with CONFIG_SECCOMP_FILTER"
        return _THEME.absent(name, f"{error.strerror}", meaning, advice)
    return _THEME.good(name, "a filter may end the process", meaning)


def probe_io_uring() -> Finding:
    """A ring of its own, made and closed."""
    name, meaning = "io_uring", "io_uring in the data movers"
    parameters = ctypes.create_string_buffer(_IO_URING_PARAMETER_BYTES)
    try:
        descriptor = system_call("io_uring_setup", 2, ctypes.addressof(parameters))
    except PermissionError as error:
        advice = "as root: sysctl -w kernel.io_uring_disabled=0; or a container that allows it"
        return _THEME.absent(name, f"{error.strerror}", meaning, advice)
    except OSError as error:
        return _THEME.absent(name, f"{error.strerror}", meaning, "use a kernel with CONFIG_IO_URING")
    os.close(descriptor)
    return _THEME.good(name, "a ring was made", meaning)


def probe_bpf() -> Finding:
    """A map of one element, made and closed."""
    name, meaning = "BPF", "programs in the kernel: link afxdp, and tracing of clients"
    attribute = bytearray(_BPF_ATTRIBUTE_BYTES)
    struct.pack_into("=IIII", attribute, 0, _BPF_MAP_TYPE_ARRAY, 4, 8, 1)
    buffer = (ctypes.c_char * len(attribute)).from_buffer(attribute)
    try:
        descriptor = system_call("bpf", _BPF_MAP_CREATE, ctypes.addressof(buffer), len(attribute))
    except PermissionError as error:
        return _THEME.absent(name, f"{error.strerror}", meaning, "it needs root, or the capability CAP_BPF")
    except OSError as error:
        advice = "use a kernel with CONFIG_BPF_SYSCALL"
        return _THEME.absent(name, f"{error.strerror}", meaning, advice)
    os.close(descriptor)
    return _THEME.good(name, "a map was made", meaning)


def probe_btf(files: Files) -> Finding:
    name, meaning = "BTF", "BPF programs that run unchanged on this kernel"
    if files.exists("/sys/kernel/btf/vmlinux"):
        return _THEME.good(name, "/sys/kernel/btf/vmlinux", meaning)
    advice = "use a kernel with CONFIG_DEBUG_INFO_BTF"
    return _THEME.absent(name, "/sys/kernel/btf/vmlinux is not there", meaning, advice)


def probe_kernel(files: Files) -> list[Finding]:
    """All of them, tried."""
    return [
        probe_seccomp(),
        probe_memfd_secret(),
        probe_userfaultfd(),
        probe_io_uring(),
        probe_bpf(),
        probe_btf(files),
    ]
