# SPDX-License-Identifier: Apache-2.0
"""The names of worlds, and what each becomes for the C core.

normal | compartment | optee                 each may be followed by :KEY=VALUE,...
emulated:PROFILE[,KEY=VALUE,...]             PROFILE: a name, or the path of a file that ends in .toml
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worldgate.errors import Unavailable, WorldgateError, one_line
from worldgate.worlds.profile import COSTS, Profile, find_profile

# kind -> fidelity and the keys that a user may give; the C core checks their values (core/gate/wg_gate.h).
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "normal": ("none", ("aead",)),
    "compartment": ("compartment", ("aead", "arena_bytes", "cpu", "exe")),
    "emulated": ("emulated", ("aead", "arena_bytes", "cpu", "exe")),
    "optee": ("hardware", ("device", "library")),
}
PAGE_BYTES = 4096


@dataclass(frozen=True)
class World:
    """A world that was asked for by name. Whether it can be used here is told by `worldgate.core.probe`."""

    name: str
    kind: str
    fidelity: str
    text: str  # what the C core is told
    profile: Profile | None = None

    def not_emulated(self) -> dict[str, str]:
        """Cost -> why this emulated world does not have it. Empty for every other kind."""
        return _missing(self.profile) if self.profile else {}


def _missing(profile: Profile) -> dict[str, str]:
    """Costs that cannot be emulated, with the profile's own reasons. Paging needs both of its numbers."""
    missing = profile.unknown()
    for key, partner in (("heap_bytes", "fault_ns"), ("fault_ns", "heap_bytes")):
        if partner in missing and key not in missing:
            missing[key] = f"{partner} is unknown: {missing[partner]}"
    return missing


def _parse_name(name: str) -> tuple[str, str, list[str]]:
    """Kind, profile (empty for the others) and the KEY=VALUE pairs."""
    kind, _, rest = name.partition(":")
    if kind not in KINDS:
        from difflib import get_close_matches

        close = get_close_matches(kind, KINDS, n=1, cutoff=0.5)
        hint = f"did you mean '{close[0]}'?" if close else f"use {', '.join(KINDS)}"
        raise WorldgateError(f"no world is called '{one_line(name)}'; {hint} ('worldgate worlds' lists them)")
    pairs = [part for part in rest.split(",") if part]
    profile = ""
    if kind == "emulated":
        if not pairs or "=" in pairs[0]:
            raise WorldgateError(
                f"'{one_line(name)}' names no profile; write emulated:PROFILE ('worldgate worlds' lists them)"
            )
        profile = pairs.pop(0)
    return kind, profile, pairs


def _check_pairs(name: str, kind: str, pairs: Sequence[str]) -> None:
    allowed = KINDS[kind][1]
    seen = set()
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if key not in allowed or not equals or not value or key in seen:
            raise WorldgateError(
                f"world '{one_line(name)}': '{one_line(pair)}' does not fit; give each of "
                + ", ".join(f"{key}=..." for key in allowed)
                + " at most once"
            )
        seen.add(key)


def _cost_pairs(profile: Profile) -> list[str]:
    """The numbers that are known, in the words of the C core."""
    missing = _missing(profile)
    pairs = []
    for key in COSTS:
        value = profile.cost(key).value
        if value is None or key in missing:
            continue
        pairs.append(
            f"{key}={int(value) // PAGE_BYTES * PAGE_BYTES if key == 'heap_bytes' else repr(float(value))}"
        )
    return pairs


def describe_world(name: str) -> World:
    """The world of that name, also where it lacks what a gate needs."""
    kind, profile_name, pairs = _parse_name(name)
    fidelity = KINDS[kind][0]
    _check_pairs(name, kind, pairs)
    if kind != "emulated":
        return World(name, kind, fidelity, f"{kind}:{','.join(pairs)}" if pairs else kind)
    profile = find_profile(profile_name)
    text = "emulated:" + ",".join([f"profile={profile.name}", *_cost_pairs(profile), *pairs])
    return World(name, kind, fidelity, text, profile)


def find_world(name: str, requires: Sequence[str] = ()) -> World:
    """The world of that name, for a gate. requires: costs that the caller depends on; one that is not known
    is refused with the profile's own reason. A crossing is always depended on."""
    for key in requires:
        if key not in COSTS:
            raise WorldgateError(f"no cost is called '{one_line(key)}'; use {', '.join(COSTS)}")
    world = describe_world(name)
    missing = world.not_emulated()
    for key in ("transition_ns", *requires):
        if key in missing:
            raise Unavailable(f"{one_line(name)}: {key} is unknown: {missing[key]}")
    return world
