# SPDX-License-Identifier: Apache-2.0
"""Whether a library can be preloaded into a program at all. A program that the loader would start without it
is refused with the reason."""

from __future__ import annotations

import os
import shutil
import stat
import struct
from pathlib import Path

from worldgate.errors import Unavailable, WorldgateError, one_line

_ELF = b"\x7fELF"
_HEAD_BYTES = 64
_INTERPRETER = 3  # program header PT_INTERP
_MOST_HEADERS = 512
_SCRIPT_BYTES = 256
_MACHINES = {3: "x86", 40: "ARM", 62: "x86-64", 183: "aarch64", 243: "RISC-V"}


def find_program(word: str) -> Path:
    """The file that a shell would run."""
    found = shutil.which(word)
    if found is None:
        name = one_line(word)
        raise WorldgateError(f"{name}: no such program; give its path, as in ./{name.rsplit('/', 1)[-1]}")
    return Path(found)


def check(program: Path, library: Path) -> None:
    """Raises where the library would not be loaded into the program."""
    name = one_line(str(program))
    if program.stat().st_mode & (stat.S_ISUID | stat.S_ISGID) or _has_capabilities(program):
        raise WorldgateError(
            f"{name}: it gets rights of its own (set-uid, set-gid or capabilities), so the loader preloads "
            "nothing; trace a copy of it without them"
        )
    if not library.is_file():
        raise Unavailable(f"{one_line(str(library))}: no such library; 'worldgate trace build' makes one")
    if any(letter in str(library) for letter in " :"):
        raise WorldgateError(
            f"{one_line(str(library))}: the loader takes no path with spaces or colons; move it"
        )
    _check_kind(name, _interpreter(program), library)


def _check_kind(name: str, program: Path, library: Path) -> None:
    ours, theirs = _elf(library), _elf(program)
    if ours is None:
        raise WorldgateError(f"{one_line(str(library))}: not a library; give libworldgate-trace.so")
    if theirs is None:
        raise WorldgateError(f"{name}: neither an ELF program nor a script that names one; give one that is")
    if ours[:2] != theirs[:2]:
        kinds = [
            f"{_MACHINES.get(machine, 'another processor')} ({bits} bits)"
            for bits, machine, _ in (theirs, ours)
        ]
        raise WorldgateError(
            f"{name}: it is for {kinds[0]} and the library for {kinds[1]}; build another by "
            "'worldgate trace build' and give it with --library"
        )
    if not theirs[2]:
        raise WorldgateError(
            f"{name}: it is linked statically: no library can stand before libteec; link it dynamically"
        )


def _has_capabilities(program: Path) -> bool:
    try:
        return bool(os.getxattr(program, "security.capability"))
    except OSError:
        return False


def _interpreter(program: Path) -> Path:
    """The program itself, or what a script is run by."""
    with program.open("rb") as file:
        head = file.read(_SCRIPT_BYTES)
    if not head.startswith(b"#!"):
        return program
    words = head[2:].split(b"\n", 1)[0].split()
    found = shutil.which(os.fsdecode(words[0])) if words else None
    return Path(found) if found else program


def _elf(path: Path) -> tuple[int, int, bool] | None:
    """Bits, processor, and whether a loader starts it; None: not an ELF file of a little-endian machine."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if len(head) < 52 or not head.startswith(_ELF) or head[4] not in (1, 2) or head[5] != 1:
            return None
        bits = 32 * head[4]
        machine = struct.unpack_from("<H", head, 18)[0]
        if bits == 64 and len(head) < 64:
            return None
        start = struct.unpack_from("<Q", head, 32)[0] if bits == 64 else struct.unpack_from("<I", head, 28)[0]
        size, count = struct.unpack_from("<HH", head, 54 if bits == 64 else 42)
        if size < 4 or count > _MOST_HEADERS or start > path.stat().st_size:
            return None
        file.seek(start)
        table = file.read(size * count)
    types = [struct.unpack_from("<I", table, at)[0] for at in range(0, len(table) - 3, size)]
    return bits, machine, _INTERPRETER in types
