# SPDX-License-Identifier: Apache-2.0
"""The trace file, as device/trace/wg_trace_format.h lays it out. It may come from anywhere: nothing in it is
believed before it was looked at."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from worldgate.errors import WorldgateError, one_line

MAGIC = b"WGTRACE\n"
VERSION = 1
HEADER_BYTES = 4096
RECORD_BYTES = 128
BLOCK_BYTES = 65536
UNKNOWN = 0xFFFFFFFF
TOO_LARGE = 0xFFFFFFFF
STATE_ENDED = 1
CLOCKS = {1: "time stamp counter", 2: "virtual counter", 3: "CLOCK_MONOTONIC_RAW"}
NANOSECONDS = 3
FUNCTIONS = (
    "",
    "TEEC_InitializeContext",
    "TEEC_FinalizeContext",
    "TEEC_RegisterSharedMemory",
    "TEEC_AllocateSharedMemory",
    "TEEC_ReleaseSharedMemory",
    "TEEC_OpenSession",
    "TEEC_CloseSession",
    "TEEC_InvokeCommand",
    "TEEC_RequestCancellation",
)
INITIALIZE, FINALIZE, REGISTER, ALLOCATE, RELEASE, OPEN, CLOSE, INVOKE, CANCEL = range(1, 10)
APPENDING, APPENDED = 101, 102  # what the first record of a live block may be instead of a call
INTO, OUT_OF, NULL = 1, 2, 4  # of a parameter's flags

_HEADER = struct.Struct("<8sIIIIIIIIQ9QII10QQII512s512s2848s")
_MARK = struct.Struct("<16xQ38xH64x")  # object and function
_END = struct.Struct("<8xQ46xH64x")  # ended and function
_RECORD = struct.Struct("<QQQ16sIIII4BHHQIIQIIQIIQII")
_FUNCTION_AT = 62
_HZ_BOUNDS = (1e5, 1e11)
_SPAN_LEAST_NS = 1000  # between two readings of both clocks, to know the rate of one from the other
assert _HEADER.size == HEADER_BYTES
assert _RECORD.size == _MARK.size == _END.size == RECORD_BYTES


class Moment(NamedTuple):
    """Both clocks and the processor time of the process, at one moment."""

    ticks: int
    raw_ns: int
    cpu_ns: int


class Param(NamedTuple):
    """One parameter of an operation. type as TEEC_PARAM_TYPES has it; memory: address of a shared memory."""

    type: int
    flags: int
    memory: int
    before: int
    after: int


class Call(NamedTuple):
    """One record. Times are ticks."""

    function: int
    began: int
    ended: int
    object: int
    detail: bytes
    thread: int
    command: int
    result: int
    origin: int
    params: tuple[Param, ...]


@dataclass(frozen=True)
class Header:
    """Whose trace it is. None: unknown."""

    clock: int
    process: int
    parent: int
    ended: bool
    started_unix_ns: int
    start: Moment
    last: Moment
    capabilities: int | None
    dropped: dict[int, int]  # function -> calls
    most_bytes: int
    cpu: int | None  # None: not pinned to one
    library: str
    world: str
    command: tuple[str, ...]

    @property
    def ns_per_tick(self) -> float | None:
        """None where the file ends too early to tell, or its clocks do not make sense."""
        if self.clock == NANOSECONDS:
            return 1.0
        ticks, span = self.last.ticks - self.start.ticks, self.last.raw_ns - self.start.raw_ns
        if ticks <= 0 or span < _SPAN_LEAST_NS:
            return None
        low, high = _HZ_BOUNDS
        return span / ticks if low <= ticks * 1e9 / span <= high else None


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def read_header(data: bytes, name: str) -> Header:
    """name is what an error calls the file."""
    if not data.startswith(MAGIC):
        raise WorldgateError(f"{name}: not a trace file; give one that libworldgate-trace.so wrote")
    if len(data) < HEADER_BYTES:
        raise WorldgateError(
            f"{name}: a trace file cut off after {len(data)} bytes, within its header; copy it again"
        )
    fields = _HEADER.unpack(data[:HEADER_BYTES])
    version, sizes, clock = fields[1], fields[2:5], fields[5]
    if version != VERSION:
        raise WorldgateError(
            f"{name}: a trace file of version {version}, and this program reads {VERSION}; "
            "use the program and the library of one version of Worldgate"
        )
    if sizes != (HEADER_BYTES, RECORD_BYTES, BLOCK_BYTES) or clock not in CLOCKS:
        raise WorldgateError(f"{name}: a broken trace file, its header makes no sense; copy it again")
    moments = [Moment(*fields[at : at + 3]) for at in (10, 13, 16)]
    count, capabilities = fields[19], fields[20]
    dropped = {function: calls for function, calls in enumerate(fields[21:31]) if function and calls}
    words = fields[36].rstrip(b"\0").split(b"\0")
    return Header(
        clock=clock,
        process=fields[6],
        parent=fields[7],
        ended=bool(fields[8] & STATE_ENDED),
        started_unix_ns=fields[9],
        start=moments[0],
        last=moments[1 + (count - 1) % 2] if count else moments[0],
        capabilities=None if capabilities == UNKNOWN else capabilities,
        dropped=dropped,
        most_bytes=fields[31],
        cpu=fields[33] if fields[32] == 1 else None,
        library=_text(fields[34]),
        world=_text(fields[35]),
        command=tuple(word.decode("utf-8", "replace") for word in words),
    )


def _call(fields: tuple[Any, ...]) -> Call:
    began, ended, address, detail, thread, command, result, origin = fields[:8]
    types = fields[12]
    params = tuple(
        Param(types >> 4 * i & 0xF, fields[8 + i], *fields[14 + 3 * i : 17 + 3 * i])
        for i in range(4)
        if types >> 4 * i & 0xF
    )
    return Call(fields[13], began, ended, address, detail, thread, command, result, origin, params)


class TraceFile:
    """An open trace file: the header, and the calls in the order of their places, as often as one likes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut_bytes = 0  # of a record at the end that is not whole
        with path.open("rb") as file:
            self.header = read_header(file.read(HEADER_BYTES), one_line(str(path)))
            self._twice = self._find_twice(file)

    def _find_twice(self, file: BinaryIO) -> frozenset[int]:
        """Where blocks lie whose records are elsewhere too: those that were being appended when the program
        ended, and live ones that had been."""
        found = set()
        at = HEADER_BYTES
        while len(mark := file.read(RECORD_BYTES)) == RECORD_BYTES:
            target, function = _MARK.unpack(mark)
            if function == APPENDING:
                found.add(target)
            elif function == APPENDED:
                found.add(at)
            at += BLOCK_BYTES
            file.seek(at)
        return frozenset(found)

    def last_tick(self) -> int:
        """When the last call ended; 0: there is none."""
        ends = (
            ended
            for block in self._blocks()
            for ended, function in _END.iter_unpack(block)
            if 0 < function < len(FUNCTIONS)
        )
        return max(ends, default=0)

    def calls(self, *functions: int) -> Iterator[Call]:
        """Those of these functions, or all. Empty places and functions that nobody knows are passed over."""
        wanted = frozenset(functions or range(1, len(FUNCTIONS)))
        for block in self._blocks():
            for place, function in enumerate(block[_FUNCTION_AT::RECORD_BYTES]):
                if function in wanted:
                    fields = _RECORD.unpack_from(block, place * RECORD_BYTES)
                    if fields[13] == function:
                        yield _call(fields)

    def _blocks(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(HEADER_BYTES)
            at = HEADER_BYTES
            while block := file.read(BLOCK_BYTES):
                self.cut_bytes = len(block) % RECORD_BYTES
                if at not in self._twice:
                    yield block[: len(block) - self.cut_bytes]
                at += BLOCK_BYTES


def describe(header: Header) -> str:
    """Whose trace, in a few words."""
    words = " ".join(header.command) or "a program"
    return one_line(words if len(words) <= 80 else words[:77] + "...")
