# SPDX-License-Identifier: Apache-2.0
"""What the tests of TAs share: where they are, which worlds run them, and building and running one."""

import json
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from worldgate.core import probe
from worldgate.errors import Unavailable
from worldgate.ta.build import Built, Options, build
from worldgate.ta.run import environment, is_sealed
from worldgate.ta.source import read
from worldgate.worlds.profile import builtin_folder, profile_files, read_profile
from worldgate.worlds.registry import World, find_world

TAS = Path(__file__).resolve().parents[1] / "ta"
TARGET_DEAD = "0xffff3024"
SECONDS = 300


def world_names(*needed: str) -> list[str]:
    """The normal world, compartment, and every emulated one whose profile knows the costs that are needed."""
    known = [
        name
        for name, path in profile_files(builtin_folder()).items()
        if not {"transition_ns", *needed} & read_profile(path).unknown().keys()
    ]
    return ["normal", "compartment", *(f"emulated:{name}" for name in sorted(known))]


@cache
def usable(name: str) -> World:
    """The world of that name, or the test is skipped with the reason."""
    try:
        world = find_world(name)
        if is_sealed(world):
            probe(world)
    except Unavailable as missing:
        pytest.skip(missing.reason)
    return world


@cache
def built(ta: str, sealed: bool) -> Built:
    """A TA of tests/ta. Built once for all worlds of its kind."""
    return build(read(TAS / ta), Options(sealed=sealed))


class Ran:
    """What a client application left."""

    def __init__(self, program: Built, world: World, *arguments: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            ledger = Path(folder) / "ledger.json"
            told = {**environment(world, program, False), "WORLDGATE_LEDGER": str(ledger)}
            done = subprocess.run(
                [str(program.client), *arguments],
                env=told,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            self.ledger: dict[str, Any] = json.loads(ledger.read_text()) if ledger.exists() else {}
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def answers(self) -> dict[str, str]:
        """The lines of the form 'name: answer'; the last of a name counts."""
        return dict(line.split(": ", 1) for line in self.out.splitlines() if ": " in line)

    def of_worlds(self, counter: str) -> int:
        """A counter summed over the TA's instances."""
        return sum(int(world[counter]) for world in self.ledger["worlds"])


def run(ta: str, world: World, *arguments: str) -> Ran:
    """Runs the client of a TA of tests/ta."""
    return Ran(built(ta, is_sealed(world)), world, *arguments)


def sources(folder: Path) -> str:
    """All C text below a folder."""
    return "".join(path.read_text() for path in sorted(folder.rglob("*.[ch]")))


def machine() -> str:
    """x86_64 or aarch64."""
    return os.uname().machine
