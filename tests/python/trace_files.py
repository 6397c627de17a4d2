# SPDX-License-Identifier: Apache-2.0
"""Trace files as the tests make them, by the layout that docs/trace.md tells."""

import struct
from dataclasses import dataclass, field

HEADER_BYTES = 4096
RECORD_BYTES = 128
RECORDS = 512  # of a block
UUID = bytes(range(16))
INITIALIZE, FINALIZE, REGISTER, ALLOCATE, RELEASE, OPEN, CLOSE, INVOKE, CANCEL = range(1, 10)
LIVE, APPENDING, APPENDED = 100, 101, 102
TA, TEE, API = 4, 3, 1  # origins


def header(
    *,
    library: str = "/usr/lib/libteec.so.1",
    world: str = "",
    capabilities: int = 0xFFFFFFFF,
    version: int = 1,
    state: int = 1,
    dropped: dict[int, int] | None = None,
    span_ns: int = 1_000_000,
    most_bytes: int = 1 << 28,
    cpus: tuple[int, int] = (2, 0),
) -> bytes:
    """One tick is half a nanosecond."""
    lost = [(dropped or {}).get(function, 0) for function in range(10)]
    return struct.pack(
        "<8sIIIIIIIIQ9QII10QQII512s512s2848s",
        b"WGTRACE\n", version, HEADER_BYTES, RECORD_BYTES, RECORD_BYTES * RECORDS, 1, 77, 1, state,
        1_700_000_000_000_000_000,
        1000, 500, 10, 1000 + 2 * span_ns, 500 + span_ns, 20, 0, 0, 0,
        1, capabilities, *lost, most_bytes, *cpus,
        library.encode(), world.encode(), b"./client\0-x\0",
    )  # fmt: skip


@dataclass
class Record:
    """One call. params: (type, flags, memory, before, after)."""

    function: int
    began: int = 2000
    ended: int = 3000
    object: int = 0x5000
    detail: bytes = bytes(16)
    thread: int = 77
    command: int = 0
    result: int = 0
    origin: int = TA
    params: list[tuple[int, int, int, int, int]] = field(default_factory=list)

    def pack(self) -> bytes:
        params = [*self.params, *[(0, 0, 0, 0, 0)] * (4 - len(self.params))]
        types = sum(param[0] << 4 * place for place, param in enumerate(params))
        sizes = [word for param in params for word in param[2:]]
        return struct.pack(
            "<QQQ16sIIII4BHHQIIQIIQIIQII",
            self.began, self.ended, self.object, self.detail, self.thread, self.command, self.result,
            self.origin, *(param[1] for param in params), types, self.function, *sizes,
        )  # fmt: skip


def block(records: list[Record], mark: Record | None = None) -> bytes:
    """A whole block; mark is its first record."""
    packed = b"".join(record.pack() for record in [mark or Record(LIVE), *records])
    return packed.ljust(RECORD_BYTES * RECORDS, b"\0")


def session(*calls: Record) -> list[Record]:
    """Those calls within an open session."""
    return [
        Record(OPEN, 1500, 1600, detail=UUID),
        *calls,
        Record(CLOSE, 9_000, 9_500),
    ]
