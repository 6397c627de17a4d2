# SPDX-License-Identifier: Apache-2.0
"""Writes the C source of `worldgate._core`, the binding to the C core (cffi, API mode).

usage: python _core_build.py _core.cdef.h wg_ledger.h tee_client_api.h OUT.c

The declarations of _core.cdef.h are checked against the real headers by the C compiler. What those type once
is taken from them: the members of the ledger and the constants of the Client API.
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

static const TEEC_UUID core_crossing_uuid = CROSSING_TA_UUID;

#define CORE_LEDGER_TEXT(name, text) text,
static const char *const core_ledger_texts[] = {WG_LEDGER_FIELDS(CORE_LEDGER_TEXT)};
"""


def ledger_declarations(header: str) -> str:
    """WG_LEDGER_FIELDS has X(name, "what it counts"): the struct, and the texts in the same order."""
    names = re.findall(r'^\s*X\((\w+), "', header, re.MULTILINE)
    if not names:
        sys.exit('wg_ledger.h: no X(name, "text") found; mend _core_build.py along with it')
    members = "".join(f" uint64_t {name};" for name in names)
    return f"struct wg_ledger {{{members} }};\nstatic const char *const core_ledger_texts[{len(names)}];\n"


def constants(header: str) -> str:
    """Every #define of a plain value whose name the specification gives."""
    names = re.findall(r"^#define (TEEC?_[A-Z0-9_]+)\s+0x", header, re.MULTILINE)
    if not names:
        sys.exit("tee_client_api.h: no constants found; mend _core_build.py along with it")
    return "".join(f"#define {name} ...\n" for name in names)


def main(cdef: str, ledger_header: str, client_header: str, out: str) -> None:
    ffi = cffi.FFI()
    ffi.cdef(ledger_declarations(Path(ledger_header).read_text()))
    ffi.cdef(constants(Path(client_header).read_text()))
    ffi.cdef(Path(cdef).read_text())
    ffi.set_source("worldgate._core", SOURCE)
    ffi.emit_c_code(out)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("usage: python _core_build.py _core.cdef.h wg_ledger.h tee_client_api.h OUT.c")
    main(*sys.argv[1:])
