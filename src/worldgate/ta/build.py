# SPDX-License-Identifier: Apache-2.0
"""Builds a user's TA and its client application against the gate of this machine.

For a sealed world the TA is linked into an executable of its own and the client has none of its code: it
finds the gate in a shared library, as a client on a board finds libteec. For the normal world the TA and the
gate are linked into the client.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from worldgate.ta import audit
from worldgate.ta import source as ta_source
from worldgate.ta.source import Source
from worldgate.ta.tools import Cache, Sdk, Toolchain, default_cache, find_sdk, find_toolchain, run

SYMBOL = "worldgate_user_ta"
_COMMON = ("-std=gnu11", "-g", "-fno-common", "-fPIE", "-fdiagnostics-color=auto")
_WARNINGS = ("-Wall", "-Werror=implicit-function-declaration", "-Werror=incompatible-pointer-types")
_SANITIZE = (
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
    "-fno-omit-frame-pointer",
    "-O1",
)
_LIBRARIES = ("-l:libcrypto.so.3", "-ldl", "-lm", "-lpthread")

# The C library's functions behind the checked heap of a sanitized build (core/load/wg_ta_checked.c).
_CHECKED = (
    "TEE_Malloc",
    "TEE_Realloc",
    "TEE_Free",
    "wg_ta_malloc",
    "wg_ta_calloc",
    "wg_ta_realloc",
    "wg_ta_memalign",
    "wg_ta_strdup",
    "wg_ta_strndup",
    "wg_ta_free",
)

# What a TA asks of the world outside, which the fuzzer answers itself (core/load/wg_ta_fuzz.c).
_FUZZED = ("TEE_Wait", "TEE_GenerateRandom", "TEE_tcpSocket", "TEE_udpSocket")


@dataclass(frozen=True)
class Options:
    """How to build.

    sealed: the TA in an executable of its own and not in the client, as every world but the normal one needs.
    fuzz: with sanitize, and the fuzzer's answers in place of the outside's. client_flags: for the client's
    compiler and linker. keep: the folder for what is built.
    """

    sealed: bool = False
    sanitize: bool = False
    fuzz: bool = False
    client_flags: tuple[str, ...] = ()
    keep: Path | None = None


@dataclass(frozen=True)
class Built:
    """What was built. world: the executable of a sealed world, None for the normal world."""

    uuid: UUID
    client: Path
    world: Path | None


class Builder:
    """One TA's build. Nothing is built twice from the same sources, flags and tools."""

    def __init__(self, source: Source, options: Options) -> None:
        self.source = source
        self.options = options
        self.sdk: Sdk = find_sdk()
        self.tools: Toolchain = find_toolchain()
        self.cache: Cache = Cache(options.keep.resolve()) if options.keep else default_cache()

    def identity(self) -> UUID:
        """Who the TA says it is."""
        return ta_source.identity(
            self.source, self.tools.compiler[0], [*self.tools.compiler[1:], *self._ta_flags()]
        )

    def world(self, ta: Path) -> Path:
        """The executable of the sealed worlds."""
        script = self.sdk.share("wg_ta_init.ld")
        flags = [*self._mode(), "-pie", "-Wl,-z,relro,-z,now,-z,noexecstack", f"-Wl,-T,{script}"]
        archive = self.sdk.folder / "lib" / "libworldgate_world.a"
        whole = ["-Wl,--whole-archive", str(archive), "-Wl,--no-whole-archive"]
        return self._link("world", [ta, self._table()], flags, [*whole, self.sdk.library])

    def client(self, ta: Path | None, files: Sequence[Path]) -> Path:
        """The client application, with the TA in it where one is given."""
        objects = self._compile_all([(file, self._client_flags()) for file in files])
        flags = [*self._mode(), "-pie", *self.options.client_flags]
        if ta:
            return self._link("client", [*objects, ta, self._table()], flags, [self.sdk.library])
        place = ["-Xlinker", "-rpath", "-Xlinker", str(self.sdk.gate.parent)]
        return self._link("client", objects, [*flags, *place], [self.sdk.gate])

    def ta(self) -> Path:
        """The TA as one object that shows a single symbol."""
        flags = self._ta_flags()
        jobs = [(file.path, self._file_flags(file, flags)) for file in self.source.files]
        header = [*flags, f"-DWG_TA_SYMBOL={SYMBOL}", f'-DWG_TA_NAME="{self.source.name}"']
        objects = self._compile_all([*jobs, (self.sdk.share("wg_ta_header.c"), header)])
        for file, made in zip(self.source.files, objects, strict=False):
            audit.check_object(self.tools.readelf, file.path, made)
        whole = self._combine(objects)
        audit.check_names(self.tools.readelf, whole, SYMBOL)
        return whole

    def _mode(self) -> tuple[str, ...]:
        return _SANITIZE if self.options.sanitize else ("-O2",)

    def _ta_flags(self) -> list[str]:
        """For every source of the TA; its own settings come last."""
        places = [f"-I{place}" for place in (*self.source.include_dirs, self.sdk.include)]
        coverage = ["-fsanitize-coverage=trace-pc"] if self.options.fuzz else []
        always = [*coverage, "-U_GNU_SOURCE", "-include", str(self.sdk.include / "wg_ta_libc.h")]
        return [*_COMMON, *_WARNINGS, *self._mode(), *always, *places, *self.source.flags]

    def _file_flags(self, file: ta_source.SourceFile, flags: Sequence[str]) -> list[str]:
        own = [f"-I{place}" for place in file.include_dirs]
        kept = [flag for flag in (*flags, *file.flags) if flag not in file.removed]
        if file.path.suffix != ".c":
            at = kept.index("-include")
            del kept[at : at + 2]
        return [*own, *kept]

    def _client_flags(self) -> list[str]:
        places = [f"-I{place}" for place in self.source.client_include_dirs]
        return [
            *_COMMON,
            "-Wall",
            *self._mode(),
            *places,
            "-idirafter",
            str(self.sdk.include),
            *self._compile_only(),
        ]

    def _compile_only(self) -> list[str]:
        return [flag for flag in self.options.client_flags if not flag.startswith(("-l", "-L", "-Wl,"))]

    def _compile_all(self, jobs: Sequence[tuple[Path, list[str]]]) -> list[Path]:
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return list(pool.map(lambda job: self._compile(*job), jobs))

    def _compile(self, file: Path, flags: list[str]) -> Path:
        """One object, known by the preprocessed text and the flags."""
        what = f"{file} does not compile{self._hint()}"
        command = [*self.tools.compiler, *flags]
        text = run([*command, "-E", file], what)
        path, there = self.cache.find(".o", self.tools.key, "\0".join(flags), text)
        if there:
            return path
        return self._make(path, [*command, "-c", file, "-o"], what)

    def _hint(self) -> str:
        if not self.source.old_api:
            return ""
        return " (its makefile asks for the Internal Core API 1.1 with uint32_t sizes; here they are size_t)"

    def _make(self, path: Path, command: Sequence[str | Path], what: str) -> Path:
        """Runs a command that writes the file given by -o at its end. The file appears whole."""
        new = self.cache.temporary(path.suffix)
        try:
            run([*command, new], what)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        return path

    def _table(self) -> Path:
        """The list of the TAs in an executable: this one."""
        text = (
            '#include "wg_instance.h"\n'
            f"extern const struct wg_ta {SYMBOL};\n"
            f"const struct wg_ta *const wg_tas[] = {{&{SYMBOL}, NULL}};\n"
        )
        file, there = self.cache.find(".c", "table", text)
        if not there:
            new = self.cache.temporary(".c")
            new.write_text(text)
            new.replace(file)
        return self._compile(file, [*_COMMON, *self._mode(), f"-I{self.sdk.include}"])

    def _combine(self, objects: Sequence[Path]) -> Path:
        """Binds the TA's objects together and hides all but its description, so that names cannot clash."""
        kind = "fuzzed" if self.options.fuzz else "checked" if self.options.sanitize else "plain"
        path, there = self.cache.find(".ta.o", self.tools.key, kind, *(item.name for item in objects))
        if there:
            return path
        what = f"{self.source.folder} does not link"
        join: list[str | Path] = [self.tools.linker, "-r", *objects, "-o"]
        joined = self._make(path.with_suffix(".joined"), join, what)
        renamed = (
            [f"--redefine-sym={name}=wg_checked_{name}" for name in _CHECKED] if self.options.sanitize else []
        )
        renamed += [f"--redefine-sym={name}=wg_fuzz_{name}" for name in _FUZZED] if self.options.fuzz else []
        command: list[str | Path] = [self.tools.objcopy, f"--keep-global-symbol={SYMBOL}", *renamed, joined]
        return self._make(path, command, what)

    def _link(
        self, suffix: str, objects: Sequence[Path], flags: Sequence[str], libraries: Sequence[str | Path]
    ) -> Path:
        if self.options.sanitize:
            checked = self._compile(
                self.sdk.share("wg_ta_checked.c"), [*_COMMON, "-O1", f"-I{self.sdk.include}"]
            )
            objects = [*objects, checked]
            libraries = ["-Wl,--wrap=wg_instance_stop", *libraries]
        parts = [suffix, self.tools.key, self.sdk.key, "\0".join(flags), *(item.name for item in objects)]
        path, there = self.cache.find(f".{suffix}", *parts)
        if there:
            return path
        whole: list[str | Path] = [*objects, *libraries, *flags, *_LIBRARIES]
        what = f"{self.source.folder}: the {suffix} does not link"
        return self._make(path, [*self.tools.compiler, *whole, "-o"], what)


def build(source: Source, options: Options, client: Sequence[Path] | None = None) -> Built:
    """Builds the client application and the TA. client: other C files than the source's."""
    builder = Builder(source, options)
    uuid = builder.identity()
    ta = builder.ta()
    files = source.client_files if client is None else client
    made = Built(
        uuid,
        builder.client(None if options.sealed else ta, files),
        builder.world(ta) if options.sealed else None,
    )
    if options.keep is None:
        builder.cache.prune()
        return made
    kind = "sealed" if options.sealed else "sanitized" if options.sanitize else "normal"
    world = _named(made.world, builder.cache.folder / "world") if made.world else None
    return Built(uuid, _named(made.client, builder.cache.folder / f"client-{kind}"), world)


def _named(made: Path, to: Path) -> Path:
    """The program once more under a name that a person finds."""
    new = to.with_name(to.name + ".new")
    shutil.copy2(made, new)
    new.replace(to)
    return to
