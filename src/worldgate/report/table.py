# SPDX-License-Identifier: Apache-2.0
"""The tables of results as CSV files, units in the header. What is unknown is an empty field."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from worldgate.experiment.result import Result
from worldgate.report.tables import ALL, Cell, Table

# A spreadsheet takes a field that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _field(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return repr(cell)


def _write(path: Path, parts: Sequence[tuple[str, Table]]) -> None:
    """One file for all results; a column that a result lacks is empty there."""
    heads = list(dict.fromkeys(column.head for _, table in parts for column in table.columns))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["result", *map(_field, heads)])
        for name, table in parts:
            found = {column.head: column for column in table.columns}
            columns = [
                [_field(cell) for cell in found[head].cells] if head in found else [""] * table.count
                for head in heads
            ]
            writer.writerows(zip([_field(name)] * table.count, *columns, strict=True))


def write(results: Sequence[tuple[str, Result]], folder: Path) -> list[Path]:
    """One file for each kind of table that has rows; the paths that were written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for make in ALL:
        parts = [
            (name, table) for name, table in ((name, make(result)) for name, result in results) if table.count
        ]
        if parts:
            path = folder / f"{parts[0][1].name}.csv"
            _write(path, parts)
            written.append(path)
    return written
