# SPDX-License-Identifier: Apache-2.0
"""A column as compressed text that a page can carry: whole, and opened a part at a time.

A part of numbers is their bytes as IEEE 754 doubles, little end first, all first bytes, then all second
bytes, and so on: the bytes that barely change stand together. Unknown is NaN. A part of text is the length in
bytes of a JSON list of its different words (32 bits), the list, then for each row its place in the list (16
bits, little end first). Both are compressed (raw deflate) and written in base64. page/table.js opens them."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Literal

from worldgate.report.tables import Cell, Column

PART_ROWS = 32_768  # so that a place fits into 16 bits
EXACT_INTEGER = 1 << 53  # beyond it a double cannot hold every integer
LEVEL = 5


@dataclass(frozen=True)
class Packed:
    """parts: base64, one for each PART_ROWS rows."""

    kind: Literal["text", "number"]
    parts: list[str]


def _compress(data: bytes) -> str:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    return base64.b64encode(packer.compress(data) + packer.flush()).decode("ascii")


def _numbers(cells: list[Cell]) -> str:
    import numpy as np

    values = np.array(cells, dtype="<f8")
    return _compress(values.view(np.uint8).reshape(-1, 8).T.tobytes())


def _text(cells: list[Cell]) -> str:
    import numpy as np

    places: dict[str | None, int] = {}
    rows = [places.setdefault(None if cell is None else str(cell), len(places)) for cell in cells]
    # A lone surrogate is escaped: it has no bytes in UTF-8.
    words = json.dumps(list(places), ensure_ascii=True).encode("ascii")
    return _compress(len(words).to_bytes(4, "little") + words + np.array(rows, dtype="<u2").tobytes())


def pack(column: Column) -> Packed:
    """All of it. Integers that a double cannot hold become text, so that none is changed."""
    cells = list(column.cells)
    kind = column.kind
    if kind == "number" and any(isinstance(cell, int) and abs(cell) > EXACT_INTEGER for cell in cells):
        kind = "text"
    write = _numbers if kind == "number" else _text
    return Packed(
        kind, [write(cells[first : first + PART_ROWS]) for first in range(0, len(cells), PART_ROWS)]
    )
