# SPDX-License-Identifier: Apache-2.0
"""Writes the corpora of the gate's parsers: parameter blocks and names of worlds, all made here.

Run it after changing it and commit what it wrote:  python3 tests/fuzz/make_gate_corpus.py
"""

from __future__ import annotations

import struct
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
NULL = 2**64 - 1
Param = tuple[int, int, int, int]
NONE: Param = (0, 0, 0, 0)


def message(types: int, *params: Param, kind: int = 2, arena: int = 8192) -> bytes:
    """The size of the arena, then a block as struct wg_message lays it out."""
    block = struct.pack("<HIIII", arena, kind, 0, 1, types)
    for a, b, offset, size in (*params, NONE, NONE, NONE, NONE)[:4]:
        block += struct.pack("<IIQQ", a, b, offset, size)
    return block + struct.pack("<II", 0, 0)


def memory(offset: int, size: int) -> Param:
    """A reference to that part of the arena."""
    return (0, 0, offset, size)


def messages() -> dict[str, bytes]:
    """Every parameter block by its name."""
    return {
        "empty": b"",
        "only-arena": b"\x00\x20",
        "none": message(0),
        "values": message(0x0321, (1, 2, 0, 0), (3, 4, 0, 0), (5, 6, 0, 0)),
        "references": message(0x0765, memory(0, 64), memory(4096, 4096), memory(64, 1)),
        "whole-arena": message(0x0007, memory(0, 8192)),
        "empty-at-the-end": message(0x0005, memory(8192, 0)),
        "null": message(0x0007, memory(NULL, 0)),
        "null-with-size": message(0x0007, memory(NULL, 1)),
        "one-too-long": message(0x0006, memory(4096, 4097)),
        "one-too-far": message(0x0006, memory(8193, 0)),
        "sum-overflows": message(0x0006, memory(4096, 2**64 - 4096)),
        "no-such-type": message(0x0004),
        "type-of-the-client": message(0x000C, memory(0, 8)),
        "fifth-parameter": message(0x10000),
        "no-arena": message(0x0005, memory(0, 0), arena=0),
        "open": message(0x0003, (1, 2, 0, 0), kind=1),
        "quit": message(0, kind=4),
        "cut": message(0x0005, memory(0, 64))[:-1],
        "four-of-each": message(0x7653, (1, 1, 0, 0), memory(0, 1), memory(1, 2), memory(3, 4)),
    }


WORLDS = [
    "normal",
    "compartment",
    "optee",
    "compartment:cpu=1,arena_bytes=1048576,aead=openssl,exe=/bin/x",
    "emulated:profile=x,transition_ns=8000,rpc_ns=1.5e4,copy_ns_per_kib=0,temporary_ns_per_kib=3",
    "emulated:transition_ns=1,heap_bytes=65536,fault_ns=12000",
    "optee:device=tee0,library=/usr/lib/libteec.so.1",
    "normal:cpu=1",
    "emulated",
    "compartment:,",
    "compartment:cpu=99999999999999999999",
    "emulated:transition_ns=nan",
    "emulated:transition_ns=0x1p3",
    "emulated:transition_ns=1,heap_bytes=1099511627777,fault_ns=1",
    "compartment:aead=0123456789abcdef",
    "nowhere:a=b",
]


def write(name: str, files: dict[str, bytes]) -> None:
    """Replaces the files of one corpus."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for file, data in files.items():
        (folder / file).write_bytes(data)


if __name__ == "__main__":
    write("message", messages())
    write("world_spec", {f"{i:02}": text.encode() for i, text in enumerate(WORLDS)})
