# SPDX-License-Identifier: Apache-2.0
"""The optional libraries: which are here, what each switches on, and where to get it."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

from worldgate.machine.finding import Finding, Theme

_THEME = Theme("optional libraries")


@dataclass(frozen=True)
class Library:
    """One optional library. sonames: tried in this order, the newest first."""

    name: str
    switches_on: str
    sonames: tuple[str, ...]
    package: str  # what to install on Debian and Ubuntu, in words
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
        found = f"exists for {library.machine} only, this machine is {machine}"
        return _THEME.absent(library.name, found, library.switches_on)
    broken = ""
    for soname in library.sonames:
        problem = _load(soname)
        if problem is None:
            return _THEME.good(library.name, soname, library.switches_on)
        if "cannot open shared object file" not in problem:
            broken = problem
    found = f"found but not loadable ({broken})" if broken else f"no {' or '.join(library.sonames)}"
    return _THEME.absent(library.name, found, library.switches_on, library.package)


def find_libraries() -> list[Finding]:
    return [find_library(library) for library in LIBRARIES]
