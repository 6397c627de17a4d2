# SPDX-License-Identifier: Apache-2.0
"""What an explanation needs beside the result: the unit costs of the machine that it was measured on, and the
profiles that its worlds execute."""

from __future__ import annotations

from pathlib import Path

import msgspec

from worldgate.errors import WorldgateError, one_line
from worldgate.experiment.result import Result
from worldgate.experiment.unit_costs import sound
from worldgate.machine.costs import SCHEMA, Limits
from worldgate.worlds.profile import Profile
from worldgate.worlds.registry import describe_world

HOW = "'worldgate limits' measures those of this machine"

# fact -> how it is called where two differ
_SAME_MACHINE = {"cpu": "processor", "architecture": "architecture", "processors": "number of processors"}


class _Head(msgspec.Struct):
    schema: str


def read_limits(path: Path) -> Limits:
    """The unit costs in a file."""
    name = one_line(str(path))
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WorldgateError(f"{name}: cannot be read ({one_line(why)}); {HOW}") from None
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.schema != SCHEMA:
            schema = one_line(head.schema)[:60]
            raise WorldgateError(f"{name}: its schema is '{schema}', not '{SCHEMA}'; {HOW}")
        found = msgspec.json.decode(data, type=Limits)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WorldgateError(f"{name}: no unit costs ({one_line(str(error))}); {HOW}") from None

    wrong = next((cost for cost in found.costs if not sound(cost)), None)
    if wrong is not None:
        raise WorldgateError(f"{name}: '{wrong.cause}' is {wrong.ns:g} ns, which no cost can be; {HOW}")
    return found


def check_limits(result: Result, limits: Limits) -> None:
    """Unit costs hold for the machine and the boot that they were measured in. A fact that either side lacks
    forbids nothing."""
    for fact, name in _SAME_MACHINE.items():
        ours, theirs = result.machine.get(fact), limits.machine.get(fact)
        if ours is not None and theirs is not None and ours != theirs:
            raise WorldgateError(
                f"the unit costs are of another machine (its {name}: {one_line(str(theirs))[:60]}, the "
                f"result's: {one_line(str(ours))[:60]}); give those of that machine with --limits"
            )
    boot = result.machine.get("boot_id")
    if boot is not None and limits.boot and boot != limits.boot:
        raise WorldgateError(
            f"the unit costs are of another boot ({one_line(limits.boot)[:40]}, the result is of "
            f"{one_line(str(boot))[:40]}); measure it again, or give the costs of its boot with --limits"
        )


def profiles_of(result: Result) -> dict[str, Profile]:
    """By name, those of the emulated worlds that can be found here."""
    found: dict[str, Profile] = {}
    for variant in result.experiment.variants:
        if variant.profile is None or variant.profile in found:
            continue
        try:
            profile = describe_world(variant.world).profile
        except WorldgateError:
            continue  # without it the cost is unknown, and the explanation says so
        if profile:
            found[variant.profile] = profile
    return found
