# SPDX-License-Identifier: Apache-2.0
"""Meson wants every file by name. Says which source no meson.build names, so that none is left out
of the wheel or of the tests unnoticed."""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
SOURCES = (
    "src/**/*.py",
    "src/**/*.toml",
    "experiments/*.toml",
    "core/**/*.c",
    "device/**/*.c",
    "ta/**/*.c",
    "benchmarks/**/*.c",
    "tests/core/test_*.c",
    "tests/trace/test_*.c",
    "tests/fuzz/*.c",
)
# In these folders a name stands for a file of this prefix.
PREFIXES = {"tests/core": "test_", "tests/trace": "test_", "tests/fuzz": "fuzz_"}


def named() -> set[Path]:
    """Every file that a meson.build could mean by what it quotes."""
    files = set()
    for build in TOP.glob("**/meson.build"):
        folder = build.parent
        prefix = PREFIXES.get(str(folder.relative_to(TOP)), "")
        for word in re.findall(r"'([\w./-]+)'", build.read_text()):
            files |= {(folder / word).resolve(), folder / f"{prefix}{word}.c"}
    return files


def main() -> int:
    """1 where something is missing."""
    known = named()
    missing = sorted(path for pattern in SOURCES for path in TOP.glob(pattern) if path not in known)
    for path in missing:
        print(f"{path.relative_to(TOP)}: in no meson.build; add it to that of its folder", file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
