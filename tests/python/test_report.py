# SPDX-License-Identifier: Apache-2.0
"""Reports: what they say, and that nothing in a result file gets out of the place where it is shown."""

import base64
import csv
import html
import json
import math
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_results import KINDS, make_result
from strategies import HOSTILE, floats, results, texts

from worldgate.experiment.result import Result, decode, encode, write
from worldgate.report import html as page
from worldgate.report.bars import NO_LIMITS, Waterfall, Waterfalls
from worldgate.report.curves import (
    POINTS_MAX,
    distributions_of_runs,
    runs_over_time,
    thin_extremes,
    thin_ranks,
)
from worldgate.report.figures import write as write_figures
from worldgate.report.findings import findings
from worldgate.report.pack import PART_ROWS, pack
from worldgate.report.quantity import number, quantity
from worldgate.report.table import write as write_tables
from worldgate.report.tables import Column, tables
from worldgate.report.text import render

Call = Callable[..., Any]
SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.S)


@pytest.fixture(scope="module")
def result() -> Result:
    return make_result()


@pytest.fixture
def file(result: Result, tmp_path: Path) -> Path:
    path = tmp_path / "crossing.json"
    write(result, path)
    return path


def render_page(result: Result, waterfalls: Waterfalls = NO_LIMITS) -> str:
    return page.render([page.Part("a result", result, waterfalls)])


def data_blocks(text: str) -> dict[str, str]:
    """Every block of data of a page by its id; the programs are left out."""
    found = {}
    for attributes, body in SCRIPT.findall(text):
        name = re.search(r'id="([^"]+)"', attributes)
        if name:
            assert name[1] not in found, "an id stands twice"
            found[name[1]] = body
    return found


def test_a_finding_says_how_much_more_a_crossing_costs_and_its_fidelity(result: Result) -> None:
    said = findings(result)[0]
    pattern = (
        r"median round trip: compartment call 64 B costs 4\.\d us more than normal call 64 B "
        r"\(\S+ us against \S+ ns; x[\d.]+, 95 % interval [\d.]+ to [\d.]+\), fidelity compartment\."
    )
    assert re.fullmatch(pattern, said.text) and said.kind == "slower"


def test_a_finding_of_a_rate_says_how_much_less_is_reached(result: Result) -> None:
    said = [one.text for one in findings(result) if one.metric == "operations_per_second"]
    assert said and all(" operations/s less than normal" in text for text in said)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"verdict": "inconclusive", "low": 0.9, "high": 99.0},
            "inconclusive how compartment call 64 B compares with normal call 64 B",
        ),
        (
            {"verdict": "inconclusive"},
            "compartment call 64 B costs more than normal call 64 B, but by how much is inconclusive",
        ),
        ({"verdict": "no difference"}, "no difference between compartment call 64 B and normal call 64 B"),
        ({"ratio": None, "text": "only 1 round"}, "cannot be compared with normal call 64 B: only 1 round,"),
        ({"low": None}, "no interval"),
    ],
)
def test_what_is_not_known_is_said_as_such(result: Result, changes: dict[str, Any], says: str) -> None:
    one = msgspec.structs.replace(result.comparisons[0], **changes)
    said = findings(msgspec.structs.replace(result, comparisons=[one]))[0]
    assert says in said.text
    assert not re.search(r"(costs|reaches) \S+ \S+ (more|less)", said.text) or changes == {"low": None}


def test_a_difference_whose_sign_the_medians_deny_is_told_as_a_share(result: Result) -> None:
    one = msgspec.structs.replace(result.comparisons[0], ratio=0.9, verdict="faster")
    assert "costs 10 % less than" in findings(msgspec.structs.replace(result, comparisons=[one]))[0].text


def test_the_text_begins_with_what_was_found_and_ends_with_the_machine(result: Result) -> None:
    text = render(result)
    places = [
        text.index(f"\n{word}") for word in ("found:", "ratios", "medians", "skipped", "warnings", "machine:")
    ]
    assert places == sorted(places)
    assert "optee call 64 B: no /dev/tee0 on this machine" in text
    assert (
        "frequency policy: the frequency of the processors may change during a run. Set the governor" in text
    )
    assert "governor: unknown" in text


def test_a_result_without_a_sample_is_reported_too(result: Result) -> None:
    empty = msgspec.structs.replace(result, samples=[], summaries=[], comparisons=[], state="interrupted")
    assert "Nothing is compared in this file." in render(empty)
    assert "The experiment was interrupted: 0 runs in 0 rounds are kept." in render(empty)
    assert "Nothing is compared in this file." in render_page(empty)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0"),
        (52.04, "52"),
        (0.0195, "0.0195"),
        (10_460_000, "10,500,000"),
        (1e-9, "1e-09"),
        (-4.06, "-4.06"),
        (100.0, "100"),
        (float("inf"), "beyond all bounds"),
    ],
)
def test_a_number_has_few_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_quantity_stands_in_a_unit_that_fits() -> None:
    assert quantity(4931.4, "ns") == "4.93 us"
    assert quantity(0.0032, "s") == "3.2 ms"
    assert quantity(9.3e9, "B/s") == "9.3 GB/s"
    assert quantity(12, "packets") == "12 packets"
    assert quantity(None, "ns") == "-"


@given(floats.filter(lambda value: abs(value) < 1e300))
def test_every_number_can_be_shown_and_is_near(value: float) -> None:
    text = number(value)
    assert math.isclose(float(text.replace(",", "")), value, rel_tol=0.006, abs_tol=1e-300)


@given(results())
def test_every_result_that_can_be_read_can_be_shown_as_text(result: Result) -> None:
    assert decode(encode(result), "x") == result
    text = render(result)
    assert all(line.isprintable() for line in text.splitlines())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(results())
def test_no_text_of_a_result_becomes_a_part_of_the_page(result: Result) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "plotly_script", lambda: "plotly")  # 5 MB that are always the same
        text = render_page(result)
    programs = [body for attributes, body in SCRIPT.findall(text) if not attributes]
    assert len(programs) == 2
    for body in data_blocks(text).values():
        assert not set(body) & set("<>&")
    rest = SCRIPT.sub("", text)
    tags = set(re.findall(r"<(/?[a-zA-Z]+)", rest))
    assert not tags & {"img", "base", "script", "iframe", "/script", "b"}
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", rest)
    assert re.findall(r'href="([^"]*)"', rest) == ["#main"]
    assert not re.search(r'\s(src|action|data)="', rest)


@given(texts)
def test_escaped_text_is_the_text(text: str) -> None:
    shown = html.unescape(page._text(text))
    assert shown.isprintable() and (not text.isprintable() or shown == text)


def test_the_policy_names_the_hash_of_every_program_and_allows_no_request(result: Result) -> None:
    import hashlib

    text = render_page(result)
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert found
    policy = found[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src" not in policy and "http" not in policy and "unsafe-eval" not in policy
    for attributes, body in SCRIPT.findall(text):
        if not attributes:
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy


def test_plotly_is_in_the_page_once(result: Result) -> None:
    assert render_page(result).count("plotly.js v") == 1


def unpack_numbers(packed: list[str], rows: int) -> list[float]:
    values: list[float] = []
    for part in packed:
        data = zlib.decompress(base64.b64decode(part), -15)
        count = len(data) // 8
        values += [
            struct.unpack("<d", bytes(data[plane * count + row] for plane in range(8)))[0]
            for row in range(count)
        ]
    assert len(values) == rows
    return values


def unpack_text(packed: list[str]) -> list[str | None]:
    cells: list[str | None] = []
    for part in packed:
        data = zlib.decompress(base64.b64decode(part), -15)
        size = int.from_bytes(data[:4], "little")
        words = json.loads(data[4 : 4 + size])
        cells += [words[place] for (place,) in struct.iter_unpack("<H", data[4 + size :])]
    return cells


@given(st.lists(st.none() | floats | st.integers(-(2**53), 2**53), min_size=1, max_size=50))
def test_a_packed_column_of_numbers_holds_every_value(cells: list[float | None]) -> None:
    packed = pack(Column("x", "", "number", cells))
    assert packed.kind == "number"
    for value, cell in zip(unpack_numbers(packed.parts, len(cells)), cells, strict=True):
        assert math.isnan(value) if cell is None else value == cell


@given(st.lists(st.none() | texts, min_size=1, max_size=50))
def test_a_packed_column_of_text_holds_every_value(cells: list[str | None]) -> None:
    assert unpack_text(pack(Column("x", "", "text", cells)).parts) == cells


def test_an_integer_that_a_double_cannot_hold_is_kept_as_text() -> None:
    cells = [2**53 + 1, None, 3]
    packed = pack(Column("x", "", "number", cells))
    assert packed.kind == "text"
    assert unpack_text(packed.parts) == [str(2**53 + 1), None, "3"]


@pytest.mark.parametrize("rows", [1, PART_ROWS - 1, PART_ROWS, PART_ROWS + 1, 2 * PART_ROWS + 7])
def test_a_column_of_any_length_comes_back_whole(rows: int) -> None:
    cells = [float(row) for row in range(rows)]
    assert unpack_numbers(pack(Column("x", "", "number", cells)).parts, rows) == cells
    words = [f"row {row}" for row in range(rows)]
    assert unpack_text(pack(Column("x", "", "text", words)).parts) == words


def test_the_tables_hold_every_row(result: Result) -> None:
    counts = {table.name: table.count for table in tables(result)}
    assert counts == {
        "comparisons": 12,
        "summaries": 18,
        "samples": 120,
        "ledgers": 240,
        "stages": 120,
        "distributions": 120 * 40,
        "series": 120 * 20,
    }


def test_at_most_ten_thousand_points_are_drawn_in_a_plot_and_the_note_says_so() -> None:
    large = make_result(rounds=12_000, sizes=(64,), rich=False, kinds=KINDS[:2])
    for plots in (distributions_of_runs(large), runs_over_time(large)):
        for plot in plots.values():
            assert sum(len(curve.x) for curve in plot.curves) <= POINTS_MAX
            assert "of 24,000 points are drawn" in plot.note


@given(st.lists(floats, min_size=1, max_size=300), st.integers(4, 60))
def test_thinning_keeps_the_extremes_and_its_bound(values: list[float], most: int) -> None:
    import numpy as np

    x, y = np.arange(len(values), dtype=np.float64), np.array(values)
    for way in (thin_ranks, thin_extremes):
        thin_x, thin_y = way(x, y, most)
        assert len(thin_x) == len(thin_y) <= max(most, 1)
        assert list(thin_x) == sorted(thin_x)
    extremes = thin_extremes(x, y, most)[1]
    assert extremes.min() == y.min() and extremes.max() == y.max()
    ordered = np.sort(y)
    kept = thin_ranks(ordered, x, most)[0]
    assert kept[0] == ordered[0] and kept[-1] == ordered[-1]


def test_csv_files_have_units_in_their_heads_and_lose_nothing(result: Result, tmp_path: Path) -> None:
    written = write_tables([("a", result), ("b", result)], tmp_path / "csv")
    assert {path.name for path in written} >= {"samples.csv", "summaries.csv", "comparisons.csv"}
    with (tmp_path / "csv" / "samples.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 240 and {row["result"] for row in rows} == {"a", "b"}
    values = [float(row["round_trip_ns [ns]"]) for row in rows[:120]]
    assert values == [sample.metrics["round_trip_ns"] for sample in result.samples]
    with (tmp_path / "csv" / "ledgers.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["waited [s]"] == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(results())
def test_no_field_of_a_csv_file_is_a_formula(tmp_path: Path, result: Result) -> None:
    for path in write_tables([("=1+1", result)], tmp_path):
        with path.open(newline="", encoding="utf-8", errors="surrogatepass") as file:
            rows = list(csv.reader(file))
        assert len({len(row) for row in rows}) == 1
        for field in (field for row in rows for field in row):
            assert not field.startswith(("=", "@", "\t", "\r"))
            assert not field.startswith(("+", "-")) or math.isfinite(float(field))


def waterfalls() -> Waterfalls:
    from worldgate.report.waterfall_text import Step

    steps = [
        Step("baseline", "total", 96.0, 0.0, 96.0),
        Step(HOSTILE[0], "part", 4000.0, 96.0, 4096.0),
        Step("paging, world", "unknown", None, 4096.0, 4096.0),
        Step("unexplained", "rest", -96.0, 4096.0, 4000.0),
        Step("measured", "total", 4000.0, 0.0, 4000.0),
    ]
    return Waterfalls({"compartment call 64 B": Waterfall("from there to here", steps, "a note")})


@pytest.mark.parametrize("form", ["pdf", "svg", "png"])
def test_figures_are_the_same_bytes_every_time(result: Result, tmp_path: Path, form: str) -> None:
    experiment = msgspec.structs.replace(result.experiment, metrics=result.experiment.metrics[:1])
    small = msgspec.structs.replace(result, experiment=experiment, samples=result.samples[:12])
    files = [write_figures(small, waterfalls(), tmp_path / name, [form]) for name in ("first", "second")]
    names = {path.name for path in files[0]}
    assert {
        f"waterfall-compartment-call-64-b.{form}",
        f"ratios-p99-ns.{form}",
        f"spread-round-trip-ns.{form}",
    } <= names
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size > 1000


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(result=results())
def test_figures_of_odd_results_stay_in_their_folder(tmp_path: Path, result: Result) -> None:
    for path in write_figures(result, Waterfalls(), tmp_path / "figures", ["svg"]):
        assert path.parent == tmp_path / "figures" and re.fullmatch(r"[a-z0-9-]+\.svg", path.name)


def test_the_command_prints_the_text(call: Call, file: Path) -> None:
    outcome = call("report", str(file))
    assert outcome.status == 0 and outcome.err == ""
    assert outcome.out.startswith("crossing: What a crossing costs, by world and size\n")


def test_several_results_stand_side_by_side(call: Call, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "later.json"
    write(make_result(seed=2, factor=1.5), other)
    outcome = call("report", str(file), str(other))
    assert outcome.status == 0 and "side by side\nA: crossing\nB: later\n" in outcome.out
    outcome = call("report", str(file), str(other), "--html", str(tmp_path / "both.html"))
    assert outcome.status == 0
    text = (tmp_path / "both.html").read_text()
    assert "What was found in later" in text and "beside1" in data_blocks(text)


def test_every_output_is_written_and_named(call: Call, file: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    words = (
        "--html",
        target,
        "--csv",
        tmp_path / "csv",
        "--figures",
        tmp_path / "figures",
        "--format",
        "svg",
    )
    outcome = call("report", str(file), *map(str, words))
    assert outcome.status == 0, outcome
    named = [Path(line) for line in outcome.out.splitlines()]
    assert target in named and all(path.stat().st_size > 0 for path in named)
    assert {path.suffix for path in named} == {".html", ".csv", ".svg"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("report",), "RESULT"),
        (("report", "no-such.json"), "no-such.json"),
        (("report", "FILE", "--figures", "f", "--format", "jpg"), "unknown format 'jpg'; use pdf, svg, png"),
        (("report", "FILE", "--format", "svg"), "add --figures DIR"),
        (("report", "FILE", "FILE"), "named twice"),
        (("report", "FILE", "--limits", "FILE"), "worldgate.limits/1"),
        (("report", "FILE", "--html", "no-such-folder/x.html"), "no-such-folder"),
    ],
)
def test_wrong_use_of_report_gets_one_line(call: Call, file: Path, words: tuple[str, ...], says: str) -> None:
    outcome = call(*(str(file) if word == "FILE" else word for word in words))
    assert outcome.refused_in_one_line, outcome
    assert says in outcome.err
