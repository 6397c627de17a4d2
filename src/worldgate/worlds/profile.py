# SPDX-License-Identifier: Apache-2.0
"""A profile: what is known of one platform's costs, with a source and the omissions beside each number.

Every cost is a table that holds either a number (`value`, `source`, `omits`) or the reason why there is none
(`unknown`). A profile is read whole or refused; nothing in it is guessed.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from pathlib import Path
from typing import Any

import msgspec

from worldgate import toml
from worldgate.errors import WorldgateError, one_line

COST_MAX = 1e12
HEAP_BYTES_MIN = 65536.0
HEAP_BYTES_MAX = 2.0**40
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

# The costs in the order in which they are shown, with what each one means.
COSTS = {
    "transition_ns": "an empty crossing, there and back",
    "rpc_ns": "a request of the world to the normal world, there and back",
    "copy_ns_per_kib": "the bounce copy of 1 KiB in one direction, of any memory reference",
    "temporary_ns_per_kib": "the copy of 1 KiB in one direction, of memory that is not shared",
    "fault_ns": "one page brought in while the protected memory is full",
    "heap_bytes": "protected memory",
}


class Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One number with its origin, or the reason why it is unknown."""

    value: float | None = None
    source: str = ""
    omits: str = ""
    unknown: str = ""
    formula: str = ""
    range: tuple[float, float] | None = None
    error_percent: float | None = None
    hardware: str = ""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that is known of one platform."""

    name: str
    title: str
    platform: str
    omits: tuple[str, ...]
    transition_ns: Cost
    rpc_ns: Cost
    copy_ns_per_kib: Cost
    temporary_ns_per_kib: Cost
    fault_ns: Cost
    heap_bytes: Cost

    def cost(self, key: str) -> Cost:
        """The cost of that name; the names are those of COSTS."""
        cost: Cost = getattr(self, key)
        return cost

    def unknown(self) -> dict[str, str]:
        """Cost -> why it is unknown."""
        return {key: self.cost(key).unknown for key in COSTS if self.cost(key).value is None}

    def hash(self) -> str:
        """SHA-256 of the content: of the JSON text with sorted keys, without comments and layout."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def _wrong(file: str, key: str, problem: str) -> WorldgateError:
    place = f"{one_line(file)}: {one_line(key)}" if key else one_line(file)
    return WorldgateError(f"{place}: {one_line(problem)}; see 'worldgate worlds show sgx1-skylake --toml'")


def _check_text(file: str, key: str, text: str, wanted: str) -> None:
    if not text.strip():
        raise _wrong(file, key, f"is empty: write {wanted}")
    if not text.isprintable():
        raise _wrong(file, key, "holds a line break or a control character: write one plain line")


def _check_number(file: str, key: str, cost: Cost, value: float) -> None:
    low, high = (HEAP_BYTES_MIN, HEAP_BYTES_MAX) if key == "heap_bytes" else (0.0, COST_MAX)
    if not math.isfinite(value) or not low <= value <= high:
        raise _wrong(
            file, f"{key}.value", f"{value:g} is out of bounds: write a number from {low:g} to {high:g}"
        )
    if key == "heap_bytes" and not value.is_integer():
        raise _wrong(file, f"{key}.value", f"{value:g} is not a whole number of bytes: round it")
    _check_text(
        file, f"{key}.source", cost.source, "where the number can be read (paper, or repository and file)"
    )
    _check_text(file, f"{key}.omits", cost.omits, "what the number leaves out")
    if cost.range is not None:
        low, high = cost.range
        if not (math.isfinite(low) and math.isfinite(high) and 0 <= low <= value <= high):
            raise _wrong(
                file, f"{key}.range", f"[{low:g}, {high:g}] does not hold the value {value:g}: mend either"
            )
    if cost.error_percent is not None and not 0 <= cost.error_percent <= 1000:
        raise _wrong(file, f"{key}.error_percent", "is out of bounds: write a number from 0 to 1000")


def _check_cost(file: str, key: str, cost: Cost) -> None:
    for part in ("formula", "hardware"):
        if getattr(cost, part):
            _check_text(file, f"{key}.{part}", getattr(cost, part), "it")
    if cost.value is not None:
        if cost.unknown:
            raise _wrong(file, key, "has a value and is unknown: remove either 'value' or 'unknown'")
        _check_number(file, key, cost, cost.value)
        return
    _check_text(file, f"{key}.unknown", cost.unknown, "the reason why the number is unknown, or give 'value'")
    for part in ("source", "omits", "formula", "range", "error_percent", "hardware"):
        if getattr(cost, part) not in ("", None):
            raise _wrong(file, f"{key}.{part}", "describes a number that is unknown: remove it")


def _check(file: str, profile: Profile) -> None:
    """What the types alone do not say."""
    if not NAME.fullmatch(profile.name):
        raise _wrong(file, "name", f"'{profile.name}': write 1 to 63 of a-z, 0-9 and '-'")
    _check_text(file, "title", profile.title, "one line that names the platform")
    _check_text(file, "platform", profile.platform, "the kind of platform, such as 'Intel SGX'")
    if not profile.omits:
        raise _wrong(file, "omits", "is empty: list what the whole profile leaves out")
    for index, text in enumerate(profile.omits):
        _check_text(file, f"omits[{index}]", text, "what is left out")
    for key in COSTS:
        _check_cost(file, key, profile.cost(key))


def _from_table(file: str, table: dict[str, Any]) -> Profile:
    try:
        return msgspec.convert(table, Profile)
    except msgspec.ValidationError as error:
        # "Object missing required field `source` - at `$.rpc_ns`" -> key and problem
        problem, _, place = str(error).partition(" - at `")
        key = place.rstrip("`").removeprefix("$").removeprefix(".")
        for old, new in (
            ("Object contains unknown field", "unknown key, remove it:"),
            ("Object missing required field", "missing key, add it:"),
        ):
            problem = problem.replace(old, new)
        raise _wrong(file, key, problem) from None
    except (OverflowError, RecursionError):
        raise _wrong(file, "", "holds a number or a nesting that is too large: write plain numbers") from None


def parse_profile(data: bytes, file: str) -> Profile:
    """The profile in the text of a file. file is its name for messages."""
    table = toml.parse(data, "not a profile", lambda problem: _wrong(file, "", problem))
    profile = _from_table(file, table)
    _check(file, profile)
    return profile


def read_profile(path: Path) -> Profile:
    """The profile in a file of the user."""
    try:
        with path.open("rb") as stream:
            data = stream.read(toml.FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WorldgateError(
            f"{one_line(str(path))}: cannot be read ({why}): give the file of a profile"
        ) from None
    return parse_profile(data, str(path))


def user_folder() -> Path:
    """Where users keep their own profiles."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".config") / "worldgate" / "profiles"


def profile_files(folder: Path) -> dict[str, Path]:
    """Name -> file, of every profile in a folder; nothing where there is no such folder."""
    try:
        return {path.stem: path for path in sorted(folder.glob("*.toml"))}
    except OSError:
        return {}


def builtin_folder() -> Path:
    return Path(__file__).parent / "profiles"


def profile_path(name: str) -> Path:
    """The file of the built-in profile or of the user's of that name."""
    builtin, own = profile_files(builtin_folder()), profile_files(user_folder())
    if name not in builtin and name not in own:
        from difflib import get_close_matches

        close = get_close_matches(name, [*builtin, *own], n=1, cutoff=0.5)
        hint = f"did you mean '{close[0]}'?" if close else "'worldgate worlds' lists them"
        raise WorldgateError(f"no profile is called '{one_line(name)}'; {hint}")
    if name in builtin and name in own:
        where = one_line(str(own[name]))
        raise WorldgateError(f"{where}: a built-in profile has this name; rename the file and its 'name'")
    return builtin.get(name) or own[name]


def find_profile(name: str) -> Profile:
    """The profile of that name, or of a file whose path ends in .toml."""
    if name.endswith(".toml"):
        return read_profile(Path(name))
    path = profile_path(name)
    profile = read_profile(path)
    if profile.name != name:
        raise _wrong(str(path), "name", f"'{profile.name}' is not the name of the file: write '{name}'")
    return profile
