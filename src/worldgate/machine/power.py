# SPDX-License-Identifier: Apache-2.0
"""Meters of power inside the machine: RAPL by powercap and by perf, hwmon."""

from __future__ import annotations

from worldgate.machine.finding import Files, Finding, Theme

_THEME = Theme("power")
_POWERCAP = "/sys/class/powercap"
_PERF = "/sys/bus/event_source/devices/power"
_PARANOID = "/proc/sys/kernel/perf_event_paranoid"
_HWMON = "/sys/class/hwmon"
_MEANING = "the energy of the processor beside a figure"
_ELSEWHERE = "use a meter outside the machine"


def probe_powercap(files: Files) -> Finding:
    name = "RAPL by powercap"
    zones = [zone for zone in files.names(_POWERCAP) if files.exists(f"{_POWERCAP}/{zone}/energy_uj")]
    if not zones:
        return _THEME.absent(name, f"{_POWERCAP} has no counter, as usual in a guest", _MEANING, _ELSEWHERE)
    readable = [zone for zone in zones if files.number(f"{_POWERCAP}/{zone}/energy_uj") is not None]
    if not readable:
        return _THEME.absent(
            name,
            f"{len(zones)} counters that this user may not read",
            _MEANING,
            f"run as root, or as root: chmod a+r {_POWERCAP}/*/energy_uj",
        )
    labels = [files.text(f"{_POWERCAP}/{zone}/name") or zone for zone in readable]
    return _THEME.good(name, ", ".join(labels), _MEANING)


def probe_perf_power(files: Files) -> Finding:
    name = "RAPL by perf"
    events = [event for event in files.names(f"{_PERF}/events") if "." not in event]
    if not events:
        return _THEME.absent(name, f"{_PERF} is not there, as usual in a guest", _MEANING, _ELSEWHERE)
    paranoid = files.number(_PARANOID)
    found = ", ".join(events)
    if paranoid is None:
        return _THEME.unknown(name, f"{found}; who may read them is not told", _MEANING)
    if paranoid > 0:
        return _THEME.absent(
            name,
            f"{found}, for root only (kernel.perf_event_paranoid={paranoid})",
            _MEANING,
            "run as root, or as root: sysctl -w kernel.perf_event_paranoid=0",
        )
    return _THEME.good(name, found, _MEANING)


def probe_hwmon(files: Files) -> Finding:
    """Sensors that tell a power."""
    name = "hwmon"
    sensors = []
    for folder in files.names(_HWMON):
        if any(
            file.startswith("power") and file.endswith(("_input", "_average"))
            for file in files.names(f"{_HWMON}/{folder}")
        ):
            sensors.append(files.text(f"{_HWMON}/{folder}/name") or folder)
    if not sensors:
        return _THEME.absent(name, "no sensor tells a power", _MEANING, _ELSEWHERE)
    return _THEME.good(name, ", ".join(sensors), _MEANING)


def probe_power(files: Files) -> list[Finding]:
    return [probe_powercap(files), probe_perf_power(files), probe_hwmon(files)]
