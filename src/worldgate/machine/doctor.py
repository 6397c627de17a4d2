# SPDX-License-Identifier: Apache-2.0
"""Everything that makes a figure of this machine doubtful or a feature unavailable, each with what to do.

    from worldgate.machine import doctor

    for finding in doctor.examine():
        print(finding.state, finding.name, finding.found)

Nothing is changed and no root is needed. What root would add is told.
"""

from __future__ import annotations

import msgspec

from worldgate.experiment.result import Warning
from worldgate.machine import crypto, kernel, libraries, memory, network, power, processor, trusted
from worldgate.machine.finding import Files, Finding

SCHEMA = "worldgate.doctor/1"


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `worldgate doctor --json` prints."""

    schema: str
    worldgate: str
    findings: list[Finding]


def _quick(files: Files) -> list[Finding]:
    """What can be read at once."""
    return [
        *network.probe_network(files),
        *processor.probe_processor(files),
        *memory.probe_memory(files),
        crypto.probe_aead(),
    ]


def examine(files: Files | None = None) -> list[Finding]:
    """All findings, by theme. Takes about a second: many of them are trials."""
    files = files or Files()
    return [
        *network.probe_network(files),
        network.probe_ktls(),
        network.probe_afxdp(),
        network.probe_namespaces(),
        *processor.probe_processor(files),
        processor.probe_hardware_counters(),
        *memory.probe_memory(files),
        *kernel.probe_kernel(files),
        *crypto.probe_crypto(),
        *power.probe_power(files),
        *trusted.probe_trusted(files),
        *libraries.find_libraries(),
    ]


def warnings(files: Files | None = None) -> list[Warning]:
    """What makes the figures of this machine doubtful now, for a result file. Quick: nothing is tried."""
    return [
        Warning(name=finding.name, text=f"{finding.found}: {finding.meaning}", advice=finding.advice)
        for finding in _quick(files or Files())
        if finding.state == "warning"
    ]
