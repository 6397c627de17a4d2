# SPDX-License-Identifier: Apache-2.0
"""System calls that have no name in Python. For probes that try the thing itself."""

from __future__ import annotations

import ctypes
import errno
import os

# Numbers by processor.
_NUMBERS = {
    "x86_64": {
        "bpf": 321,
        "io_uring_setup": 425,
        "memfd_secret": 447,
        "perf_event_open": 298,
        "seccomp": 317,
        "userfaultfd": 323,
    },
    "aarch64": {
        "bpf": 280,
        "io_uring_setup": 425,
        "memfd_secret": 447,
        "perf_event_open": 241,
        "seccomp": 277,
        "userfaultfd": 282,
    },
}


def system_call(name: str, *arguments: int) -> int:
    """The call's result; OSError where it fails, also where this processor has no number for it."""
    number = _NUMBERS.get(os.uname().machine, {}).get(name)
    if number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    libc = ctypes.CDLL(None, use_errno=True)
    words = (ctypes.c_ulong(value & 0xFFFFFFFFFFFFFFFF) for value in arguments)
    result: int = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
