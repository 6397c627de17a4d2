# SPDX-License-Identifier: Apache-2.0
"""Every world that has a name here, and whether it can be used on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from worldgate.core import WorldInfo, probe
from worldgate.errors import WorldgateError
from worldgate.worlds.profile import COSTS, builtin_folder, profile_files, user_folder
from worldgate.worlds.registry import World, describe_world, find_world

SCHEMA = "worldgate.worlds/1"


class WorldStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One world, as `worldgate worlds --json` prints it. None: unknown, or not measured."""

    name: str
    fidelity: str
    title: str
    available: bool
    reason: str | None  # why it is not available
    memory: str | None
    memory_reason: str | None  # why its memory is not secret
    aead: str | None
    transition_floor_ns: float | None
    fault_floor_ns: float | None
    costs: dict[str, float | None]  # of an emulated world; empty for the others, whose costs are their own
    not_emulated: dict[str, str]  # cost -> why
    profile_hash: str | None


class WorldList(msgspec.Struct, frozen=True, kw_only=True):
    """The whole list."""

    schema: str
    worlds: list[WorldStatus]


_TITLES = {
    "normal": "the TA's code in this process, behind the same gate",
    "compartment": "the TA in a sealed process on this machine",
    "optee": "the TA in OP-TEE, through libteec",
}


def world_names() -> Iterator[str]:
    """Names of all worlds, the emulated ones by their profiles."""
    yield "normal"
    yield "compartment"
    for profile in sorted({*profile_files(builtin_folder()), *profile_files(user_folder())}):
        yield f"emulated:{profile}"
    yield "optee"


def _status(name: str, world: World | None, info: WorldInfo | None, reason: str | None) -> WorldStatus:
    profile = world.profile if world else None
    kind = name.partition(":")[0]
    return WorldStatus(
        name=name,
        fidelity=world.fidelity if world else "emulated",
        title=profile.title if profile else _TITLES.get(kind, ""),
        available=info is not None,
        reason=reason,
        memory=info.memory if info else None,
        memory_reason=info.memory_reason if info else None,
        aead=info.aead if info else None,
        transition_floor_ns=info.transition_floor_ns if info else None,
        fault_floor_ns=info.fault_floor_ns if info else None,
        costs={key: profile.cost(key).value for key in COSTS} if profile else {},
        not_emulated=world.not_emulated() if world else {},
        profile_hash=profile.hash() if profile else None,
    )


def look_at(name: str) -> WorldStatus:
    """The status of one world. Whatever is wrong with it is its reason, never an error."""
    world = None
    try:
        world = describe_world(name)
        return _status(name, world, probe(find_world(name)), None)
    except WorldgateError as error:
        return _status(name, world, None, str(error).removeprefix(f"{name}: "))


def list_worlds(progress: Callable[[str], None]) -> WorldList:
    """Looks at every world; progress is told the name of each before."""
    worlds = []
    for name in world_names():
        progress(name)
        worlds.append(look_at(name))
    return WorldList(schema=SCHEMA, worlds=worlds)
