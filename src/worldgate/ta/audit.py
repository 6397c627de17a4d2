# SPDX-License-Identifier: Apache-2.0
"""Looks at a TA's objects before they are linked into a world.

Nothing of a TA may run before the seal, and nothing of it may change what does. Constructors are fine: the
world runs them behind its seal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from worldgate.errors import WorldgateError, one_line
from worldgate.ta.tools import run

# Sections of a TA by the beginnings of their names. Whatever else begins with a dot could mean something
# to the linker or the dynamic linker: .preinit_array, .init, .interp, .got. Other names mean nothing to them.
_KNOWN = (
    ".text",
    ".data",
    ".bss",
    ".rodata",
    ".tdata",
    ".tbss",
    ".lrodata",
    ".ldata",
    ".lbss",
    ".init_array",
    ".fini_array",
    ".ctors",
    ".dtors",
    ".eh_frame",
    ".gcc_except_table",
    ".comment",
    ".note",
    ".debug",
    ".group",
    ".symtab",
    ".strtab",
    ".shstrtab",
    ".llvm_addrsig",
)
_SECTION = re.compile(r"^ *\[ *\d+\] (\S+) +(\S+) +[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ +(.*)$")
_SYMBOL = re.compile(r"^ *\d+: +[0-9a-f]+ +\S+ (\S+) +(\S+) +\S+ .*?(\S+) (\S+)$")
# Relocations that only a dynamic linker works through; a compiler never makes them.
_DYNAMIC = re.compile(r"\bR_\w+_(IRELATIV\w*|RELATIVE\w*|COPY|GLOB_DAT?|JUMP_SLO?T?)\b")


def _listing(readelf: str, what: str, made: Path) -> list[str]:
    return run([readelf, what, made], f"{made} cannot be looked at").decode(errors="replace").splitlines()


def check_object(readelf: str, file: Path, made: Path) -> None:
    """Refuses what was made from the file where it holds something that would count before the seal."""
    for line in _listing(readelf, "-SsrW", made):
        symbol = _SYMBOL.match(line)
        if symbol and symbol[1] == "IFUNC":
            raise WorldgateError(
                f"{file}: '{one_line(symbol[4])}' is an IFUNC symbol, whose resolver would run before the "
                "world is sealed; choose the variant at the first call instead"
            )
        section = _SECTION.match(line)
        if section and not _is_known(section[1], section[2], section[3].split()):
            raise WorldgateError(
                f"{file}: has a section {one_line(section[1])}, which could be used before the world is "
                "sealed; do it in a constructor or in TA_CreateEntryPoint"
            )
        dynamic = _DYNAMIC.search(line)
        if dynamic:
            raise WorldgateError(
                f"{file}: has a relocation {dynamic[0]}, which no compiler makes; leave it out"
            )


def _is_known(name: str, kind: str, numbers: Sequence[str]) -> bool:
    """numbers: entry size, flags where there are any, link, info, alignment."""
    if name.startswith(".rel"):
        # The relocations of a known section; not relocations of one's own that are copied into the world.
        flags = numbers[1] if len(numbers) == 5 else ""
        belongs = kind == "RELA" and numbers[-2] != "0" and "A" not in flags
        return belongs and name.startswith(".rela") and _has_known_name(name.removeprefix(".rela"))
    return _has_known_name(name)


def _has_known_name(name: str) -> bool:
    if not name.startswith("."):
        return True
    return any(name == known or name.startswith((f"{known}.", f"{known}_")) for known in _KNOWN)


def check_names(readelf: str, made: Path, only: str) -> None:
    """That the TA, bound together, shows one name."""
    for line in _listing(readelf, "-sW", made):
        symbol = _SYMBOL.match(line)
        if symbol and symbol[2] != "LOCAL" and symbol[3] != "UND" and symbol[4] != only:
            raise WorldgateError(
                f"the TA's symbol '{one_line(symbol[4])}' cannot be hidden; make it an ordinary one"
            )
