# SPDX-License-Identifier: Apache-2.0
"""Unit costs: all are measured or say why not, are kept until the next boot, and are found again."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldgate.core import aead_library, aead_version, choose_aead, time_loop
from worldgate.errors import Unavailable, WorldgateError
from worldgate.machine import limits
from worldgate.machine.costs import SCHEMA, Limits, UnitCost
from worldgate.machine.facts import boot_id, facts

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def measured() -> Limits:
    """A quick measurement of this machine, with what was shown of its progress checked."""
    steps: list[tuple[int, int, str]] = []
    found = limits.measure(quick=True, progress=lambda *step: steps.append(step))
    assert [done for done, _, _ in steps] == list(range(len(steps)))
    assert len({count for _, count, _ in steps}) == 1 and steps[-1][0] == steps[-1][1]
    assert all(what for _, _, what in steps[:-1]) and steps[-1][2] == ""
    return found


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of caches that is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "worldgate"


@pytest.fixture
def unmeasurable(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Stands for the measurement, which takes seconds: notes how it was asked for."""
    asked: list[bool] = []

    def measure(quick: bool = False, progress: limits.Progress | None = None) -> Limits:
        asked.append(quick)
        return made(quick)

    monkeypatch.setattr(limits, "measure", measure)
    return asked


def cost(ns: float, **keys: Any) -> UnitCost:
    return UnitCost(**{"cause": "copy", "low_ns": ns, "high_ns": ns, **keys}, ns=ns)


def made(quick: bool, costs: list[UnitCost] | None = None) -> Limits:
    """Limits of this machine that nobody measured."""
    import worldgate

    return Limits(
        schema=SCHEMA,
        worldgate=worldgate.__version__,
        boot=boot_id() or "",
        measured="2026-01-01T00:00:00+00:00",
        machine={**facts(), "limits_quick": quick},
        costs=costs if costs is not None else [cost(5.0, bytes=64, temperature="hot")],
        absent={},
    )


def test_a_quick_measurement_gives_every_cause_or_a_reason(measured: Limits) -> None:
    known = {cost.cause for cost in measured.costs}
    for cause in limits.CAUSES:
        assert (cause in known) != (cause in measured.absent), cause
    assert all(reason for reason in measured.absent.values()), measured.absent
    assert all(0 <= cost.low_ns <= cost.ns <= cost.high_ns and cost.ns > 0 for cost in measured.costs)
    keys = [(cost.cause, cost.where, cost.bytes, cost.temperature, cost.library) for cost in measured.costs]
    assert len(set(keys)) == len(keys)


def test_a_measurement_says_when_where_and_by_what_it_was_made(measured: Limits) -> None:
    assert measured.schema == "worldgate.limits/1" and measured.boot
    assert datetime.fromisoformat(measured.measured).tzinfo is not None
    assert measured.machine["limits_quick"] is True and measured.machine["compiler"]
    assert msgspec.json.decode(msgspec.json.encode(measured), type=Limits) == measured


def test_the_library_that_is_used_by_default_is_the_first_of_the_sealing_costs(measured: Limits) -> None:
    first = limits.find(measured, "seal", bytes=1024)
    assert first is not None and first.library == aead_library()


def test_an_interrupted_measurement_leaves_the_thread_where_it_might_run() -> None:
    import os

    before = os.sched_getaffinity(0)

    def interrupt(done: int, count: int, what: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        limits.measure(quick=True, progress=interrupt)
    assert os.sched_getaffinity(0) == before


def test_what_was_measured_is_kept_and_not_measured_again(unmeasurable: list[bool], own_cache: Path) -> None:
    assert limits.cached() is None
    first = limits.get()
    assert limits.cached() == first == limits.get() == limits.get(quick=True)
    assert unmeasurable == [False]
    assert [path.name for path in own_cache.iterdir()] == [f"limits-{first.boot}.json"]


def test_fresh_ones_are_measured_whatever_is_kept(unmeasurable: list[bool]) -> None:
    limits.get()
    limits.get(fresh=True, quick=True)
    assert unmeasurable == [False, True]


def test_ones_that_were_measured_quickly_will_not_do_where_the_whole_is_asked_for(
    unmeasurable: list[bool],
) -> None:
    limits.get(quick=True)
    assert limits.get(quick=True).machine["limits_quick"] is True
    assert limits.get().machine["limits_quick"] is False
    assert limits.get(quick=True).machine["limits_quick"] is False
    assert unmeasurable == [True, False]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        b"null",
        b'{"schema": "worldgate.limits/1"}',
        lambda whole: whole[:-20],
        lambda whole: whole.replace(b'"worldgate.limits/1"', b'"worldgate.limits/2"'),
        lambda whole: whole.replace(b'"ns":5.0', b'"ns":0.0'),
        lambda whole: whole.replace(b'"cause":"copy"', b'"cause":"copying"'),
        lambda whole: whole.replace(b'"processors_usable":', b'"processors_usable":9'),
        lambda whole: whole.replace(b'"boot":"', b'"boot":"x'),
        lambda whole: whole.replace(b'{"schema"', b'{"more":1,"schema"'),
    ],
)
def test_a_broken_or_foreign_cache_is_measured_anew(unmeasurable: list[bool], broken: Any) -> None:
    whole = msgspec.json.encode(limits.get())
    path = limits.cache_path()
    assert path is not None
    data = broken if isinstance(broken, bytes) else broken(whole)
    assert data != whole
    path.write_bytes(data)
    assert limits.cached() is None
    limits.get()
    assert unmeasurable == [False, False] and limits.cached() is not None


def test_a_cache_of_another_version_is_measured_anew(
    unmeasurable: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits.get()
    monkeypatch.setattr("worldgate.__version__", "99.0", raising=False)
    assert limits.cached() is None


def test_a_cache_that_cannot_be_written_is_no_error(unmeasurable: list[bool], own_cache: Path) -> None:
    own_cache.parent.write_text("a file where the folder should be")
    assert limits.keep(limits.get()) is None and limits.cached() is None


def test_a_machine_that_does_not_name_its_boot_keeps_nothing(
    unmeasurable: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    for boot in (None, "../../etc/x"):
        monkeypatch.setattr(limits, "boot_id", lambda boot=boot: boot)
        assert limits.cache_path() is None and limits.keep(limits.get()) is None


POINTS = {64: 4.0, 256: 6.0, 1024: 20.0, 4096: 70.0}
KNOWN = made(
    False,
    [
        *(cost(ns, bytes=size, temperature="hot") for size, ns in POINTS.items()),
        *(cost(ns * 10, bytes=size, temperature="cold") for size, ns in POINTS.items()),
        cost(50.0, cause="seal", bytes=64, library="A 1"),
        cost(90.0, cause="seal", bytes=1024, library="A 1"),
        cost(200.0, cause="seal", bytes=64, library="B 2"),
        cost(800.0, cause="seal", bytes=1024, library="B 2"),
        cost(4000.0, cause="call", where="one core"),
        cost(40000.0, cause="call", where="two cores"),
        cost(20.0, cause="clock"),
    ],
)


def test_a_cost_is_found_by_its_keys() -> None:
    def ns(*arguments: Any, **keys: Any) -> float | None:
        found = limits.find(KNOWN, *arguments, **keys)
        return None if found is None else found.ns

    assert ns("call", where="two cores") == 40000
    assert ns("copy", bytes=256, temperature="cold") == 60
    assert ns("seal", bytes=64, library="B 2") == 200
    assert ns("seal", bytes=64) == 50, "the first library is the one used by default"
    assert ns("clock", where="two cores") == 20, "a key that does not apply is no hindrance"
    assert ns("copy", bytes=100) is None
    assert ns("poll") is None


@given(size=st.sampled_from(sorted(POINTS)))
def test_a_measured_size_costs_what_was_measured(size: int) -> None:
    assert limits.interpolate(KNOWN, "copy", size, temperature="hot") == pytest.approx(POINTS[size])
    assert limits.interpolate(KNOWN, "copy", size, temperature="cold") == pytest.approx(POINTS[size] * 10)


@given(size=st.floats(min_value=64, max_value=4096))
def test_a_size_between_two_costs_something_between_them(size: float) -> None:
    sizes = sorted(POINTS)
    low = max(known for known in sizes if known <= size)
    high = min(known for known in sizes if known >= size)
    found = limits.interpolate(KNOWN, "copy", size, temperature="hot")
    assert found is not None and POINTS[low] <= found * (1 + 1e-9) and found <= POINTS[high] * (1 + 1e-9)


@given(one=st.floats(min_value=32, max_value=8192), other=st.floats(min_value=32, max_value=8192))
def test_more_bytes_cost_no_less_where_that_is_what_was_measured(one: float, other: float) -> None:
    low, high = (limits.interpolate(KNOWN, "copy", size, temperature="hot") for size in sorted((one, other)))
    assert low is not None and high is not None and 0 <= low <= high * (1 + 1e-9)


@given(size=st.one_of(st.floats(max_value=31.99), st.floats(min_value=8192.01), st.just(float("nan"))))
def test_nothing_is_said_of_sizes_far_from_what_was_measured(size: float) -> None:
    assert limits.interpolate(KNOWN, "copy", size, temperature="hot") is None


@given(
    values=st.dictionaries(st.integers(1, 1 << 30), st.floats(1e-3, 1e9), max_size=12),
    size=st.floats(min_value=0, max_value=float(1 << 31)),
)
def test_an_interpolated_cost_is_never_negative(values: dict[int, float], size: float) -> None:
    some = made(False, [cost(ns, bytes=count) for count, ns in values.items()])
    found = limits.interpolate(some, "copy", size)
    assert found is None or found >= 0


def test_libraries_are_not_mixed_in_one_line() -> None:
    assert limits.interpolate(KNOWN, "seal", 64) == 50
    assert limits.interpolate(KNOWN, "seal", 1024, library="B 2") == 800
    assert limits.interpolate(KNOWN, "call", 64) is None, "it has no size"
    assert limits.interpolate(made(False, [cost(5.0, bytes=64)]), "copy", 65) is None, "one point is no line"


@pytest.mark.parametrize(("load", "told"), [(0.1, False), (1.5, True), (None, False)])
def test_figures_that_were_measured_beside_other_programs_carry_a_warning(
    load: float | None, told: bool
) -> None:
    from worldgate.cli.limits import lines

    some = made(False)
    machine = {**some.machine, "load": load, "processors_usable": 2}
    busy = msgspec.structs.replace(some, machine=machine)
    assert (limits.disturbed(busy) is not None) == told
    assert any("warning: other programs were running" in line for line in lines(busy)) == told


def test_the_command_prints_a_table_and_json(run: Call, measured: Limits) -> None:
    limits.keep(measured)
    table = run("limits", "--quick")
    assert table.status == 0 and table.err == ""
    assert "call" in table.out and "measured quickly" in table.out
    told = run("limits", "--quick", "--json")
    assert json.loads(told.out)["costs"] == json.loads(msgspec.json.encode(measured.costs))


def test_a_loop_that_does_not_exist_is_refused_and_one_that_cannot_run_says_why() -> None:
    with pytest.raises(WorldgateError, match="there is no such cause"):
        time_loop("copying")
    with pytest.raises(WorldgateError, match="a copy has from 1"):
        time_loop("copy", size=0)
    with pytest.raises(WorldgateError, match="repetitions"):
        time_loop("clock", repetitions=0)
    with pytest.raises(Unavailable, match="cannot run on processor 1023"):
        time_loop("clock", cpu=1023)


def test_the_version_of_an_aead_library_is_told_whichever_is_in_use() -> None:
    assert (aead_version("openssl") or "").startswith("OpenSSL 3")
    assert aead_version("no such library") is None
    assert aead_library() in {aead_version("openssl"), aead_version("ipsecmb")}


def test_an_aead_library_is_chosen_before_the_first_key_or_refused() -> None:
    with pytest.raises(WorldgateError, match="there is no AEAD library 'rot13'"):
        choose_aead("rot13")
    time_loop("seal", size=64, repetitions=1, repetition_ns=1000)
    other = "openssl" if aead_library() == aead_version("ipsecmb") else "ipsecmb"
    with pytest.raises(WorldgateError, match="AEAD library"):
        choose_aead(other)
