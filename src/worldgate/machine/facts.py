# SPDX-License-Identifier: Apache-2.0
"""The machine's facts, as a result file carries them. Unknown is None, never a guess."""

from __future__ import annotations

import os
import platform

from worldgate.machine import memory, network, processor, trusted
from worldgate.machine.finding import Files

Scalar = str | int | float | bool | None


def _distribution(files: Files) -> str | None:
    text = files.text("/etc/os-release") or files.text("/usr/lib/os-release") or ""
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "PRETTY_NAME":
            return value.strip().strip("\"'") or None
    return None


def _placement(files: Files) -> str:
    """this machine, cvm (a confidential VM), or vm (a guest whose bounce buffers are forced)."""
    if trusted.is_confidential_vm(files):
        return "cvm"
    return "vm" if memory.bounce_buffers_forced(files) else "this machine"


def _processor(files: Files) -> dict[str, Scalar]:
    told = processor.mitigations(files)
    return {
        "cpu": processor.cpu_field(files, "model name", "Model", "Hardware", "CPU part"),
        "processors": os.cpu_count(),
        "processors_usable": len(os.sched_getaffinity(0)),
        "microcode": processor.cpu_field(files, "microcode"),
        "mitigations": processor.mitigations_in_short(files),
        "mitigations_in_full": "; ".join(f"{name}: {text}" for name, text in told.items()) or None,
        "governor": ", ".join(processor.governors(files)) or None,
        "boost": processor.boost(files),
        "clock_source": processor.clock_source(files),
        "hypervisor": processor.hypervisor(files),
        "steal_share": processor.steal_share(files),
        "load": processor.load(files),
    }


def _memory(files: Files) -> dict[str, Scalar]:
    fields = memory.meminfo(files)
    total, huge = fields.get("MemTotal"), fields.get("Hugepagesize")
    return {
        "memory_bytes": total << 10 if total is not None else None,
        "huge_pages": fields.get("HugePages_Total"),
        "huge_page_bytes": huge << 10 if huge is not None else None,
        "transparent_huge_pages": memory.transparent_huge_pages(files),
    }


def _software() -> dict[str, Scalar]:
    import worldgate
    from worldgate.core import aead_library, aead_version, compiler

    return {
        "worldgate": worldgate.__version__,
        "python": platform.python_version(),
        "compiler": compiler(),
        "aead": aead_library(),
        "openssl": aead_version("openssl"),
        "libipsec_mb": aead_version("ipsecmb"),
    }


def _trusted(files: Files) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {kind.name.lower(): trusted.present(kind, files) for kind in trusted.KINDS}
    for kind in trusted.KINDS:
        parts = [*(trusted.flags_of(kind, files) or []), *trusted.places_of(kind, files)]
        found[f"{kind.name.lower()}_shown_by"] = ", ".join(parts) or None
    return found


def facts(files: Files | None = None) -> dict[str, Scalar]:
    """All of them. Reads files only, so it is quick and needs no root."""
    files = files or Files()
    return {
        "architecture": os.uname().machine,
        "placement": _placement(files),
        "kernel": files.text("/proc/sys/kernel/osrelease") or None,
        "distribution": _distribution(files),
        "boot_id": boot_id(files),
        "congestion_control": network.congestion_control(files),
        **_processor(files),
        **_memory(files),
        **_software(),
        **_trusted(files),
    }


def boot_id(files: Files | None = None) -> str | None:
    """What names this boot of the machine."""
    return (files or Files()).text("/proc/sys/kernel/random/boot_id") or None
