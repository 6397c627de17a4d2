# SPDX-License-Identifier: Apache-2.0
"""Reading traces: what they add up to, and files that are cut, foreign or made to do harm."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trace_files as made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trace_files import ALLOCATE, APPENDED, APPENDING, INVOKE, REGISTER, RELEASE, Record, block, header

from worldgate.errors import WorldgateError
from worldgate.experiment import result as results
from worldgate.trace.figures import Figures
from worldgate.trace.result import make_result
from worldgate.trace.text import render

Call = Callable[..., Any]
GATE = "/opt/sdk/lib/libworldgate-teec.so"

# All kinds of memory in all directions, before and after.
TEMP_IN, TEMP_OUT, TEMP_BOTH = 5, 6, 7
WHOLE, PART_IN, PART_OUT = 12, 13, 14
IN, OUT, BOTH, NULL = 1, 2, 3, 4
MEMORY = [
    Record(REGISTER, 1700, 1800, object=0x100),
    Record(ALLOCATE, 1700, 1800, object=0x200),
]
ALL_KINDS = Record(
    INVOKE,
    command=9,
    params=[
        (TEMP_IN, IN, 0, 1000, 1000),
        (TEMP_OUT, OUT, 0, 500, 700),
        (WHOLE, BOTH, 0x100, 300, 200),
        (PART_OUT, OUT, 0x200, 64, 64),
    ],
)


@pytest.fixture
def trace(tmp_path: Path) -> Callable[..., Figures]:
    """Reads a file of these parts."""

    def read(*parts: bytes) -> Figures:
        path = tmp_path / "trace"
        path.write_bytes(b"".join(parts))
        return Figures(path)

    return read


def calls(*between: Record) -> bytes:
    return block(made.session(*MEMORY, *between))


def test_the_gate_copies_what_is_not_shared_and_answered(trace: Call) -> None:
    found = trace(header(library=GATE, world="compartment"), calls(ALL_KINDS))
    assert (found.crossings, found.operations, found.refused) == (3, 1, 0)
    assert (found.copied.into, found.copied.out) == (1000 + 300, 500 + 200)
    assert (found.memory["temporary"].into, found.memory["temporary"].out) == (1000, 500)
    assert (found.memory["registered"].into, found.memory["registered"].out) == (300, 200)
    assert (found.memory["allocated"].into, found.memory["allocated"].out) == (0, 64)
    assert found.commands["03020100 command 9"].copied.both == 2000


def test_a_libteec_with_shadow_buffers_copies_temporary_memory_in_whatever_its_direction(
    trace: Call,
) -> None:
    found = trace(header(capabilities=1), calls(ALL_KINDS))
    assert (found.copied.into, found.copied.out) == (1000 + 500 + 300, 500 + 200)
    too_long = Record(INVOKE, params=[(PART_OUT, OUT, 0x100, 10, 20)])
    assert trace(header(capabilities=1), calls(too_long)).copied.out == 0


def test_a_libteec_that_registers_memory_copies_nothing(trace: Call) -> None:
    found = trace(header(capabilities=1 | 4), calls(ALL_KINDS))
    assert found.copied.both == 0 and found.copied_share == 0


def test_copies_of_an_unknown_library_are_unknown_and_not_zero(trace: Call, tmp_path: Path) -> None:
    found = trace(header(), calls(ALL_KINDS))
    assert found.copied_share is None
    result = make_result([found], {})
    assert result.samples[0].metrics["copied_bytes"] is None
    assert "share_bytes" not in result.samples[0].ledgers[0].counts
    assert "unknown: no TEE driver" in render(found)


def test_refused_and_unanswered_operations_pass_nothing_back(trace: Call) -> None:
    params = [(TEMP_BOTH, BOTH, 0, 100, 100)]
    refused = Record(INVOKE, result=0xFFFF0006, origin=made.API, params=params)
    died = Record(INVOKE, result=0xFFFF3024, origin=made.TEE, params=params)
    found = trace(header(library=GATE), calls(refused, died))
    assert (found.crossings, found.refused) == (3, 1)
    assert (found.copied.into, found.copied.out) == (100, 0)


def test_null_references_pass_nothing(trace: Call) -> None:
    nothing = Record(INVOKE, params=[(TEMP_BOTH, BOTH | NULL, 0, 0, 0), (WHOLE, NULL, 0, 9, 9)])
    found = trace(header(library=GATE), calls(nothing))
    assert found.passed.both == found.copied.both == 0


def test_memory_is_what_it_was_at_the_time_of_the_call(trace: Call) -> None:
    """An address that is released and used again."""
    use = [(PART_IN, IN, 0x100, 10, 10)]
    found = trace(
        header(library=GATE),
        calls(
            Record(INVOKE, 2000, 2100, params=use),
            Record(RELEASE, 2200, 2300, object=0x100),
            Record(INVOKE, 2400, 2500, params=use),
            Record(ALLOCATE, 2600, 2700, object=0x100),
            Record(INVOKE, 2800, 2900, params=use),
        ),
    )
    assert [found.memory[kind].into for kind in ("registered", "unknown", "allocated")] == [10, 10, 10]
    assert found.unsure == 1 and found.copied.into == 10
    assert "not seen to be shared" in render(found)


def test_a_block_that_was_being_appended_counts_once(trace: Call) -> None:
    many = [Record(INVOKE, 2000 + i, 2001 + i) for i in range(10)]
    second = made.HEADER_BYTES + made.RECORD_BYTES * made.RECORDS
    whole = block(many, Record(made.LIVE))
    for mark in (Record(APPENDING, object=second), Record(APPENDED, object=second)):
        assert trace(header(), block(many, mark), whole).crossings == 10
    assert trace(header(), whole, whole).crossings == 20


def test_what_was_dropped_is_said(trace: Call) -> None:
    found = trace(header(dropped={INVOKE: 1234}), calls())
    assert found.dropped == 1234
    assert "1,234 calls found no room" in render(found)


def test_a_record_that_is_not_whole_is_passed_over_and_said(trace: Call) -> None:
    found = trace(header(state=0), block(made.session(ALL_KINDS))[: 4 * 128 + 77])
    assert found.crossings == 3 and found.cut_bytes == 77
    assert "its last 77 bytes" in render(found) and "did not leave through exit" in render(found)


def test_times_without_a_second_reading_of_the_clocks_are_unknown(trace: Call) -> None:
    found = trace(header(span_ns=0), calls(ALL_KINDS))
    assert found.ns_per_tick is None and found.crossings == 3
    result = make_result([found], {})
    assert result.samples[0].metrics["round_trip_ns"] is None
    assert "times are unknown" in render(found)


def test_times_are_those_between_the_ticks(trace: Call) -> None:
    found = trace(header(), calls(Record(INVOKE, 2000, 4000)))
    assert found.ns_per_tick == 0.5
    assert found.commands["03020100 command 0"].times.sum_ns == 1000
    assert found.times.quantile(1.0) == pytest.approx(1000, rel=0.01)
    assert found.span_ns == found.command_ns == 1000
    assert found.inside_ns == 1000 + 50 + 250


def test_a_result_of_a_trace_can_be_written_read_and_explained(trace: Call, tmp_path: Path) -> None:
    found = trace(header(library=GATE, world="emulated:profile=tdx,transition_ns=1"), calls(ALL_KINDS))
    result = make_result([found, found], {"cpu": "x"})
    results.write(result, tmp_path / "r.json")
    again = results.read(tmp_path / "r.json")
    assert again == result
    measured, base = again.experiment.variants[:2]
    assert (measured.world, measured.fidelity, measured.profile) == ("emulated:tdx", "emulated", "tdx")
    assert measured.baseline == base.name and base.role == "calibration"
    ours, theirs = again.samples[0].metrics["operation_ns"], again.samples[1].metrics["operation_ns"]
    assert ours is not None and theirs is not None
    assert found.command_ns is not None
    assert ours - theirs == pytest.approx(found.command_ns / found.operations)
    assert again.samples[0].ledgers[0].counts == {"crossings": 3, "operations": 1, "share_bytes": 2000}


def test_the_placement_is_known_where_both_sides_are_pinned(trace: Call) -> None:
    for cpus, world, text in (
        ((1, 3), "compartment", "one core"),
        ((1, 3), "compartment:aead=openssl,cpu=1", "two cores"),
        ((2, 0), "compartment:cpu=0", "not pinned"),
    ):
        found = trace(header(library=GATE, world=world, cpus=cpus), calls(ALL_KINDS))
        assert make_result([found], {}).experiment.variants[0].placement.text == text


WRONG = {
    "an empty file": (b"", "not a trace file"),
    "a foreign file": (b"\x7fELF" * 2000, "not a trace file"),
    "a header that is cut": (header()[:100], "cut off after 100 bytes"),
    "a newer version": (header(version=2), "of version 2"),
    "a header without sense": (header()[:12] + bytes(4084), "makes no sense"),
}


@pytest.mark.parametrize(("data", "says"), WRONG.values(), ids=list(WRONG))
def test_a_file_that_cannot_be_read_gets_one_line(call: Call, tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "board.trace"
    path.write_bytes(data)
    outcome = call("trace", "read", str(path))
    assert outcome.refused_in_one_line, outcome
    assert says in outcome.err


def test_a_trace_from_a_board_is_shown_and_becomes_a_result(call: Call, tmp_path: Path) -> None:
    path, output = tmp_path / "board.trace", tmp_path / "board.json"
    path.write_bytes(header() + calls(ALL_KINDS))
    outcome = call("trace", "read", str(path), "--output", str(output))
    assert outcome.status == 0, outcome
    assert "trace of ./client -x" in outcome.out and "3 crossings" in outcome.out
    assert results.read(output).experiment.path == "trace"
    assert call("report", str(output)).status == 0
    again = call("trace", "read", str(path), "--output", str(output))
    assert again.refused_in_one_line and "exists already" in again.err


SEED = header(library=GATE, world="compartment") + block(
    [*made.session(*MEMORY, ALL_KINDS, *[Record(INVOKE, 2000 + i, 2500 + i, command=i) for i in range(20)])]
)
CHANGES = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 250), st.integers(0, made.HEADER_BYTES + 40 * made.RECORD_BYTES)),
        st.one_of(
            st.binary(min_size=1, max_size=16),
            st.sampled_from([b"\xff" * 8, b"\xff" * 4, bytes(8), b"\x66\0", b"\x65\0", b"\x80" + b"\0" * 7]),
        ),
    ),
    max_size=8,
)


@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES, length=st.one_of(st.none(), st.integers(0, 12_000)))
def test_no_file_leads_to_anything_but_figures_or_one_line(
    tmp_path: Path, changes: list[tuple[int, bytes]], length: int | None
) -> None:
    data = bytearray(SEED[:16_384])
    for at, new in changes:
        data[at : at + len(new)] = new
    path = tmp_path / "fuzzed"
    path.write_bytes(data[:length])
    try:
        found = Figures(path)
    except WorldgateError as error:
        assert "\n" not in str(error)
        return
    assert render(found).endswith("\n")
    results.decode(results.encode(make_result([found], {})), "fuzzed")
