# SPDX-License-Identifier: Apache-2.0
"""List the worlds, what they cost, and which can be used here.

A world is where trusted code runs: normal, compartment, emulated:PROFILE, optee. A profile of your own is a
TOML file: use it as emulated:PATH.toml, or put it into ~/.config/worldgate/profiles and use its name.

examples:
  worldgate worlds
  worldgate worlds --json
  worldgate worlds show sgx1-skylake
  worldgate worlds show sgx1-skylake --toml > my-board.toml
  worldgate worlds check my-board.toml
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.worlds.listing import WorldStatus
    from worldgate.worlds.profile import Cost


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from worldgate.cli import add_command

    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(metavar="ACTION", title="actions")
    show = add_command(actions, "show", "Print every number of a profile, its source and what it leaves out.")
    show.add_argument("name", metavar="PROFILE", help="the name of a profile, or the path of a .toml file")
    show.add_argument("--toml", action="store_true", help="print the file, as a start for one of your own")
    show.set_defaults(run=run_show)
    check = add_command(actions, "check", "Say whether a file is a valid profile.")
    check.add_argument("file", metavar="FILE", help="the profile, in TOML")
    check.set_defaults(run=run_check)


def _progress(name: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[Klooking at {name}" if name else "\r\033[K")
        sys.stderr.flush()


def run(args: argparse.Namespace) -> int:
    from worldgate.worlds.listing import list_worlds

    found = list_worlds(_progress)
    _progress("")
    if args.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return 0
    for line in _table(found.worlds):
        print(line)
    return 0


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bytes(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value / (1 << 20):.4g} MiB"


def _row(world: WorldStatus) -> tuple[str, ...]:
    costs = world.costs
    return (
        world.name,
        world.fidelity,
        "yes" if world.available else "no",
        world.memory or "-",
        _number(world.transition_floor_ns),
        _number(costs.get("transition_ns")),
        _number(costs.get("rpc_ns")),
        _number(costs.get("copy_ns_per_kib")),
        _number(costs.get("temporary_ns_per_kib")),
        _number(costs.get("fault_ns")),
        _bytes(costs.get("heap_bytes")),
    )


_HEADS = (
    "world",
    "fidelity",
    "usable",
    "memory",
    "floor ns",
    "crossing ns",
    "rpc ns",
    "copy ns/KiB",
    "temporary",
    "fault ns",
    "heap",
)


def _table(worlds: list[WorldStatus]) -> list[str]:
    rows = [_HEADS, *(_row(world) for world in worlds)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = [
        "  ".join(
            cell.ljust(width) if column < 4 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines += [
        "",
        "floor: this machine's own cost of an empty crossing. -: unknown or not measured, never zero.",
    ]
    absent = [f"  {world.name}: {world.reason}" for world in worlds if not world.available]
    open_memory = [f"  {world.name}: {world.memory_reason}" for world in worlds if world.memory_reason]
    if absent:
        lines += ["", "not usable here:", *absent]
    if open_memory:
        lines += ["", "memory that is not secret:", *open_memory]
    return lines


def run_show(args: argparse.Namespace) -> int:
    from pathlib import Path

    from worldgate.errors import WorldgateError
    from worldgate.worlds.profile import COSTS, find_profile, profile_path
    from worldgate.worlds.registry import KINDS

    name = args.name.removeprefix("emulated:")
    if name in KINDS:
        raise WorldgateError(f"world '{name}' has no profile, its costs are its own; see 'worldgate worlds'")
    profile = find_profile(name)
    if args.toml:
        path = Path(name) if name.endswith(".toml") else profile_path(name)
        print(path.read_text(encoding="utf-8"), end="")
        return 0
    print(f"{profile.name}: {profile.title} ({profile.platform})")
    print(f"hash: {profile.hash()}")
    for key, meaning in COSTS.items():
        print(f"\n{key}: {meaning}")
        for line in _cost_lines(profile.cost(key)):
            print(f"  {line}")
    print("\nthe whole profile leaves out:")
    for text in profile.omits:
        print(f"  {text}")
    return 0


def _cost_lines(cost: Cost) -> list[str]:
    if cost.value is None:
        return [f"unknown: {cost.unknown}"]
    lines = [f"{cost.value:.12g}"]
    if cost.range is not None:
        lines[0] += f", from {cost.range[0]:.12g} to {cost.range[1]:.12g}"
    if cost.error_percent is not None:
        lines[0] += f", error {cost.error_percent:g} %"
    lines += [f"formula: {cost.formula}"] if cost.formula else []
    lines += [f"hardware: {cost.hardware}"] if cost.hardware else []
    return [*lines, f"source: {cost.source}", f"leaves out: {cost.omits}"]


def run_check(args: argparse.Namespace) -> int:
    from pathlib import Path

    from worldgate.worlds.profile import read_profile

    profile = read_profile(Path(args.file))
    print(f"{args.file}: a valid profile '{profile.name}', hash {profile.hash()}")
    for key, reason in profile.unknown().items():
        print(f"  {key} is unknown: {reason}")
    return 0
