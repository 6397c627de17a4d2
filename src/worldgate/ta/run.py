# SPDX-License-Identifier: Apache-2.0
"""Runs a TA's client application against one world of this machine."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worldgate.errors import Unavailable, WorldgateError
from worldgate.ta.build import Built, Options, build
from worldgate.ta.source import Source
from worldgate.worlds.registry import World, find_world

SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:detect_leaks=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


@dataclass(frozen=True)
class Run:
    """How a client application is run. wrapper: words before it, such as those of a debugger."""

    arguments: tuple[str, ...] = ()
    wrapper: tuple[str, ...] = ()
    ledger: bool = False


def choose_world(name: str | None, sanitize: bool) -> World:
    """The world that was named; compartment, or the normal world for the sanitizers, else."""
    if name is None:
        name = "normal" if sanitize else "compartment"
    world = find_world(name)
    if sanitize and world.kind != "normal":
        raise WorldgateError(
            "--sanitize works in the normal world only; leave out --world or give --world normal"
        )
    return world


def is_sealed(world: World) -> bool:
    """Whether the TA must not be in the client's process."""
    return world.kind != "normal"


def environment(world: World, built: Built, sanitize: bool) -> dict[str, str]:
    """What the client application is told of its world."""
    told = {**os.environ, "WORLDGATE_WORLD": world.text}
    told.pop("WORLDGATE_WORLD_EXE", None)
    if built.world:
        told["WORLDGATE_WORLD_EXE"] = str(built.world)
    if sanitize:
        for name, value in SANITIZER_ENVIRONMENT.items():
            told[name] = f"{value}:{os.environ[name]}" if name in os.environ else value
    return told


def start(command: Sequence[str | Path], told: dict[str, str]) -> int:
    """Runs a program to its end and gives its exit status; 128 + the signal's number where that ended it.
    Ctrl-C is the program's business, which may be a debugger."""
    try:
        child = subprocess.Popen([str(word) for word in command], env=told)
    except OSError as error:
        raise WorldgateError(f"{command[0]} cannot be run: {error.strerror}") from None
    while True:
        try:
            status = child.wait()
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            continue


def run(source: Source, world: World, options: Options, how: Run) -> int:
    """Builds, runs and gives the exit status of the client application."""
    if how.wrapper and shutil.which(how.wrapper[0]) is None:
        raise Unavailable(f"{how.wrapper[0]} is not installed; install it or leave out --wrapper")
    if is_sealed(world):
        # Says why the world cannot be used here; the client could only say that it cannot.
        from worldgate.core import probe

        probe(world)
    built = build(source, options)
    told = environment(world, built, options.sanitize)
    if options.sanitize:
        print("worldgate: ASan and UBSan watch the TA and its client in the normal world", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="worldgate-ta-") as folder:
        if how.ledger:
            told.setdefault("WORLDGATE_LEDGER", str(Path(folder) / "ledger.json"))
        status = start([*how.wrapper, built.client, *how.arguments], told)
        if how.ledger:
            sys.stderr.write(show_ledger(Path(told["WORLDGATE_LEDGER"])))
    return status


def show_ledger(path: Path) -> str:
    """The ledger that a client application left, as a table without the counters that stayed 0."""
    try:
        found = json.loads(path.read_text())
        columns = [("client", _numbers(found["own"]))]
        columns += [(f"{w['uuid'][:8]} ({w['fidelity']})", _numbers(w)) for w in found["worlds"]]
    except (OSError, ValueError, KeyError, TypeError):
        return "worldgate: no ledger: the client ended without opening a gate, or was ended by a signal\n"
    return _table(columns)


def _numbers(counters: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in counters.items() if isinstance(value, int)}


def _table(columns: Sequence[tuple[str, dict[str, int]]]) -> str:
    names = [name for name in columns[0][1] if any(column.get(name) for _, column in columns)]
    rows = [["ledger", *(title for title, _ in columns)]]
    rows += [[name, *(str(column.get(name, "-")) for _, column in columns)] for name in names]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for first, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def split_words(option: str, text: str) -> tuple[str, ...]:
    """The words of an option that holds several."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise WorldgateError(f"{option} {text!r} cannot be split into words: {error}") from None
