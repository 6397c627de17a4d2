# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of the lanes: batches and rings, sound and not, all made here.

Run it after changing it and commit what it wrote:  python3 tests/fuzz/make_lane_corpus.py
"""

from __future__ import annotations

import struct
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus" / "lane"
SLOT = 48
TOO_LARGE = 0xBAD  # of fuzz_lane.c


def head(ring: int, count: int, slot: int = SLOT, capacity: int = SLOT) -> bytes:
    """struct head of fuzz_lane.c; one look at an empty ring."""
    return struct.pack("<BBHHH", ring, 1, count, slot, capacity)


def slot(operation: int, payload: bytes, claimed: int | None = None) -> bytes:
    """A request whose head may claim another size than the payload has."""
    size = len(payload) if claimed is None else claimed
    return (struct.pack("<IIII", operation, 0, size, 7) + payload).ljust(SLOT, b"\0")


def ring(produced: int, consumed: int, slots: list[bytes]) -> bytes:
    """struct wg_ring_shared, then the slots, rounded up to a cache line."""
    data = struct.pack("<I", produced).ljust(128, b"\0") + struct.pack("<I", consumed).ljust(128, b"\0")
    data += b"".join(slots)
    return data + bytes(-len(data) % 64)


def block(requests: bytes, answers: bytes, stop: int = 0) -> bytes:
    """struct wg_lane_block, then both rings."""
    return struct.pack("<I", stop).ljust(128, b"\0") + requests + answers


def main() -> None:
    """One file an input."""
    sound = [slot(1, b"abc"), slot(2, b""), slot(3, b"x" * 32), slot(4, b"y" * 17)]
    empty = ring(0, 0, [bytes(SLOT)] * 4)
    bad = [slot(1, b"", 33), *sound[1:]]
    inputs = {
        "batch": head(0, 4) + b"".join(sound),
        "batch-of-none": head(0, 0),
        "batch-too-long": head(0, 5) + b"".join(sound),
        "batch-bad-size": head(0, 4) + b"".join(bad),
        "batch-claims-too-much": head(0, 1) + slot(TOO_LARGE, b"abc"),
        "batch-small-capacity": head(0, 4, capacity=8) + b"".join(sound),
        "batch-odd-slot": head(0, 1, slot=47) + sound[0],
        "ring": head(1, 4) + block(ring(4, 0, sound), empty),
        "ring-empty": head(1, 4) + block(empty, empty),
        "ring-stopped": head(1, 4) + block(empty, empty, stop=1),
        "ring-wraps": head(1, 4) + block(ring(2, 0xFFFFFFFE, sound), ring(2, 2, sound)),
        "ring-answers-full": head(1, 4) + block(ring(4, 0, sound), ring(4, 0, sound)),
        "ring-too-far": head(1, 4) + block(ring(5, 0, sound), empty),
        "ring-backwards": head(1, 4) + block(ring(0, 1, sound), empty),
        "ring-answers-too-far": head(1, 4) + block(ring(4, 0, sound), ring(0, 9, sound)),
        "ring-bad-size": head(1, 4) + block(ring(4, 0, bad), empty),
        "ring-claims-too-much": head(1, 4) + block(ring(1, 0, [slot(TOO_LARGE, b""), *sound[1:]]), empty),
        "ring-short": head(1, 4) + block(ring(4, 0, sound), b""),
        "ring-of-nothing": head(1, 4) + bytes(68),
        "ring-of-three": head(1, 3) + block(ring(3, 0, sound), empty),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in inputs.items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
