# SPDX-License-Identifier: Apache-2.0
"""The door to the C core: what goes in comes back, and misuse is refused with what to do."""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldgate import core
from worldgate._core import ffi
from worldgate.core import (
    CROSSING_CALL,
    CROSSING_ECHO,
    CROSSING_NOTHING,
    CROSSING_SUM,
    CROSSING_TA,
    LEDGER_FIELDS,
    Cancellation,
    Gate,
    Memory,
    Session,
    TeeError,
    Value,
)
from worldgate.errors import Unavailable, WorldgateError


@pytest.fixture(scope="module", params=["normal", "compartment"])
def gate(request: pytest.FixtureRequest) -> Iterator[Gate]:
    try:
        opened = Gate(request.param)
    except Unavailable as error:
        pytest.skip(error.reason)
    with opened:
        yield opened


@pytest.fixture(scope="module")
def session(gate: Gate) -> Iterator[Session]:
    with gate.open(CROSSING_TA) as opened:
        yield opened


def echo(session: Session, text: bytes) -> bytes:
    """The TA's answer to a text in temporary memory."""
    buffer = bytearray(text)
    operation = Value(CROSSING_ECHO, len(text), "inout")
    session.invoke(CROSSING_CALL, operation, Memory(buffer, "inout"))
    assert operation.a == 0
    return bytes(buffer[: operation.b])


@given(text=st.binary(max_size=5000))
def test_what_goes_in_comes_back(session: Session, text: bytes) -> None:
    assert echo(session, text) == text


def test_allocated_memory_is_seen_by_both_sides(gate: Gate, session: Session) -> None:
    with gate.allocate(4096) as shared:
        shared.view()[:5] = b"hello"
        operation = Value(CROSSING_ECHO, 5, "inout")
        session.invoke(CROSSING_CALL, operation, shared.whole())
        assert (operation.a, operation.b, bytes(shared.view()[:5])) == (0, 5, b"hello")


def test_a_part_of_registered_memory_is_what_the_ta_sees(gate: Gate, session: Session) -> None:
    buffer = bytearray(b"leave hello alone")
    with gate.register(buffer) as shared:
        operation = Value(CROSSING_SUM, 5, "inout")
        session.invoke(CROSSING_CALL, operation, shared.part(6, 5))
    assert operation.a == sum(b"hello") and buffer == b"leave hello alone"


def test_the_size_that_a_ta_makes_of_a_buffer_is_handed_back() -> None:
    raw = ffi.new("TEEC_Parameter *")
    memory = Memory(bytearray(8), "out")
    memory._fill(raw)
    assert raw.tmpref.size == memory.size == 8
    raw.tmpref.size = 100  # what a TA asks for with TEEC_ERROR_SHORT_BUFFER
    memory._fetch(raw)
    assert memory.size == 100


def test_a_call_that_the_ta_refuses_gives_its_code_and_where_it_came_from(session: Session) -> None:
    with pytest.raises(TeeError) as failure:
        session.invoke(12345)
    assert failure.value.name == "TEEC_ERROR_NOT_IMPLEMENTED"
    assert failure.value.origin == "the TA"
    assert str(failure.value).startswith("command 12345: TEEC_ERROR_NOT_IMPLEMENTED from the TA")


def test_a_ta_that_is_not_there_is_named(gate: Gate) -> None:
    nobody = uuid.uuid4()
    with pytest.raises(TeeError, match=str(nobody)) as failure:
        gate.open(nobody)
    assert failure.value.name == "TEEC_ERROR_ITEM_NOT_FOUND"


def test_the_threads_own_ledger_counts_the_crossings(session: Session) -> None:
    before = core.own_ledger()
    for _ in range(10):
        session.invoke(CROSSING_CALL, Value(CROSSING_NOTHING, 0, "inout"))
    after = core.own_ledger()
    assert after["crossings"] - before["crossings"] == 10
    assert after["share_bytes"] == before["share_bytes"]


def test_the_ledger_of_the_world_never_counts_backwards(session: Session) -> None:
    before = session.world_ledger()
    echo(session, b"text")
    after = session.world_ledger()
    assert set(after) == set(LEDGER_FIELDS)
    assert all(after[name] >= before[name] for name in LEDGER_FIELDS)


def test_every_field_of_the_ledger_says_what_it_counts() -> None:
    assert "crossings" in LEDGER_FIELDS and all(len(text) > 5 for text in LEDGER_FIELDS.values())
    assert set(core.own_ledger()) == set(LEDGER_FIELDS)


def test_what_is_known_of_a_world_says_its_fidelity(gate: Gate, session: Session) -> None:
    assert session.world_info().fidelity == gate.world.fidelity


def test_the_aead_library_is_known_by_name() -> None:
    assert core.aead_library()
    assert core.aead_why_not("openssl") is None
    assert core.aead_why_not("nonsense")


WRONG_TYPE: Any = "1"
SIDEWAYS: Any = "sideways"
MISUSE: list[tuple[str, Any, str]] = [
    ("five parameters", lambda s: s.invoke(0, *[Value()] * 5), "at most 4"),
    ("a number as a parameter", lambda s: s.invoke(0, 5), "use Value, Memory"),
    ("a value that is too large", lambda s: s.invoke(0, Value(1 << 32)), "a is 4294967296"),
    ("a value that is no number", lambda s: s.invoke(0, Value(WRONG_TYPE)), "a is '1'"),
    ("a negative command", lambda s: s.invoke(-1), "command is -1"),
    ("a wrong direction", lambda s: s.invoke(0, Value(1, 2, SIDEWAYS)), "use 'in', 'out' or 'inout'"),
    ("an answer into bytes", lambda s: Memory(b"constant", "out"), "a writable buffer"),
    ("text for memory", lambda s: Memory("text"), "a buffer, such as bytes"),
]


@pytest.mark.parametrize(("use", "says"), [case[1:] for case in MISUSE], ids=[case[0] for case in MISUSE])
def test_misuse_is_refused_with_what_to_do(session: Session, use: Any, says: str) -> None:
    with pytest.raises(WorldgateError) as refusal:
        use(session)
    assert says in str(refusal.value)


def test_a_part_outside_of_shared_memory_is_refused(gate: Gate) -> None:
    with gate.allocate(64) as shared:
        for offset, size in ((65, 0), (0, 65), (64, 1), (-1, 1), (1 << 64, 1)):
            with pytest.raises(WorldgateError, match="give a whole number"):
                shared.part(offset, size)


def test_more_shared_memory_than_there_is_fails_with_a_code(gate: Gate) -> None:
    with pytest.raises(TeeError) as failure:
        gate.allocate(1 << 62)
    assert failure.value.name == "TEEC_ERROR_OUT_OF_MEMORY"


def test_what_is_closed_is_not_used_again(gate: Gate) -> None:
    shared = gate.allocate(64)
    part = shared.whole()
    shared.close()
    shared.close()
    other = gate.open(CROSSING_TA)
    with pytest.raises(WorldgateError, match="the shared memory is closed"):
        other.invoke(CROSSING_CALL, Value(direction="inout"), part)
    with pytest.raises(WorldgateError, match="the shared memory is closed"):
        shared.view()
    other.close()
    with pytest.raises(WorldgateError, match="the session is closed"):
        other.invoke(CROSSING_CALL, Value(direction="inout"))


def test_closing_a_gate_closes_what_was_opened_through_it() -> None:
    gate = Gate("normal")
    session, shared = gate.open(CROSSING_TA), gate.allocate(64)
    gate.close()
    for use in (lambda: session.invoke(0), shared.view, lambda: gate.open(CROSSING_TA)):
        with pytest.raises(WorldgateError, match="is closed; open a new one"):
            use()


def test_a_wrong_uuid_is_refused_with_what_to_write(gate: Gate) -> None:
    for wrong in ("crossing", "", 7):
        with pytest.raises(WorldgateError, match="is not a UUID"):
            gate.open(wrong)  # type: ignore[arg-type]


def test_a_cancellation_may_come_at_any_time_from_another_thread(session: Session) -> None:
    token = Cancellation()

    def cancel() -> None:
        for _ in range(100):
            token.request()

    thread = threading.Thread(target=cancel)
    thread.start()
    for _ in range(100):
        try:
            session.invoke(CROSSING_CALL, Value(CROSSING_NOTHING, 0, "inout"), cancel=token)
        except TeeError as error:
            assert error.name == "TEEC_ERROR_CANCEL"
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert echo(session, b"still here") == b"still here"


def test_timed_calls_are_answered_and_their_percentiles_are_in_order(session: Session) -> None:
    times = session.time_calls(500)
    assert 1 <= times.operations <= 500
    assert 0 < times.p1_ns <= times.p50_ns <= times.p99_ns


def test_a_timed_loop_without_calls_says_so(session: Session) -> None:
    with pytest.raises(WorldgateError, match="calls cannot be timed"):
        session.time_calls(0)


def test_two_sessions_in_two_threads_do_not_mix_their_answers(gate: Gate) -> None:
    wrong: list[bytes] = []

    def talk(text: bytes) -> None:
        with gate.open(CROSSING_TA) as session:
            wrong.extend(answer for _ in range(200) if (answer := echo(session, text)) != text)

    threads = [threading.Thread(target=talk, args=(bytes([65 + number]) * 1000,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not wrong and not any(thread.is_alive() for thread in threads)


def test_a_world_that_cannot_be_used_here_is_unavailable_with_a_reason() -> None:
    with pytest.raises(Unavailable, match="transition_ns is unknown"):
        Gate("emulated:tdx")
    with pytest.raises(Unavailable, match="rpc_ns is unknown: the experiment makes no call"):
        Gate("emulated:sgx2-icx-6312u", requires=["rpc_ns"])


def test_a_world_executable_that_is_not_there_is_told() -> None:
    with pytest.raises(WorldgateError) as failure, Gate("compartment:exe=/no/such/file") as gate:
        gate.open(CROSSING_TA)
    assert "/no/such/file" in str(failure.value)


@pytest.mark.parametrize(
    "name", ["normal:aead=no", "compartment:cpu=banana", "compartment:arena_bytes=1", "normal\0"]
)
def test_a_value_that_the_core_refuses_gets_its_reason_in_one_line(name: str) -> None:
    with pytest.raises(WorldgateError) as refusal:
        Gate(name)
    assert str(refusal.value).isprintable() and len(str(refusal.value)) > 20
