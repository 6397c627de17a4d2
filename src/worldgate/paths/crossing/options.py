# SPDX-License-Identifier: Apache-2.0
"""The options of one variant of the path, checked and with their defaults.

mode       call, batch:N, ring or direct (the TA's code called as a function, in the normal world only)
size       bytes of a payload, 0 to 524288
operation  nothing, echo, sum or request (the TA asks the normal world for its time)
kind       "round trip" or "throughput"
seconds    how long a run lasts at most; count: how many operations it has at most
depth      operations under way at once, for the throughput of a ring; the default depends on the size
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

from worldgate.errors import WorldgateError, one_line
from worldgate.experiment.result import Scalar, Variant

Mode = Literal["direct", "call", "batch", "ring"]
Operation = Literal["nothing", "echo", "sum", "request"]
Kind = Literal["round trip", "throughput"]

NAMES = ("mode", "size", "operation", "kind", "seconds", "count", "depth")
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
KINDS: tuple[Kind, ...] = get_args(Kind)
SIZE_MAX = 512 * 1024
BATCH_MAX = 65536
DEPTH_MAX = 65536
SECONDS = 0.2
SECONDS_MAX = 3600.0
COUNT_MAX = 1 << 40
RING_DEPTH = 256
RING_BYTES = 8 << 20  # of one direction of a ring whose depth is not given
SLOT_HEAD_BYTES = 16


@dataclass(frozen=True)
class Options:
    """What one variant asks for."""

    mode: Mode
    batch: int  # operations of a batch; 1 for the other modes
    size: int
    operation: Operation
    kind: Kind
    seconds: float  # 0: no bound
    count: int
    depth: int  # as the loop wants it: 1 for round trips

    @property
    def slots(self) -> int:
        """Operations of a batch, or slots of a ring: a power of two, and two at least."""
        if self.mode == "ring":
            return max(2, 1 << (self.depth - 1).bit_length())
        return self.batch

    @property
    def shared_bytes(self) -> int:
        """Shared memory that the lane takes, to within a page."""
        slot = (SLOT_HEAD_BYTES + self.size + 15) // 16 * 16
        lanes = {"direct": 0, "call": self.size, "batch": self.slots * slot, "ring": 2 * self.slots * slot}
        return lanes[self.mode] + 4096


def ring_depth(size: int) -> int:
    """The depth of a ring where none is given: as deep as memory of a sensible size allows."""
    depth = RING_DEPTH
    while depth > 4 and depth * (size + SLOT_HEAD_BYTES) > RING_BYTES:
        depth //= 2
    return depth


def _whole(options: dict[str, Scalar], name: str, default: int, least: int, most: int) -> int:
    value = options.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise WorldgateError(f"{name} is {_shown(value)}: give a whole number from {least} to {most}")
    return value


def _shown(value: Scalar) -> str:
    return f"'{one_line(value)[:40]}'" if isinstance(value, str) else str(value)


def _choice(options: dict[str, Scalar], name: str, choices: tuple[str, ...]) -> str:
    value = options.get(name, choices[0])
    if value not in choices:
        raise WorldgateError(f"{name} is {_shown(value)}: use {', '.join(choices)}")
    return str(value)


def parse_mode(value: Scalar) -> tuple[Mode, int]:
    """Mode, and the operations of a batch."""
    text = value if isinstance(value, str) else ""
    if text in ("call", "ring", "direct"):
        return cast(Mode, text), 1
    found = re.fullmatch(r"batch:([0-9]{1,5})", text)
    if found and 1 <= int(found[1]) <= BATCH_MAX:
        return "batch", int(found[1])
    raise WorldgateError(
        f"mode is {_shown(value)}: use call, batch:N with N from 1 to {BATCH_MAX}, ring, direct"
    )


def _seconds(options: dict[str, Scalar]) -> float:
    value = options.get("seconds", 0.0 if "count" in options else SECONDS)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= SECONDS_MAX:
        raise WorldgateError(f"seconds is {_shown(value)}: give a number from 0 to {SECONDS_MAX:g}")
    if value == 0 and "count" not in options:
        raise WorldgateError(
            "seconds is 0 and there is no count: nothing would end the run; give one of them"
        )
    return float(value)


def _depth(options: dict[str, Scalar], mode: Mode, batch: int, kind: Kind, size: int) -> int:
    given = options.get("depth")
    if given is not None and (kind != "throughput" or mode != "ring"):
        raise WorldgateError(
            "depth is for the throughput of a ring: leave it out, or give that mode and kind"
        )
    if kind == "round trip" or mode == "call":
        return 1
    if mode == "ring":
        return _whole(options, "depth", ring_depth(size), 2, DEPTH_MAX)
    return max(2, batch)


def parse(variant: Variant) -> Options:
    """Raises WorldgateError where an option is unknown or out of bounds."""
    options = variant.options
    unknown = sorted(set(options) - set(NAMES))
    if unknown:
        raise WorldgateError(f"no option is called '{one_line(unknown[0])[:40]}': use {', '.join(NAMES)}")
    mode, batch = parse_mode(options.get("mode", "call"))
    size = _whole(options, "size", 0, 0, SIZE_MAX)
    kind = cast(Kind, _choice(options, "kind", KINDS))
    return Options(
        mode=mode,
        batch=batch,
        size=size,
        operation=cast(Operation, _choice(options, "operation", OPERATIONS)),
        kind=kind,
        seconds=_seconds(options),
        count=_whole(options, "count", COUNT_MAX, 1, COUNT_MAX),
        depth=_depth(options, mode, batch, kind, size),
    )
