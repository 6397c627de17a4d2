# SPDX-License-Identifier: Apache-2.0
"""What a trusted application's folder holds: sources, flags, identity, and its client application."""

from __future__ import annotations

import re
import subprocess
import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from worldgate.errors import WorldgateError
from worldgate.ta import submk

HEADER = "user_ta_header_defines.h"
LIST = "sources.txt"
_REQUIRED = ("TA_UUID", "TA_FLAGS", "TA_STACK_SIZE", "TA_DATA_SIZE")


@dataclass(frozen=True)
class SourceFile:
    """One C file of the TA with the flags that are its own."""

    path: Path
    flags: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    include_dirs: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Source:
    """A TA and its client application, checked and ready to be compiled."""

    folder: Path
    files: tuple[SourceFile, ...]
    flags: tuple[str, ...]
    include_dirs: tuple[Path, ...]
    client_files: tuple[Path, ...]
    client_include_dirs: tuple[Path, ...]
    binary: str | None
    old_api: bool

    @property
    def name(self) -> str:
        """A short name for messages and files."""
        return self.folder.parent.name if self.folder.name == "ta" else self.folder.name


def find(folder: Path) -> tuple[Path, Path | None]:
    """The folder of the TA and that of its client application, from either or from the one above both."""
    if not folder.is_dir():
        raise WorldgateError(f"{folder}: no such folder; give the folder of a trusted application")
    folder = folder.resolve()
    for ta in (folder, folder / "ta"):
        if (ta / HEADER).is_file() or (ta / "sub.mk").is_file():
            host = ta.parent / "host" if ta.name == "ta" else ta / "host"
            return ta, host if host.is_dir() else None
    raise WorldgateError(f"{folder}: no {HEADER} here or in ta/; give the folder of a trusted application")


def read(folder: Path, client: Sequence[Path] = (), *, needs_client: bool = True) -> Source:
    """Reads a TA's folder. client: the client's C files, instead of those in host/."""
    ta, host = find(folder)
    if not (ta / HEADER).is_file():
        raise WorldgateError(f"{ta}: {HEADER} is missing; it says the TA's UUID, flags, stack and heap size")
    if (ta / "sub.mk").is_file():
        facts = submk.evaluate(ta)
    else:
        facts = submk.MakeFacts(sources=[submk.MakeSource(name) for name in _listed(ta)])
        facts.incdirs = ["include"] if (ta / "include").is_dir() else []
    _refuse(ta, facts)
    include_dirs = (ta, *(ta / name for name in facts.incdirs))
    client_files = _client_files(host, client, ta) if needs_client else ()
    places = dict.fromkeys(file.parent for file in client_files)
    beside = [place / "include" for place in places if (place / "include").is_dir()]
    return Source(
        folder=ta,
        files=tuple(_file(ta, source) for source in facts.sources),
        flags=(*_configuration(facts), *facts.cppflags, *facts.cflags),
        include_dirs=include_dirs,
        client_files=client_files,
        client_include_dirs=(*places, *beside, *include_dirs[1:], ta),
        binary=facts.binary,
        old_api=facts.configuration.get("CFG_TA_OPTEE_CORE_API_COMPAT_1_1") == "y",
    )


def identity(source: Source, compiler: str, flags: Sequence[str]) -> uuids.UUID:
    """The UUID as the preprocessor sees it; also checks that the other definitions are there."""
    probe = f'#include "{HEADER}"\n' + "".join(f"worldgate_{name} {name}\n" for name in _REQUIRED)
    answer = subprocess.run(
        [compiler, *flags, "-E", "-P", "-x", "c", "-"], input=probe, capture_output=True, text=True,
        errors="replace", timeout=60, check=False, cwd=source.folder,
    )  # fmt: skip
    header = source.folder / HEADER
    if answer.returncode:
        why = next((line for line in answer.stderr.splitlines() if "error" in line), "the compiler failed")
        raise WorldgateError(f"{header}: {why}")
    found = dict(re.findall(r"^worldgate_(\w+) ([^\n]*(?:\n(?!worldgate_)[^\n]*)*)", answer.stdout, re.M))
    for name in _REQUIRED:
        if found.get(name, name).strip() in ("", name):
            raise WorldgateError(f"{header}: {name} is not defined")
    value = _uuid(found["TA_UUID"])
    if value is None:
        raise WorldgateError(
            f"{header}: TA_UUID is not {{ time_low, mid, hi, {{ 8 bytes }} }}: {found['TA_UUID']}"
        )
    if source.binary is not None and source.binary.lower() != str(value):
        raise WorldgateError(
            f"{source.folder}: BINARY in the makefile is {source.binary}, but TA_UUID in {HEADER} is {value}"
        )
    return value


def _uuid(text: str) -> uuids.UUID | None:
    """From the C initialiser of a TEE_UUID."""
    numbers = [int(number, 0) for number in re.findall(r"\b(?:0[xX][0-9a-fA-F]+|\d+)", text)]
    if len(numbers) != 11:
        return None
    limits = [0xFFFFFFFF, 0xFFFF, 0xFFFF, *[0xFF] * 8]
    if any(number > limit for number, limit in zip(numbers, limits, strict=True)):
        return None
    low, mid, high, *rest = numbers
    return uuids.UUID(f"{low:08x}{mid:04x}{high:04x}{bytes(rest).hex()}")


def _listed(ta: Path) -> list[str]:
    """The sources of a folder without sub.mk: the list file, else every C file."""
    if not (ta / LIST).is_file():
        return sorted(path.name for path in ta.glob("*.c"))
    lines = (line.partition("#")[0].strip() for line in (ta / LIST).read_text().splitlines())
    return [line for line in lines if line]


def _refuse(ta: Path, facts: submk.MakeFacts) -> None:
    """What this gate cannot build, in one line each."""
    if facts.libraries:
        raise WorldgateError(
            f"{ta}: links the library {facts.libraries[0]}; only sources can be built here: "
            "name the library's sources in srcs-y or srcs_ext-y"
        )
    if facts.generated:
        raise WorldgateError(
            f"{ta}/sub.mk: generates {facts.generated[0]}; generate it first and name it in srcs-y"
        )
    if not facts.sources:
        raise WorldgateError(
            f"{ta}: no sources; name them in srcs-y of sub.mk, in {LIST}, or put *.c files there"
        )
    for source in facts.sources:
        path = ta / source.path
        if path.suffix not in (".c", ".S", ".s"):
            raise WorldgateError(f"{path}: only C and assembly sources can be built")
        if not path.is_file():
            raise WorldgateError(f"{path}: no such source file")


def _configuration(facts: submk.MakeFacts) -> list[str]:
    """CFG_ settings as the dev kit passes them, and the level of the trace macros."""
    settings = [f"-D{name}={'1' if value == 'y' else value}" for name, value in facts.configuration.items()]
    level = facts.log_level or "2"
    return [*sorted(settings), f"-DTRACE_LEVEL={level}"]


def _file(ta: Path, source: submk.MakeSource) -> SourceFile:
    return SourceFile(
        path=(ta / source.path).resolve(),
        flags=(*source.cppflags, *source.cflags),
        removed=tuple(source.remove),
        include_dirs=tuple(ta / name for name in source.incdirs),
    )


def _client_files(host: Path | None, given: Sequence[Path], ta: Path) -> tuple[Path, ...]:
    if given:
        for path in given:
            if not path.is_file():
                raise WorldgateError(f"{path}: no such client source")
        return tuple(path.resolve() for path in given)
    found = tuple(sorted(host.glob("*.c"))) if host is not None else ()
    if not found:
        raise WorldgateError(f"{ta}: no client application in host/; name its C files with --client")
    return found
