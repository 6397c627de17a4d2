# SPDX-License-Identifier: Apache-2.0
"""Measures seal and open with one AEAD library, in a process of its own; limits.py starts it.

usage: python -m worldgate.machine.sealing LIBRARY CPU REPETITIONS REPETITION_NS BYTES...
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec

from worldgate.core import aead_library, choose_aead, time_loop
from worldgate.errors import WorldgateError, one_line
from worldgate.machine.costs import Cause, UnitCost

_CAUSES: tuple[Cause, ...] = ("seal", "open")


def measure(cpu: int, repetitions: int, repetition_ns: int, sizes: Sequence[int]) -> list[UnitCost]:
    """With the library of this process."""
    costs = []
    for cause in _CAUSES:
        for size in sizes:
            time = time_loop(cause, size=size, cpu=cpu, repetitions=repetitions, repetition_ns=repetition_ns)
            costs.append(
                UnitCost(
                    cause=cause,
                    ns=time.ns,
                    low_ns=time.low_ns,
                    high_ns=time.high_ns,
                    bytes=size,
                    library=aead_library(),
                )
            )
    return costs


def main(library: str, *numbers: str) -> int:
    """0, or 1 with the reason on stderr."""
    cpu, repetitions, repetition_ns, *sizes = (int(number) for number in numbers)
    try:
        choose_aead(library)
        costs = measure(cpu, repetitions, repetition_ns, sizes)
    except WorldgateError as error:
        print(one_line(str(error)), file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(costs))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
