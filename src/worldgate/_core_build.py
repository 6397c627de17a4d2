# SPDX-License-Identifier: Apache-2.0
"""Writes the C source of `worldgate._core`, the binding to the C core (cffi, API mode).

usage: python _core_build.py _core.cdef.h wg_ledger.h wg_stage.h tee_client_api.h OUT.c

The declarations of _core.cdef.h are checked against the real headers by the C compiler. What those type once
is taken from them: the members of the ledger, the stages, and the constants of the Client API.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import cffi

SOURCE = """
#include "crossing_ta.h"
#include "tee_client_api.h"
#include "wg_aead.h"
#include "wg_crossing_load.h"
#include "wg_gate.h"
#include "wg_lane_format.h"
#include "wg_ledger.h"
#include "wg_limits.h"
#include "wg_stage.h"

#ifdef __clang__
static const char core_compiler[] = __VERSION__;
#else
static const char core_compiler[] = "gcc " __VERSION__;
#endif

static const TEEC_UUID core_crossing_uuid = CROSSING_TA_UUID;

#define CORE_LEDGER_TEXT(name, text) text,
static const char *const core_ledger_texts[] = {WG_LEDGER_FIELDS(CORE_LEDGER_TEXT)};

#define CORE_STAGE_NAME(name, text) #name,
static const char *const core_stage_names[] = {WG_STAGE_FIELDS(CORE_STAGE_NAME)};
static const char *const core_stage_texts[] = {WG_STAGE_FIELDS(CORE_LEDGER_TEXT)};
"""


def table(file: str, header: str) -> list[str]:
    """The names of a header's X(name, "text")."""
    names = re.findall(r'^\s*X\((\w+), "', header, re.MULTILINE)
    if not names:
        sys.exit(f'{file}: no X(name, "text") found; mend _core_build.py along with it')
    return names


def ledger_declarations(header: str) -> str:
    """WG_LEDGER_FIELDS has X(name, "what it counts"): the struct, and the texts in the same order."""
    names = table("wg_ledger.h", header)
    members = "".join(f" uint64_t {name};" for name in names)
    return f"struct wg_ledger {{{members} }};\nstatic const char *const core_ledger_texts[{len(names)}];\n"


def stage_declarations(header: str) -> str:
    """The names of the stages and what their time goes into, in the order of enum wg_stage_name."""
    count = len(table("wg_stage.h", header))
    return "".join(f"static const char *const core_stage_{kind}[{count}];\n" for kind in ("names", "texts"))


def constants(header: str) -> str:
    """Every #define of a plain value whose name the specification gives."""
    names = re.findall(r"^#define (TEEC?_[A-Z0-9_]+)\s+0x", header, re.MULTILINE)
    if not names:
        sys.exit("tee_client_api.h: no constants found; mend _core_build.py along with it")
    return "".join(f"#define {name} ...\n" for name in names)


def main(cdef: str, ledger_header: str, stage_header: str, client_header: str, out: str) -> None:
    ffi = cffi.FFI()
    ffi.cdef(ledger_declarations(Path(ledger_header).read_text()))
    ffi.cdef(stage_declarations(Path(stage_header).read_text()))
    ffi.cdef(constants(Path(client_header).read_text()))
    ffi.cdef(Path(cdef).read_text())
    ffi.set_source("worldgate._core", SOURCE)
    ffi.emit_c_code(out)


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit("usage: python _core_build.py _core.cdef.h wg_ledger.h wg_stage.h tee_client_api.h OUT.c")
    main(*sys.argv[1:])
