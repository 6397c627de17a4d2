# SPDX-License-Identifier: Apache-2.0
"""What a library does with the memory of an operation: which calls cross, and which bytes it copies because
they are not shared. The rules are those of the libraries' sources; nothing of a library is asked for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from worldgate.trace.format import CLOSE, INTO, INVOKE, NULL, OPEN, OUT_OF, Call, Header, Param

Kind = Literal["temporary", "registered", "allocated", "unknown"]

OUR_LIBRARY = "libworldgate-teec"
REGISTERS_MEMORY = 4  # of the TEE driver's capabilities: memory of the client can be shared as it is
_ORIGIN_API, _ORIGIN_COMMS, _ORIGIN_TA = 1, 2, 4
_SUCCESS, _CANCEL, _TARGET_DEAD = 0, 0xFFFF0002, 0xFFFF3024
_TEMPORARY = (5, 6, 7)
_REFERENCES = (12, 13, 14, 15)


@dataclass(frozen=True)
class Rule:
    """Which of the rules. copied: bytes into and out of the world for one parameter; None where unknown."""

    name: str
    text: str
    crosses: Callable[[Call, bool], bool]
    copied: Callable[[Call, Param, Kind], tuple[int, int]] | None


def is_memory(param: Param) -> bool:
    """Whether the parameter refers to memory at all."""
    return param.type in _TEMPORARY or param.type in _REFERENCES


def is_temporary(param: Param) -> bool:
    return param.type in _TEMPORARY


def passed(call: Call, param: Param) -> tuple[int, int]:
    """Bytes that the client let the TA have, and that the TA gave back."""
    if param.flags & NULL:
        return 0, 0
    into = param.before if param.flags & INTO else 0
    out = min(param.before, param.after) if param.flags & OUT_OF and call.origin == _ORIGIN_TA else 0
    return into, out


def _gate_crosses(call: Call, known: bool) -> bool:
    """known: the session is open. An open that starts no instance of the TA does not cross."""
    if call.function == OPEN:
        return call.result in (_SUCCESS, _TARGET_DEAD) or call.origin == _ORIGIN_TA
    if call.function == INVOKE:
        return call.origin != _ORIGIN_API
    return known


def _gate_copied(call: Call, param: Param, kind: Kind) -> tuple[int, int]:
    """Copies in once all of the operation has passed, and back what a TA answered."""
    cancelled = call.result == _CANCEL and call.origin == _ORIGIN_API
    if kind not in ("temporary", "registered") or (call.origin == _ORIGIN_API and not cancelled):
        return 0, 0
    return passed(call, param)


def _libteec_crosses(call: Call, known: bool) -> bool:
    return call.function == CLOSE or call.origin not in (_ORIGIN_API, _ORIGIN_COMMS)


def _shadow_copied(call: Call, param: Param, kind: Kind) -> tuple[int, int]:
    """Through a shadow buffer: of temporary memory all of it goes in, whatever its direction."""
    if kind not in ("temporary", "registered") or call.origin == _ORIGIN_API or param.flags & NULL:
        return 0, 0
    into = param.before if kind == "temporary" or param.flags & INTO else 0
    out = 0
    if param.flags & OUT_OF and call.origin != _ORIGIN_COMMS:
        fits = kind == "temporary" or param.after <= param.before
        out = min(param.before, param.after) if fits else 0
    return into, out


def _nothing_copied(call: Call, param: Param, kind: Kind) -> tuple[int, int]:
    return 0, 0


GATE = Rule(
    "gate",
    "as Worldgate's gate does: temporary and registered memory is copied",
    _gate_crosses,
    _gate_copied,
)
SHADOW = Rule(
    "shadow",
    "as OP-TEE's libteec does where the driver registers no memory: temporary and registered is copied",
    _libteec_crosses,
    _shadow_copied,
)
REGISTERED = Rule(
    "registered",
    "as OP-TEE's libteec does where the driver registers memory: nothing is copied",
    _libteec_crosses,
    _nothing_copied,
)
UNKNOWN = Rule("unknown", "unknown: no TEE driver said whether it registers memory", _libteec_crosses, None)


def rule_of(header: Header) -> Rule:
    """The rule for the library that answered."""
    if is_gate(header) and not header.world.startswith("optee"):
        return GATE
    if header.capabilities is None:
        return UNKNOWN
    return REGISTERED if header.capabilities & REGISTERS_MEMORY else SHADOW


def is_gate(header: Header) -> bool:
    """Whether Worldgate's own library answered."""
    return header.library.rsplit("/", 1)[-1].startswith(OUR_LIBRARY)
