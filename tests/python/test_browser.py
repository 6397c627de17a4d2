# SPDX-License-Identifier: Apache-2.0
"""The HTML report in a real browser: it complains of nothing, asks for nothing, and its tables do what they
say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browser import Page, browser, find_chromium
from sample_results import make_result
from strategies import HOSTILE

from worldgate.experiment.result import Result
from worldgate.report.bars import NO_LIMITS, Waterfall, Waterfalls
from worldgate.report.html import Part, render
from worldgate.report.waterfall_text import Step

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: chromium)")
SAMPLES = "worldgate.tables['table0-samples']"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    assert CHROMIUM is not None
    with browser(CHROMIUM) as page:
        yield page


@pytest.fixture
def page(chromium: Page) -> Page:
    """The one browser, its notes empty."""
    chromium.complaints.clear()
    chromium.requests.clear()
    chromium.prefer(prefers_color_scheme="light")
    chromium.resize(1280, 900)
    return chromium


def waterfalls() -> Waterfalls:
    steps = [
        Step("baseline", "total", 96.0, 0.0, 96.0),
        Step("crossings, client", "part", 4000.0, 96.0, 4096.0),
        Step("unexplained", "rest", 904.0, 4096.0, 5000.0),
        Step("measured", "total", 5000.0, 0.0, 5000.0),
    ]
    return Waterfalls({"compartment call 64 B": Waterfall("from there to here", steps, "a note")})


@pytest.fixture(scope="module")
def result() -> Result:
    return make_result(rounds=60)


@pytest.fixture(scope="module")
def report(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render([Part("a result", result, waterfalls())]))
    return path


def column(page: Page, table: str, head: str) -> list[str]:
    """The cells of a column that are in the page."""
    script = f"""(() => {{
        const table = {table}.table;
        const place = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === {head!r});
        const rows = [...table.tBodies[0].rows].filter((row) => row.className !== "spacer");
        return rows.map((row) => row.cells[place].textContent);
    }})()"""
    cells: list[str] = page.look(script)
    return cells


def click(page: Page, head: str) -> None:
    """Clicks a head of the table of samples, and waits for what comes of it."""
    page.look(
        f"[...{SAMPLES}.table.querySelectorAll('th button')]"
        f".find((one) => one.textContent === {head!r}).click()"
    )
    page.wait_for(f"!{SAMPLES}.box.hasAttribute('aria-busy')")


def type_filter(page: Page, head: str, text: str) -> str:
    """Types into a filter; gives the status line."""
    page.look(
        f"""(() => {{
            const inputs = [...{SAMPLES}.table.querySelectorAll("input")];
            const input = inputs.find((one) => one.ariaLabel === {f"filter {head}"!r});
            input.value = {text!r};
            input.dispatchEvent(new Event("input"));
            return new Promise((done) => setTimeout(done, 200));
        }})()"""
    )
    page.wait_for(f"!{SAMPLES}.box.hasAttribute('aria-busy')")
    return str(page.look(f"{SAMPLES}.status.textContent"))


def test_a_report_opens_without_a_complaint_and_without_a_request(page: Page, report: Path) -> None:
    page.open(report)
    assert page.complaints == []
    assert page.requests == [report.as_uri()]
    assert page.look("document.querySelectorAll('.js-plotly-plot').length") == 4
    assert page.look("[...document.querySelectorAll('.js-plotly-plot')].every((one) => one.data.length > 0)")


def test_the_first_screen_says_what_was_found(page: Page, report: Path) -> None:
    page.open(report)
    text = "document.querySelector('.findings .said')"
    assert "costs 4." in page.look(f"{text}.textContent")
    assert page.look(f"{text}.getBoundingClientRect().bottom") < 400
    assert page.look("document.querySelector('.findings .badge').textContent") == "compartment"


def test_nothing_can_be_fetched_even_by_a_script(page: Page, report: Path) -> None:
    page.open(report)
    outcome = page.look("fetch('https://example.org/').then(() => 'fetched', () => 'refused')")
    assert outcome == "refused"


def test_every_head_sorts_up_then_down_then_not_at_all(page: Page, report: Path, result: Result) -> None:
    page.open(report)
    head = "round_trip_ns [ns]"
    values = sorted(sample.metrics["round_trip_ns"] or 0.0 for sample in result.samples)
    aria = f"[...{SAMPLES}.heads].find((one) => one.textContent === {head!r}).getAttribute('aria-sort')"
    unsorted = column(page, SAMPLES, head)
    for way, ordered in (("ascending", values), ("descending", values[::-1])):
        click(page, head)
        shown = [float(cell.replace(",", "")) for cell in column(page, SAMPLES, head)]
        assert shown == pytest.approx(ordered[: len(shown)], rel=1e-6) and len(shown) > 5
        assert page.look(aria) == way
    click(page, head)
    assert page.look(aria) == "none" and column(page, SAMPLES, head) == unsorted
    click(page, "variant")
    assert set(column(page, SAMPLES, "variant")) == {min(sample.variant for sample in result.samples)}


@pytest.mark.parametrize(
    ("head", "text", "keeps"),
    [
        ("variant", "4096", lambda one: "4096" in one.variant),
        ("variant", "COMPARTMENT", lambda one: "compartment" in one.variant),
        ("round", "7", lambda one: one.round == 7),
        ("round", "> 50", lambda one: one.round > 50),
        ("round", "<=3", lambda one: one.round <= 3),
        ("round", "10 .. 12", lambda one: 10 <= one.round <= 12),
        ("round", "10..12", lambda one: 10 <= one.round <= 12),
        ("round_trip_ns [ns]", ">= 6e3", lambda one: one.metrics["round_trip_ns"] >= 6e3),
    ],
)
def test_a_filter_keeps_what_it_says(
    page: Page, report: Path, result: Result, head: str, text: str, keeps: Any
) -> None:
    page.open(report)
    kept = sum(map(keeps, result.samples))
    assert 0 < kept < len(result.samples)
    assert type_filter(page, head, text) == f"{kept:,} of {len(result.samples):,} rows"
    assert type_filter(page, head, "") == f"{len(result.samples):,} rows"


def test_a_filter_that_is_not_understood_says_what_to_type(page: Page, report: Path, result: Result) -> None:
    page.open(report)
    assert "a filter of numbers is like > 10" in type_filter(page, "round", "many")
    assert page.look(f"{SAMPLES}.table.querySelectorAll('[aria-invalid=true]').length") == 1


def test_a_long_table_shows_its_last_row_by_keyboard_and_has_few_rows_in_the_page(
    page: Page, report: Path, result: Result
) -> None:
    page.open(report)
    assert page.look(f"{SAMPLES}.table.rows.length") < 60
    page.look(f"{SAMPLES}.scroller.focus()")
    page.press("End")
    last = len(result.samples) + 2
    page.wait_for(f"{SAMPLES}.table.querySelector('[aria-rowindex=\"{last}\"]') !== null")
    assert column(page, SAMPLES, "started")[-1] == result.samples[-1].started
    page.press("Home")
    page.wait_for(f"{SAMPLES}.table.querySelector('[aria-rowindex=\"3\"]') !== null")
    assert column(page, SAMPLES, "started")[0] == result.samples[0].started


def test_a_long_table_shows_its_last_row_by_scrolling(page: Page, report: Path, result: Result) -> None:
    page.open(report)
    page.look(f"{SAMPLES}.scroller.scrollTop = 1e9")
    last = len(result.samples) + 2
    page.wait_for(f"{SAMPLES}.table.querySelector('[aria-rowindex=\"{last}\"]') !== null")


def test_a_browser_without_decompression_opens_the_tables_too(
    page: Page, report: Path, result: Result
) -> None:
    page.open(report)
    script = """(async () => {
        const own = window.DecompressionStream;
        const whole = [];
        for (const part of document.querySelectorAll("script[type='text/plain']")) {
            const bytes = bytesOf(part.id);
            const theirs = await inflate(bytes);
            delete window.DecompressionStream;
            const ours = await inflate(bytes);
            window.DecompressionStream = own;
            whole.push(ours.length === theirs.length && ours.every((byte, i) => byte === theirs[i]));
        }
        return whole;
    })()"""
    equal = page.look(script)
    assert len(equal) > 30 and all(equal)


def contrast(page: Page, front: str, back: str) -> float:
    """The contrast of two colours of the style sheet, by WCAG."""

    def light(name: str) -> float:
        text = page.look(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()")
        parts = [int(text[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(front), light(back)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_lines_can_be_read_in_both_appearances(
    page: Page, report: Path, theme: str, tmp_path: Path
) -> None:
    page.prefer(prefers_color_scheme=theme)
    page.open(report)
    for front in (
        "text",
        "muted",
        "link",
        *(f"fidelity-{name}" for name in ("hardware", "compartment", "emulated", "none")),
    ):
        for back in ("page", "panel"):
            assert contrast(page, front, back) >= 4.5, (front, back)
    assert contrast(page, "text", "warn-back") >= 4.5
    for place in range(8):
        assert contrast(page, f"line-{place}", "panel") >= 3, place
    picture = tmp_path / f"{theme}.png"
    page.screenshot(picture)
    assert picture.stat().st_size > 10_000


def test_the_switch_overrules_the_system_and_the_plots_follow(page: Page, report: Path) -> None:
    page.prefer(prefers_color_scheme="dark")
    page.open(report)
    ink = "document.querySelector('.js-plotly-plot').layout.font.color"
    dark = page.look(ink)
    page.look("theme.value = 'light'; theme.dispatchEvent(new Event('change'))")
    page.wait_for(f"{ink} !== {dark!r}")
    assert page.look("getComputedStyle(document.body).backgroundColor") == "rgb(246, 247, 249)"


def test_what_a_screen_reader_needs_is_there(page: Page, report: Path) -> None:
    page.open(report)
    assert page.look("document.documentElement.lang") == "en"
    assert page.look("[...document.querySelectorAll('.rows th')].every((one) => one.scope === 'col')")
    assert page.look(
        "[...document.querySelectorAll('.rows th')].every((one) => one.hasAttribute('aria-sort'))"
    )
    assert page.look(
        "[...document.querySelectorAll('.rows table')].every((one) => one.caption.textContent !== '')"
    )
    assert page.look("[...document.querySelectorAll('.rows input')].every((one) => one.ariaLabel !== '')")
    assert page.look("[...document.querySelectorAll('.canvas')].every((one) => one.ariaLabel.length > 20)")
    assert page.look("[...document.querySelectorAll('select')].every((one) => one.labels.length === 1)")


def test_a_narrow_screen_does_not_scroll_sideways(page: Page, report: Path) -> None:
    page.resize(400, 800)
    page.open(report)
    assert page.look("document.documentElement.scrollWidth") <= 400


def test_a_report_can_be_printed(page: Page, report: Path, tmp_path: Path) -> None:
    page.open(report)
    page.print_to(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert page.complaints == []


def test_another_metric_can_be_chosen(page: Page, report: Path) -> None:
    page.open(report)
    figure = "document.getElementById('plot0-distributions')"
    before = page.look(f"{figure}.querySelector('figcaption').textContent")
    page.look(
        f"{figure}.querySelector('select').selectedIndex = 1;"
        f"{figure}.querySelector('select').dispatchEvent(new Event('change'))"
    )
    page.wait_for(f"{figure}.querySelector('figcaption').textContent !== {before!r}")
    assert page.complaints == []


def test_hostile_text_stays_text_in_the_browser(page: Page, result: Result, tmp_path: Path) -> None:
    names = dict(zip((one.name for one in result.experiment.variants), HOSTILE, strict=False))
    data = msgspec.to_builtins(make_result(rounds=4))

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rename(one) for key, one in value.items()}
        if isinstance(value, list):
            return [rename(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    data = rename(data)
    data["machine"] = dict.fromkeys(HOSTILE, HOSTILE[0])
    data["experiment"]["title"] = data["experiment"]["name"] = HOSTILE[8]
    data["warnings"][0]["text"] = data["warnings"][0]["advice"] = HOSTILE[1]
    for place, metric in enumerate(data["experiment"]["metrics"]):
        metric["unit"] = metric["text"] = HOSTILE[place]
    hostile = msgspec.convert(data, Result)
    path = tmp_path / "hostile.html"
    path.write_text(render([Part(HOSTILE[0], hostile, NO_LIMITS), Part(HOSTILE[1], hostile, NO_LIMITS)]))
    page.open(path)
    assert page.complaints == [] and page.requests == [path.as_uri()]
    assert page.look("document.title") == "2 results"
    assert page.look("document.querySelectorAll('img, iframe, object, base, svg a, main a').length") == 0
