# SPDX-License-Identifier: Apache-2.0
"""Trusted hardware: SGX, SEV, TDX, CCA, TrustZone. What the processor and the kernel's devices show of it."""

from __future__ import annotations

from dataclasses import dataclass

from worldgate.machine.finding import Files, Finding, Theme
from worldgate.machine.processor import cpu_flags, maker

_THEME = Theme("trusted hardware")
_CCA_GUEST = ("/sys/devices/platform/arm-cca-dev", "/sys/bus/platform/devices/arm-cca-dev")


@dataclass(frozen=True)
class Kind:
    """One kind. maker: of the processors that have it; flags: of the processor, any of them; devices: in
    /dev, any; others: any other file."""

    name: str
    maker: str
    flags: tuple[str, ...]
    devices: tuple[str, ...]
    others: tuple[str, ...]
    meaning: str
    advice: str


KINDS = (
    Kind("SGX", "Intel", ("sgx",), ("sgx_enclave", "isgx"), (), "enclaves", "enable SGX in the firmware"),
    Kind(
        "SEV",
        "AMD",
        ("sev", "sev_es", "sev_snp"),
        ("sev", "sev-guest"),
        (),
        "placement cvm: this machine as a confidential VM of AMD's, or a host of such",
        "enable SEV-SNP in the firmware, or use a guest that has it",
    ),
    Kind(
        "TDX",
        "Intel",
        ("tdx_guest", "tdx_host_platform"),
        ("tdx_guest",),
        (),
        "placement cvm: this machine as a confidential VM of Intel's, or a host of such",
        "enable TDX in the firmware, or use a guest that has it",
    ),
    Kind(
        "CCA",
        "Arm",
        (),
        (),
        _CCA_GUEST,
        "placement cvm: this machine as a realm of Arm's",
        "use an Arm machine with the realm extension",
    ),
    Kind(
        "TrustZone",
        "Arm",
        (),
        ("tee0", "teepriv0"),
        (),
        "world optee, where tee-supplicant and libteec are here too",
        "use a board whose kernel has OP-TEE's driver",
    ),
)


def flags_of(kind: Kind, files: Files) -> list[str] | None:
    """What the processor says of it; None where it says nothing at all."""
    known = cpu_flags(files)
    return None if known is None else [flag for flag in kind.flags if flag in known]


def _of_another_maker(kind: Kind, files: Files) -> bool:
    """Whether this processor cannot have it, whatever a device is called: AMD's /dev/tee0 is no TrustZone."""
    return maker(files) not in (None, kind.maker) and not flags_of(kind, files)


def places_of(kind: Kind, files: Files) -> list[str]:
    """Devices and files of the kernel that are there for it."""
    if _of_another_maker(kind, files):
        return []
    return [
        *(f"/dev/{device}" for device in kind.devices if files.exists(f"/dev/{device}")),
        *(other for other in kind.others if files.exists(other)),
    ]


def present(kind: Kind, files: Files) -> bool | None:
    """Whether this machine has it, as far as it shows; None where it does not tell."""
    flags, places = flags_of(kind, files), places_of(kind, files)
    if flags or places:
        return True
    if _of_another_maker(kind, files):
        return False
    return None if kind.flags and flags is None else False


def is_confidential_vm(files: Files) -> bool:
    """Whether this machine is a confidential VM, by the devices and flags that only its guests have."""
    flags = cpu_flags(files) or frozenset()
    shown = ("/dev/sev-guest", "/dev/tdx_guest", *_CCA_GUEST)
    return "tdx_guest" in flags or any(files.exists(name) for name in shown)


def probe_kind(kind: Kind, files: Files) -> Finding:
    flags, places = flags_of(kind, files), places_of(kind, files)
    if places:
        return _THEME.good(kind.name, ", ".join([*places, *(flags or [])]), kind.meaning)
    if flags:
        wanted = " or ".join(f"/dev/{device}" for device in kind.devices)
        found = f"the processor has it ({', '.join(flags)}), the kernel has no {wanted}"
        return _THEME.absent(kind.name, found, kind.meaning, "use a kernel with its driver")
    if _of_another_maker(kind, files):
        found = f"only processors of {kind.maker} have it, this one is of {maker(files)}"
        return _THEME.absent(kind.name, found, kind.meaning)
    if present(kind, files) is None:
        return _THEME.unknown(kind.name, "/proc/cpuinfo does not tell", kind.meaning)
    return _THEME.absent(
        kind.name, "neither the processor nor the kernel shows it", kind.meaning, kind.advice
    )


def probe_trusted(files: Files) -> list[Finding]:
    return [probe_kind(kind, files) for kind in KINDS]
