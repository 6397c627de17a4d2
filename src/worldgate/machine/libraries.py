# SPDX-License-Identifier: Apache-2.0
"""The optional libraries: which are here, what each switches on, and where to get it."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Library:
    """One optional library. sonames: tried in this order, the newest first."""

    name: str
    switches_on: str
    sonames: tuple[str, ...]
    package: str  # what to install on Debian and Ubuntu, in words that end a sentence
    machine: str = ""  # the only kind of processor that has it; empty: all


LIBRARIES = (
    Library(
        "libipsec-mb",
        "AEAD made for packets (aead=ipsecmb)",
        ("libIPSec_MB.so.2", "libIPSec_MB.so.1"),
        "install the Debian package libipsec-mb-dev",
        machine="x86_64",
    ),
    Library("libxdp", "link afxdp", ("libxdp.so.1",), "install the Debian package libxdp-dev"),
    Library(
        "liburing",
        "io_uring in the data movers",
        ("liburing.so.2",),
        "install the Debian package liburing-dev",
    ),
    Library(
        "vectorscan/hyperscan",
        "pattern search in the middlebox path",
        ("libhs.so.5",),
        "install the Debian package libvectorscan-dev (or libhyperscan-dev)",
    ),
    Library(
        "libpcap",
        "filters for the packet links",
        ("libpcap.so.0.8", "libpcap.so.1"),
        "install the Debian package libpcap-dev",
    ),
    Library(
        "DPDK",
        "link dpdk",
        ("librte_eal.so.26", "librte_eal.so.25", "librte_eal.so.24", "librte_eal.so.23"),
        "install the Debian package dpdk-dev",
    ),
    Library(
        "libteec",
        "world optee",
        ("libteec.so.2", "libteec.so.1"),
        "Debian 12 has no package of it: build optee_client of your OP-TEE release",
    ),
)


@dataclass(frozen=True)
class Finding:
    """Whether something is here. reason: why not and what to do; empty where it is here."""

    name: str
    switches_on: str
    present: bool
    detail: str
    reason: str


def _load(soname: str) -> str | None:
    """None where the loader takes the library, else what it says."""
    try:
        ctypes.CDLL(soname, mode=os.RTLD_LAZY | os.RTLD_LOCAL)
    except OSError as error:
        return str(error)
    return None


def find_library(library: Library) -> Finding:
    """Looks for a library as the program would: the loader decides."""
    machine = os.uname().machine
    if library.machine and library.machine != machine:
        reason = f"exists for {library.machine} only, this machine is {machine}"
        return Finding(library.name, library.switches_on, False, "", reason)
    broken = ""
    for soname in library.sonames:
        problem = _load(soname)
        if problem is None:
            return Finding(library.name, library.switches_on, True, soname, "")
        if "cannot open shared object file" not in problem:
            broken = problem
    reason = f"found but not loadable ({broken})" if broken else f"no {' or '.join(library.sonames)}"
    return Finding(library.name, library.switches_on, False, "", f"{reason}; {library.package}")


def find_libraries() -> list[Finding]:
    return [find_library(library) for library in LIBRARIES]
