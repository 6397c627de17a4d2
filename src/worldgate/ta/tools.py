# SPDX-License-Identifier: Apache-2.0
"""The compiler and its companions, the installed SDK, and the cache of what was built before."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import worldgate
from worldgate.errors import Unavailable, WorldgateError

_TIMEOUT_S = 600.0
_CACHE_FILES_MAX = 400


@dataclass(frozen=True)
class Sdk:
    """Headers, libraries and sources that a TA is built with, as installed in the package."""

    folder: Path

    @property
    def include(self) -> Path:
        return self.folder / "include"

    @property
    def library(self) -> Path:
        """The gate for what has TAs linked in."""
        return self.folder / "lib" / "libworldgate.a"

    @property
    def gate(self) -> Path:
        """The gate in the role of libteec, for client applications."""
        return self.folder / "lib" / "libworldgate-teec.so"

    @property
    def trace(self) -> Path:
        """What is preloaded before a libteec."""
        return self.folder / "lib" / "libworldgate-trace.so"

    def share(self, name: str) -> Path:
        return self.folder / "share" / name

    @cached_property
    def key(self) -> str:
        """Changes with everything that is linked into a program."""
        state = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                state.update(f"{path.relative_to(self.folder)}\0".encode())
                state.update(hashlib.sha256(path.read_bytes()).digest())
        return state.hexdigest()


def find_sdk() -> Sdk:
    """The SDK beside the package's modules."""
    for place in worldgate.__path__:
        sdk = Sdk(Path(place) / "sdk")
        if sdk.library.is_file():
            return sdk
    raise Unavailable(
        "this installation has no SDK for TAs; install worldgate as a wheel (pip install worldgate)"
    )


@dataclass(frozen=True)
class Toolchain:
    """A C compiler and the binutils that belong to it."""

    compiler: tuple[str, ...]
    linker: str
    objcopy: str
    readelf: str

    @cached_property
    def key(self) -> str:
        """Changes with the compiler."""
        answer = subprocess.run([*self.compiler, "--version"], capture_output=True, text=True, check=False)
        return " ".join(self.compiler) + answer.stdout


def find_toolchain() -> Toolchain:
    """CC of the environment, else cc, gcc or clang; ld, objcopy and readelf of the system."""
    wanted = shlex.split(os.environ.get("CC", ""))
    names = [wanted] if wanted else [["cc"], ["gcc"], ["clang"]]
    compiler = next((name for name in names if shutil.which(name[0])), None)
    if compiler is None:
        raise Unavailable(
            f"no C compiler ({' or '.join(name[0] for name in names)}): install gcc and libc6-dev"
        )
    found = {name: shutil.which(name) for name in ("ld", "objcopy", "readelf")}
    for name, path in found.items():
        if path is None:
            raise Unavailable(f"{name} is missing: install the package binutils")
    return Toolchain(tuple(compiler), str(found["ld"]), str(found["objcopy"]), str(found["readelf"]))


def run(command: Sequence[str | Path], what: str, *, folder: Path | None = None) -> bytes:
    """Standard output. What the tool complains of is shown as it is; a failure is one more line."""
    words = [str(word) for word in command]
    try:
        answer = subprocess.run(
            words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise WorldgateError(f"{what}: {words[0]} did not end in {_TIMEOUT_S:.0f} s") from None
    except OSError as error:
        raise Unavailable(f"{what}: {words[0]} cannot be run: {error.strerror}") from None
    sys.stderr.write(answer.stderr.decode(errors="replace"))
    sys.stderr.flush()
    if answer.returncode:
        raise WorldgateError(f"{what}; mend what {Path(words[0]).name} says above")
    return answer.stdout


class Cache:
    """Files by what they were made from. Safe for several programs at once: files appear whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorldgateError(
                f"{folder}: cannot keep built files there ({error.strerror}); "
                "set XDG_CACHE_HOME or give --keep DIR"
            ) from None

    def find(self, suffix: str, *parts: str | bytes) -> tuple[Path, bool]:
        """Where the file made from these parts is or belongs, and whether it is there."""
        state = hashlib.sha256()
        for part in parts:
            data = part if isinstance(part, bytes) else part.encode(errors="surrogateescape")
            state.update(len(data).to_bytes(8, "little"))
            state.update(data)
        path = self.folder / (state.hexdigest()[:40] + suffix)
        if not path.is_file():
            return path, False
        os.utime(path)
        return path, True

    def temporary(self, suffix: str) -> Path:
        """A new name in the same folder, for rename."""
        descriptor, name = tempfile.mkstemp(prefix="new-", suffix=suffix, dir=self.folder)
        os.close(descriptor)
        return Path(name)

    def prune(self) -> None:
        """Forgets what was not used for longest."""
        files = []
        for path in self.folder.iterdir():
            try:
                files.append((path.stat().st_mtime, path))
            except OSError:
                continue
        for _, path in sorted(files)[:-_CACHE_FILES_MAX]:
            path.unlink(missing_ok=True)


def default_cache() -> Cache:
    """The user's."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Cache(Path(base) / "worldgate" / "ta")
