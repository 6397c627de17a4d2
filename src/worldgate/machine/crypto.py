# SPDX-License-Identifier: Apache-2.0
"""The AEAD library: which one runs, and how fast a short loop in C seals with it."""

from __future__ import annotations

import os

from worldgate.machine.finding import Finding, Theme

_THEME = Theme("crypto")
LIBRARIES = ("ipsecmb", "openssl")
_SIZES = (64, 1500, 16384)
_REPETITIONS, _REPETITION_NS = 3, 2_000_000
_MEANING = "every seal and open; the choice of library outweighs any copy that is avoided"


def probe_aead() -> Finding:
    """Which library this process uses."""
    from worldgate.core import aead_library, aead_why_not

    name, used = "AEAD library", aead_library()
    why_not = aead_why_not("ipsecmb")
    if why_not is None or os.uname().machine != "x86_64":
        return _THEME.good(name, used, _MEANING)
    return _THEME.warning(
        name,
        f"{used}; libipsec-mb, made for packets, cannot be used: {why_not}",
        "sealing costs more here than it has to, above all for small records",
        "install the Debian package libipsec-mb-dev and build Worldgate again",
    )


def probe_aead_speed() -> Finding:
    """What it needs for a record, in a loop of some milliseconds."""
    from worldgate.core import time_loop
    from worldgate.errors import WorldgateError

    name = "AEAD speed"
    try:
        times = [
            time_loop("seal", size=size, repetitions=_REPETITIONS, repetition_ns=_REPETITION_NS)
            for size in _SIZES
        ]
    except WorldgateError as error:
        return _THEME.unknown(name, f"cannot be timed: {error}", _MEANING)
    figures = ", ".join(f"{size} B {time.ns:,.0f} ns" for size, time in zip(_SIZES, times, strict=True))
    return _THEME.good(name, f"sealing with AES-128-GCM: {figures}", _MEANING)


def probe_crypto() -> list[Finding]:
    return [probe_aead(), probe_aead_speed()]
