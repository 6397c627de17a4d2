# SPDX-License-Identifier: Apache-2.0
"""How long the HTML report of a million samples takes to open, beside one of ten thousand.

Promises: it opens in Chromium within twice the time; at most 10,000 points are drawn in a plot; the tables
hold every row. Both are opened in turn, in random order; the time is the page's own, from the start of
loading until its plots are drawn and its tables filled. Status 1 where a promise is not kept, 0 with the
reason where there is no Chromium.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests" / "python"))  # the browser and the generator of results are the tests'

from browser import Page, browser, find_chromium  # noqa: E402
from sample_results import KINDS, make_result  # noqa: E402
from scipy import special  # noqa: E402

from worldgate.report.bars import NO_LIMITS  # noqa: E402
from worldgate.report.curves import POINTS_MAX  # noqa: E402
from worldgate.report.html import Part, render  # noqa: E402

TIMES_MOST = 2.0
SIZES = {"small": 10_000, "large": 1_000_000}
METRIC = "round_trip_ns"
TABLE = "worldgate.tables['table0-samples']"
POINTS = """[...document.querySelectorAll('.js-plotly-plot')].map(
    (plot) => plot.data.reduce((count, trace) => count + trace.x.length, 0))"""
# The column as the table decodes it, its sum rounded once.
VALUES = f"""(async () => {{
    const column = {TABLE}.columns.find((one) => one.head.startsWith("{METRIC}"));
    const parts = [];
    for (let i = 0; i < column.partCount; i++) parts.push(await column.part(i));
    let sum = 0, lost = 0;
    for (const part of parts)
        for (const value of part) {{
            const next = sum + value;
            lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }}
    return {{ count: parts.reduce((n, part) => n + part.length, 0), sum: sum + lost }};
}})()"""


def make(count: int, path: Path) -> tuple[float, str]:
    """Writes the report of so many samples; the sum of the metric and the start of the last run."""
    result = make_result(rounds=count // 2, sizes=(64,), rich=False, kinds=KINDS[:2])
    path.write_text(render([Part("samples", result, NO_LIMITS)]))
    assert len(result.samples) == count
    return math.fsum(sample.metrics[METRIC] or 0.0 for sample in result.samples), result.samples[-1].started


def check(page: Page, count: int, total: float, last: str) -> list[str]:
    """What is wrong with the page that is open."""
    wrong = []
    drawn = page.look(POINTS)
    print(f"  {count:,} samples: points drawn in each plot: {drawn}")
    if not drawn or max(drawn) > POINTS_MAX:
        wrong.append(f"{count:,} samples: a plot draws {max(drawn, default=0):,} points")
    found = page.look(VALUES)
    if found["count"] != count or not math.isclose(found["sum"], total, rel_tol=1e-14):
        wrong.append(f"{count:,} samples: the column holds {found}, not {count} values of the sum {total!r}")
    page.look(f"{TABLE}.goto({count})")
    shown = page.look(
        f"[...{TABLE}.table.rows].filter((row) => row.className !== 'spacer').at(-1).textContent"
    )
    if last not in shown:
        wrong.append(f"{count:,} samples: the last row is '{shown}', not that of {last}")
    return wrong + page.complaints


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10, help="how often each is opened (10)")
    parser.add_argument("--seed", type=int, default=1, help="of the order (1)")
    args = parser.parse_args()
    program = find_chromium()
    if args.rounds < 2:
        parser.error("an interval needs at least 2 rounds")
    if program is None:
        print("skipped: chromium is not installed (Debian: chromium)")
        return 0
    with tempfile.TemporaryDirectory() as name:
        return measure(program, Path(name), args.rounds, args.seed)


def measure(program: str, folder: Path, rounds: int, seed: int) -> int:
    files = {name: folder / f"{name}.html" for name in SIZES}
    expected = {name: make(SIZES[name], file) for name, file in files.items()}
    for name, file in files.items():
        print(f"{name}: {SIZES[name]:,} samples, {file.stat().st_size / 1e6:.1f} MB")
    times: dict[str, list[float]] = {name: [] for name in SIZES}
    order, wrong = random.Random(seed), []
    for turn in range(rounds + 1):
        for name in order.sample(list(SIZES), len(SIZES)):
            with browser(program) as page:  # each time afresh: nothing is left from the one before
                took = page.open(files[name])
                if turn == 0:  # thrown away as a warm-up, and looked at
                    wrong += check(page, SIZES[name], *expected[name])
                else:
                    times[name].append(took)
    logs = [math.log(large / small) for small, large in zip(times["small"], times["large"], strict=True)]
    half = float(special.stdtrit(rounds - 1, 0.975)) * statistics.stdev(logs) / math.sqrt(rounds)
    low, ratio, high = (math.exp(statistics.fmean(logs) + shift) for shift in (-half, 0, half))
    medians = {name: statistics.median(values) for name, values in times.items()}
    verdict = "pass" if high <= TIMES_MOST else "short" if low > TIMES_MOST else "open"
    print(f"opens in {medians['small']:.0f} ms and {medians['large']:.0f} ms (medians of {rounds})")
    print(
        f"ratio {ratio:.2f}, 95 % interval {low:.2f} to {high:.2f}, promised at most {TIMES_MOST}: {verdict}"
    )
    for text in wrong:
        print(f"wrong: {text}")
    return int(verdict == "short" or bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
