# SPDX-License-Identifier: Apache-2.0
"""The one typed door to the C core, and the public API for whoever calls a TA from Python.

    from worldgate.core import Gate, Memory, Value, own_ledger

    with Gate("compartment") as gate, gate.open("c0ffee00-...") as session:
        number = Value(1, 2, "inout")
        session.invoke(0, number, Memory(b"text"))
        print(number.a, own_ledger()["crossings"])

The objects follow the GlobalPlatform TEE Client API. The GIL is released while a TA runs. One session is not
for two threads at once, except for a Cancellation. Whatever fails raises WorldgateError: Unavailable where
this machine lacks the world, TeeError with the return code where a call failed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias
from uuid import UUID

from worldgate.errors import Unavailable, WorldgateError
from worldgate.worlds.registry import World, find_world

try:
    from worldgate._core import ffi, lib
except ImportError as error:  # pragma: no cover - a broken installation
    raise WorldgateError(f"the C core cannot be loaded ({error}); install worldgate again") from None

Direction: TypeAlias = Literal["in", "out", "inout"]
Ledger: TypeAlias = dict[str, int]

_DIRECTION_BITS = {"in": 1, "out": 2, "inout": 3}  # as TEEC_VALUE_*; 4 and 12 above it for memory
_TEMPORARY = 4
_PARTIAL = 12
_PARAMETERS = 4
_ORIGINS = {
    lib.TEEC_ORIGIN_API: "the client API",
    lib.TEEC_ORIGIN_COMMS: "the way to the world",
    lib.TEEC_ORIGIN_TEE: "the world",
    lib.TEEC_ORIGIN_TRUSTED_APP: "the TA",
}
# Where both headers have a code, the name of the Client API stands.
_CODES = {
    getattr(lib, name): name for name in reversed(dir(lib)) if name.startswith(("TEEC_ERROR_", "TEE_ERROR_"))
}

# The executable of the sealed worlds is installed beside this file; the C core learns of it here.
_WORLD_EXECUTABLE = Path(__file__).parent / "worldgate-world"
if _WORLD_EXECUTABLE.exists():
    os.environ.setdefault("WORLDGATE_WORLD_EXE", str(_WORLD_EXECUTABLE))


class TeeError(WorldgateError):
    """A call of the Client API that failed: its return code, where that came from, and the gate's reason."""

    def __init__(self, doing: str, code: int, origin: int, reason: str) -> None:
        self.code = code
        self.name = _CODES.get(code, f"0x{code:08x}")
        self.origin = _ORIGINS.get(origin, "an unknown origin")
        self.reason = reason
        super().__init__(f"{doing}: {self.name} from {self.origin}" + (f": {reason}" if reason else ""))


@dataclass(frozen=True)
class WorldInfo:
    """What a gate knows of its world. None: unknown or not measured."""

    fidelity: str
    aead: str | None
    memory: str | None  # secret, anonymous, paged, shared
    memory_reason: str | None  # why not secret
    transition_floor_ns: float | None
    fault_floor_ns: float | None
    process: int | None


@dataclass(frozen=True)
class CallTimes:
    """Round trips of single operations, as a loop in C saw them from outside the world."""

    operations: int
    p1_ns: float
    p50_ns: float
    p99_ns: float


def _text(array: Any) -> str:
    return bytes(ffi.string(array)).decode("utf-8", "replace")


def _info(raw: Any) -> WorldInfo:
    return WorldInfo(
        fidelity=_text(raw.fidelity),
        aead=_text(raw.aead) or None,
        memory=_text(raw.memory) or None,
        memory_reason=_text(raw.memory_reason) or None,
        transition_floor_ns=raw.transition_floor_ns if raw.transition_floor_ns >= 0 else None,
        fault_floor_ns=raw.fault_floor_ns if raw.fault_floor_ns >= 0 else None,
        process=raw.process or None,
    )


# The TA of Worldgate's own that does next to nothing, in every world: its UUID, the command that carries one
# operation (a Value: operation and bytes; then a Memory, or nothing) and its operations. Both processors that
# Worldgate runs on are little-endian.
CROSSING_TA = UUID(bytes_le=bytes(ffi.buffer(ffi.addressof(lib.core_crossing_uuid))))
CROSSING_CALL: int = lib.WG_LANE_COMMAND_CALL
CROSSING_NOTHING: int = lib.CROSSING_NOTHING
CROSSING_ECHO: int = lib.CROSSING_ECHO
CROSSING_SUM: int = lib.CROSSING_SUM

# Field of the ledger -> what it counts.
LEDGER_FIELDS: dict[str, str] = {
    name: _text(lib.core_ledger_texts[index])
    for index, (name, _) in enumerate(ffi.typeof("struct wg_ledger").fields)
}


def _ledger(raw: Any) -> Ledger:
    return {name: int(getattr(raw, name)) for name in LEDGER_FIELDS}


def own_ledger() -> Ledger:
    """What this thread has counted in the normal world since it started: crossings, copies for them."""
    raw = ffi.new("struct wg_ledger *")
    lib.wg_gate_own_ledger(raw)
    return _ledger(raw)


def probe(world: str | World) -> WorldInfo:
    """Looks whether a world can be used here, without a TA. Raises Unavailable with the reason."""
    found = find_world(world) if isinstance(world, str) else world
    raw = ffi.new("struct wg_world_info *")
    reason = ffi.new("char[]", lib.WG_REASON_BYTES)
    result = lib.wg_gate_probe(_world_text(found), raw, reason)
    if result == lib.WG_ERR_UNAVAILABLE:
        raise Unavailable(f"{found.name}: {_text(reason) or 'not available here'}")
    if result != lib.WG_OK:
        raise WorldgateError(f"world '{found.name}': {_text(reason) or 'cannot be looked at'}")
    return _info(raw)


def aead_library() -> str:
    """Name and version of the AEAD library that this process uses."""
    return _text(lib.wg_aead_library())


def aead_why_not(name: str) -> str | None:
    """Why the AEAD library of that name ('openssl', 'ipsecmb') cannot be used here; None where it can."""
    reason = lib.wg_aead_why_not(name.encode())
    return None if reason == ffi.NULL else _text(reason)


def aead_version(name: str) -> str | None:
    """Name and version of the AEAD library of that name; None where it cannot be used here."""
    version = lib.wg_aead_version(name.encode())
    return None if version == ffi.NULL else _text(version)


def choose_aead(name: str) -> None:
    """Makes 'openssl', 'ipsecmb' or 'auto' the AEAD library of this process, before its first key."""
    result = lib.wg_aead_choose(name.encode())
    if result == lib.WG_ERR_UNAVAILABLE:
        raise Unavailable(f"AEAD library '{name}': {aead_why_not(name)}")
    if result == lib.WG_ERR_STATE:
        raise WorldgateError(
            f"AEAD library '{name}': this process has used another; choose before the first key"
        )
    if result != lib.WG_OK:
        raise WorldgateError(f"there is no AEAD library '{name}'; use 'auto', 'openssl' or 'ipsecmb'")


def compiler() -> str:
    """Name and version of the compiler that made the C core."""
    return _text(lib.core_compiler)


@dataclass(frozen=True)
class LoopTime:
    """One turn of a loop in C: the median and the quartiles over its repetitions, in ns."""

    ns: float
    low_ns: float
    high_ns: float


def time_loop(
    cause: str,
    *,
    size: int = 0,
    cold: bool = False,
    cpu: int | None = None,
    other_cpu: int | None = None,
    repetitions: int = 7,
    repetition_ns: int = 15_000_000,
) -> LoopTime:
    """One unit cost of this machine (core/load/wg_limits.h). cpu: where the loop runs meanwhile, other_cpu:
    where its other side runs. None: where they may. The GIL is released."""
    plan, out = ffi.new("struct wg_limit_plan *"), ffi.new("struct wg_limit *")
    reason = ffi.new("char[]", lib.WG_REASON_BYTES)
    plan.bytes, plan.cold = _range("size", size, 1 << 40), cold
    plan.cpu = -1 if cpu is None else _range("cpu", cpu, 1 << 20)
    plan.other_cpu = -1 if other_cpu is None else _range("other_cpu", other_cpu, 1 << 20)
    plan.repetitions = _range("repetitions", repetitions, 1 << 20)
    plan.repetition_ns = _range("repetition_ns", repetition_ns, 1 << 40)
    result = lib.wg_limit_measure(cause.encode(), plan, out, reason)
    if result == lib.WG_ERR_INPUT:
        raise WorldgateError(f"cost '{cause}': {_text(reason)}")
    if result != lib.WG_OK:
        raise Unavailable(_text(reason))
    return LoopTime(out.ns, out.low_ns, out.high_ns)


def _world_text(world: World) -> bytes:
    try:
        text = os.fsencode(world.text)
    except UnicodeEncodeError:
        raise WorldgateError(f"world '{world.name!a}' is not text; mend its name") from None
    if b"\0" in text:
        raise WorldgateError(f"world {world.name!a} holds a NUL character; mend its name")
    return text


def _bits(direction: str) -> int:
    if direction not in _DIRECTION_BITS:
        raise WorldgateError(f"direction {direction!r} is unknown; use 'in', 'out' or 'inout'")
    return _DIRECTION_BITS[direction]


def _range(name: str, value: int, top: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= top:
        raise WorldgateError(f"{name} is {value!r}; give a whole number from 0 to {top}")
    return value


class Value:
    """Two 32-bit numbers. Those of an 'out' or 'inout' value are the TA's after the call."""

    def __init__(self, a: int = 0, b: int = 0, direction: Direction = "in") -> None:
        self.a, self.b, self.direction = a, b, direction

    def _fill(self, raw: Any) -> int:
        raw.value.a = _range("a", self.a, 0xFFFFFFFF)
        raw.value.b = _range("b", self.b, 0xFFFFFFFF)
        return _bits(self.direction)

    def _fetch(self, raw: Any) -> None:
        if self.direction != "in":
            self.a, self.b = raw.value.a, raw.value.b


class Memory:
    """A buffer of the caller, copied for the call (temporary memory). `size` is what the TA made of its
    size: bytes written, or bytes needed where the call failed with TEEC_ERROR_SHORT_BUFFER."""

    def __init__(self, data: Any, direction: Direction = "in") -> None:
        writable = _bits(direction) != 1
        try:
            self._raw = ffi.from_buffer(data, require_writable=writable)
        except (TypeError, ValueError, BufferError) as error:
            wanted = "a writable buffer, such as bytearray" if writable else "a buffer, such as bytes"
            raise WorldgateError(f"memory with direction '{direction}' needs {wanted} ({error})") from None
        self.data, self.direction, self.size = data, direction, len(self._raw)

    def _fill(self, raw: Any) -> int:
        raw.tmpref.buffer = self._raw
        raw.tmpref.size = len(self._raw)
        return _TEMPORARY + _bits(self.direction)

    def _fetch(self, raw: Any) -> None:
        if self.direction != "in":
            self.size = raw.tmpref.size


class SharedPart:
    """A reference to shared memory in one call: all of it, or a part. `size` as of Memory."""

    def __init__(self, shared: SharedMemory, offset: int, size: int, direction: Direction | None) -> None:
        self.shared, self.offset, self.size, self.direction = shared, offset, size, direction

    def _fill(self, raw: Any) -> int:
        raw.memref.parent = self.shared._live()
        raw.memref.offset = self.offset
        raw.memref.size = self.size
        if self.direction is None:
            return int(lib.TEEC_MEMREF_WHOLE)
        return _PARTIAL + _bits(self.direction)

    def _fetch(self, raw: Any) -> None:
        self.size = raw.memref.size


Parameter: TypeAlias = Value | Memory | SharedPart


class _Closable:
    """Closed once, at the latest with what it belongs to."""

    def __init__(self, kind: str, raw: Any, release: Callable[[Any], None], owner: _Closable | None) -> None:
        self._kind, self._raw, self._release, self._owner = kind, raw, release, owner
        self._open = True
        self._children: list[_Closable] = []
        if owner:
            owner._children.append(self)

    def _live(self) -> Any:
        if not self._open:
            raise WorldgateError(f"the {self._kind} is closed; open a new one")
        return self._raw

    def close(self) -> None:
        """Gives everything back. A second call does nothing."""
        if not self._open:
            return
        for child in reversed(self._children.copy()):
            child.close()
        self._open = False
        self._release(self._raw)
        if self._owner:
            self._owner._children.remove(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SharedMemory(_Closable):
    """Memory that a world and the normal world both see. From Gate.allocate or Gate.register."""

    def __init__(self, gate: Gate, raw: Any, keep: Any) -> None:
        super().__init__("shared memory", raw, lib.TEEC_ReleaseSharedMemory, gate)
        self._keep = keep
        self.size: int = raw.size

    def __enter__(self) -> SharedMemory:
        return self

    def view(self) -> memoryview:
        """The bytes. Not to be used any more once the memory is closed."""
        return memoryview(ffi.buffer(self._live().buffer, self.size))

    def whole(self) -> SharedPart:
        """All of it, in the directions it was made for."""
        return SharedPart(self, 0, self.size, None)

    def part(self, offset: int, size: int, direction: Direction = "inout") -> SharedPart:
        """size bytes from offset on."""
        _range("offset", offset, self.size)
        _range("size", size, self.size - offset)
        _bits(direction)
        return SharedPart(self, offset, size, direction)


class Cancellation:
    """Lets another thread ask for the end of one call: give it to invoke, then call request()."""

    def __init__(self) -> None:
        self._operation = ffi.new("TEEC_Operation *")

    def request(self) -> None:
        lib.TEEC_RequestCancellation(self._operation)


def _operation(params: Sequence[Parameter], cancel: Cancellation | None) -> Any:
    if len(params) > _PARAMETERS:
        raise WorldgateError(f"{len(params)} parameters; a call takes at most {_PARAMETERS}")
    operation = cancel._operation if cancel else ffi.new("TEEC_Operation *")
    operation.started = 0
    operation.paramTypes = 0
    for index, param in enumerate(params):
        if not isinstance(param, (Value, Memory, SharedPart)):
            raise WorldgateError(
                f"parameter {index} is a {type(param).__name__}; use Value, Memory or SharedMemory.part"
            )
        operation.paramTypes |= param._fill(operation.params[index]) << (4 * index)
    return operation


def _fetch(params: Sequence[Parameter], operation: Any) -> None:
    for index, param in enumerate(params):
        param._fetch(operation.params[index])


class Session(_Closable):
    """A session with a TA. From Gate.open."""

    def __init__(self, gate: Gate, raw: Any) -> None:
        super().__init__("session", raw, lib.TEEC_CloseSession, gate)

    def __enter__(self) -> Session:
        return self

    def invoke(self, command: int, *params: Parameter, cancel: Cancellation | None = None) -> None:
        """Runs one command of the TA. What comes back is in the parameters; a failure raises TeeError."""
        _range("command", command, 0xFFFFFFFF)
        operation = _operation(params, cancel)
        origin = ffi.new("uint32_t *")
        code = lib.TEEC_InvokeCommand(self._live(), command, operation, origin)
        _fetch(params, operation)
        if code != lib.TEEC_SUCCESS:
            raise TeeError(f"command {command}", code, origin[0], _text(lib.wg_gate_reason()))

    def world_ledger(self) -> Ledger:
        """What the world of this session's TA has counted so far: what it did itself, not the way to it."""
        raw = ffi.new("struct wg_ledger *")
        self._ask(lib.wg_gate_world_ledger(self._live(), raw), "the world's ledger")
        return _ledger(raw)

    def world_info(self) -> WorldInfo:
        """What is known of the world of this session's TA."""
        raw = ffi.new("struct wg_world_info *")
        self._ask(lib.wg_gate_world_info(self._live(), raw), "what is known of the world")
        return _info(raw)

    def time_calls(self, count: int, warm_up: int = 20, most_ns: int = 1_000_000_000) -> CallTimes:
        """Times operations that do nothing, one at a time. Only for a session with CROSSING_TA. most_ns
        bounds the warm-up, and the loop."""
        assert self._owner is not None
        plan, figures = ffi.new("struct wg_crossing_plan *"), ffi.new("struct wg_crossing_figures *")
        plan.lane.mode, plan.lane.count, plan.depth = lib.WG_LANE_CALL, 1, 1
        plan.operation = CROSSING_NOTHING
        plan.count, plan.warm_up = _range("count", count, 1 << 40), _range("warm_up", warm_up, 1 << 40)
        plan.most_ns = _range("most_ns", most_ns, 1 << 60)
        result = lib.wg_crossing_run(self._owner._live(), self._live(), plan, ffi.NULL, figures)
        if result == lib.WG_ERR_AUTH:
            raise WorldgateError("a timed call got a wrong answer; please report it")
        if result != lib.WG_OK or figures.p50_ns < 0:
            reason = _text(lib.wg_gate_reason()) or "none was answered"
            raise WorldgateError(f"calls cannot be timed: {reason}")
        return CallTimes(figures.operations, figures.p1_ns, figures.p50_ns, figures.p99_ns)

    @staticmethod
    def _ask(result: int, what: str) -> None:
        if result == lib.WG_ERR_UNAVAILABLE:
            raise Unavailable(f"this kind of world does not tell {what}")
        if result != lib.WG_OK:
            raise WorldgateError(f"{what} cannot be read: {_text(lib.wg_gate_reason())}")


class Gate(_Closable):
    """The gate to one world. requires: costs that the caller depends on, as of find_world."""

    def __init__(self, world: str | World, requires: Sequence[str] = ()) -> None:
        self.world = find_world(world, requires) if isinstance(world, str) else world
        raw = ffi.new("TEEC_Context *")
        code = lib.TEEC_InitializeContext(_world_text(self.world), raw)
        if code != lib.TEEC_SUCCESS:
            reason = _text(lib.wg_gate_reason())
            probe(self.world)  # says Unavailable where that is why
            raise TeeError(f"world '{self.world.name}'", code, lib.TEEC_ORIGIN_API, reason)
        super().__init__("gate", raw, lib.TEEC_FinalizeContext, None)

    def __enter__(self) -> Gate:
        return self

    def open(self, ta: UUID | str, *params: Parameter) -> Session:
        """Opens a session with the TA of that UUID."""
        uuid = _uuid(ta)
        destination = ffi.new("TEEC_UUID *")
        ffi.buffer(destination)[:] = uuid.bytes_le
        operation = _operation(params, None)
        origin = ffi.new("uint32_t *")
        raw = ffi.new("TEEC_Session *")
        code = lib.TEEC_OpenSession(
            self._live(), raw, destination, lib.TEEC_LOGIN_PUBLIC, ffi.NULL, operation, origin
        )
        _fetch(params, operation)
        if code != lib.TEEC_SUCCESS:
            raise TeeError(f"session with {uuid}", code, origin[0], _text(lib.wg_gate_reason()))
        return Session(self, raw)

    def allocate(self, size: int, direction: Direction = "inout") -> SharedMemory:
        """New shared memory of size bytes; calls that use it copy nothing."""
        raw = ffi.new("TEEC_SharedMemory *")
        raw.size, raw.flags = _range("size", size, (1 << 63) - 1), _bits(direction)
        code = lib.TEEC_AllocateSharedMemory(self._live(), raw)
        if code != lib.TEEC_SUCCESS:
            raise TeeError(
                f"{size} bytes of shared memory", code, lib.TEEC_ORIGIN_API, _text(lib.wg_gate_reason())
            )
        return SharedMemory(self, raw, None)

    def register(self, data: bytearray | memoryview, direction: Direction = "inout") -> SharedMemory:
        """Shares a writable buffer of the caller; the gate may have to copy it at each call."""
        try:
            keep = ffi.from_buffer(data, require_writable=True)
        except (TypeError, ValueError, BufferError) as error:
            raise WorldgateError(
                f"only a writable buffer can be shared, such as bytearray ({error})"
            ) from None
        raw = ffi.new("TEEC_SharedMemory *")
        raw.buffer, raw.size, raw.flags = keep, len(keep), _bits(direction)
        code = lib.TEEC_RegisterSharedMemory(self._live(), raw)
        if code != lib.TEEC_SUCCESS:
            raise TeeError(
                "registering shared memory", code, lib.TEEC_ORIGIN_API, _text(lib.wg_gate_reason())
            )
        return SharedMemory(self, raw, keep)


def _uuid(ta: UUID | str) -> UUID:
    if isinstance(ta, UUID):
        return ta
    try:
        return UUID(ta)
    except (ValueError, AttributeError, TypeError):
        raise WorldgateError(f"{ta!r} is not a UUID; write it as 8-4-4-4-12 hexadecimal digits") from None
