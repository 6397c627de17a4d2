# SPDX-License-Identifier: Apache-2.0
"""Builds the tracing library for a board from the sources in this package. It needs a C compiler alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from worldgate.errors import Unavailable, WorldgateError, one_line
from worldgate.ta.tools import find_sdk, run

NAME = "libworldgate-trace.so"
FLAGS = ("-std=gnu11", "-O2", "-fPIC", "-fvisibility=hidden", "-D_GNU_SOURCE", "-shared", "-pthread")


def build(prefix: str, folder: Path) -> Path:
    """The library in that folder. prefix: of the compiler's name, as in aarch64-linux-gnu-."""
    compiler = f"{prefix}gcc"
    if shutil.which(compiler) is None:
        raise Unavailable(f"no compiler '{one_line(compiler)}'; install it, or give another --cross-compile")
    sources = find_sdk().share("trace")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorldgateError(f"{one_line(str(folder))}: cannot be made ({error.strerror})") from None
    made = folder / NAME
    script = ["-Xlinker", "--version-script", "-Xlinker", str(sources / "wg_trace.map")]
    command: list[str | Path] = [compiler, *FLAGS, *script, *sorted(sources.glob("*.c")), "-ldl", "-o", made]
    run(command, f"{one_line(str(made))} does not build")
    return made
