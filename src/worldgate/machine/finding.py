# SPDX-License-Identifier: Apache-2.0
"""What the doctor says of one thing, and how it reads the kernel's files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

# unknown: it may be good or not, and this machine or this user cannot tell.
State = Literal["good", "warning", "absent", "unknown"]

_MOST_BYTES = 1 << 20
_MOST_NUMBER = 1 << 62  # fits every reader of JSON that Worldgate has


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that was looked at. advice: what to do; empty where there is nothing to do."""

    theme: str
    name: str
    state: State
    found: str  # what was seen; for what is absent, why
    meaning: str  # for a figure, or what it switches on
    advice: str = ""


@dataclass(frozen=True)
class Theme:
    """Makes the findings of one theme."""

    title: str

    def good(self, name: str, found: str, meaning: str) -> Finding:
        return Finding(theme=self.title, name=name, state="good", found=found, meaning=meaning)

    def warning(self, name: str, found: str, meaning: str, advice: str) -> Finding:
        return Finding(
            theme=self.title, name=name, state="warning", found=found, meaning=meaning, advice=advice
        )

    def absent(self, name: str, found: str, meaning: str, advice: str = "") -> Finding:
        return Finding(
            theme=self.title, name=name, state="absent", found=found, meaning=meaning, advice=advice
        )

    def unknown(self, name: str, found: str, meaning: str, advice: str = "") -> Finding:
        return Finding(
            theme=self.title, name=name, state="unknown", found=found, meaning=meaning, advice=advice
        )


@dataclass(frozen=True)
class Files:
    """The files of a machine below a root, which tests replace. What cannot be read is None or nothing."""

    root: Path = Path("/")

    def _at(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str | None:
        """The stripped text of a file."""
        try:
            with self._at(name).open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", "replace").strip()
        except (OSError, ValueError):
            return None

    def number(self, name: str) -> int | None:
        """The first word of a file, where it is a whole number."""
        words = (self.text(name) or "").split()
        return whole(words[0]) if words else None

    def names(self, folder: str) -> list[str]:
        """What is in a folder, sorted."""
        try:
            return sorted(path.name for path in self._at(folder).iterdir())
        except (OSError, ValueError):
            return []

    def exists(self, name: str) -> bool:
        try:
            return self._at(name).exists()
        except (OSError, ValueError):
            return False


def whole(word: str) -> int | None:
    """The word as a whole number that is not absurdly large."""
    try:
        value = int(word)
    except ValueError:
        return None
    return value if abs(value) < _MOST_NUMBER else None
