# SPDX-License-Identifier: Apache-2.0
"""Figures for print: waterfall, spread as ECDF, ratios with intervals, series. Readable in grey: lines differ
by dash and marker, bars by hatch. The same result gives the same bytes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worldgate.errors import one_line
from worldgate.experiment.result import Comparison, Result
from worldgate.report.bars import UNIT, Waterfall, Waterfalls
from worldgate.report.curves import (
    Plot,
    distributions_of_runs,
    distributions_within_runs,
    runs_over_time,
    series_of_runs,
)
from worldgate.report.findings import metrics_of
from worldgate.report.plots import bounds, is_wide, ratios_of
from worldgate.report.quantity import number, quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

WIDTH_INCH = 6.3
DOTS_PER_INCH = 200
LEGEND_ROWS_MAX = 12
MARKERS = {"hardware": "s", "compartment": "o", "emulated": "D", "none": "x"}
# Told apart by dash first; the colours differ in lightness as well.
DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
COLOURS = ("#000000", "#0b62a8", "#c2510c", "#0a7d5a", "#7f7f7f", "#a83279")
STYLE: Any = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.hashsalt": "worldgate",
    "pdf.fonttype": 42,
    "text.parse_math": False,
}
# No date, no version of the library: nothing that changes from one writing to the next.
METADATA: dict[str, dict[str, str | None]] = {
    "pdf": {"CreationDate": None, "Creator": "Worldgate", "Producer": None},
    "svg": {"Date": None, "Creator": "Worldgate"},
    "png": {"Software": None},
}


def _label(value: str, most: int = 60) -> str:
    value = one_line(value)
    return value if len(value) <= most else f"{value[: most - 1]}…"


def _new(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCH, height), layout="constrained")
    axes: Axes = figure.add_subplot()
    return figure, axes


def _legend(figure: Figure, axes: Axes, count: int) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if len(handles) > LEGEND_ROWS_MAX:
        handles, labels = (
            handles[:LEGEND_ROWS_MAX],
            [*labels[: LEGEND_ROWS_MAX - 1], f"… and {count - LEGEND_ROWS_MAX + 1} more"],
        )
    figure.legend(handles, labels, loc="outside lower left", ncols=1, fontsize=8)


def _ticks(which: Axis, low: float, high: float) -> None:
    """Of a logarithmic axis: plain numbers at 1, 2 and 5; of many decades only at 1."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    def show(value: float, _: int | None) -> str:
        return number(value)

    which.set_major_formatter(FuncFormatter(show))
    if high / low > 3:
        which.set_major_locator(LogLocator(subs=(1.0,) if high / low > 1e3 else (1.0, 2.0, 5.0)))
        which.set_minor_formatter(NullFormatter())
    else:
        which.set_minor_formatter(FuncFormatter(show))


def curves(plot: Plot, steps: bool) -> Figure:
    """Lines: steps for an ECDF, else over time."""
    groups = list(dict.fromkeys(one.group for one in plot.curves))
    figure, axes = _new(3.2 + 0.17 * min(len(groups), LEGEND_ROWS_MAX))
    few = sum(len(one.x) for one in plot.curves) <= 400
    named: set[str] = set()
    for one in plot.curves:
        place = groups.index(one.group)
        axes.plot(
            one.x,
            one.y,
            label="_" if one.group in named else _label(one.group),
            linestyle=DASHES[place % len(DASHES)],
            color=COLOURS[place % len(COLOURS)],
            linewidth=1.1,
            drawstyle="steps-post" if steps else "default",
            marker="." if few and not steps else "",
            markersize=4,
        )
        named.add(one.group)
    measured = [one.x if steps else one.y for one in plot.curves]
    if is_wide(measured):
        ends = [float(end(one)) for one in measured for end in (min, max)]
        (axes.set_xscale if steps else axes.set_yscale)("log")
        _ticks(axes.xaxis if steps else axes.yaxis, min(ends), max(ends))
    axes.set_xlabel(_label(plot.x_title, 80))
    axes.set_ylabel(_label(plot.y_title, 40))
    axes.set_title(_label(plot.title, 80), loc="left", fontsize=10)
    _legend(figure, axes, len(groups))
    return figure


def _reach(one: Comparison) -> list[list[float]]:
    """How far the interval reaches to each side; not at all where that is not known."""
    low, high = bounds(one)
    assert one.ratio is not None
    return [[max(one.ratio - (low or one.ratio), 0.0)], [max((high or one.ratio) - one.ratio, 0.0)]]


def ratios(result: Result, name: str, rows: Sequence[Comparison]) -> Figure:
    """A forest plot: each ratio with its interval, the marker tells the fidelity."""
    figure, axes = _new(1.5 + 0.36 * len(rows))
    told: set[str] = set()
    for place, one in enumerate(rows):
        assert one.ratio is not None
        label = "no protection" if one.fidelity == "none" else one.fidelity
        axes.errorbar(
            [one.ratio],
            [place],
            xerr=_reach(one),
            fmt=MARKERS[one.fidelity],
            color="#000000",
            markerfacecolor="#ffffff",
            capsize=3,
            linewidth=1.1,
            label="_" if label in told else label,
        )
        told.add(label)
    axes.set_xscale("log")
    axes.axvline(1, color="#777777", linestyle="--", linewidth=0.9)
    ends = [1.0, *(value for one in rows for value in (*bounds(one), one.ratio) if value)]
    _ticks(axes.xaxis, min(ends), max(ends))
    labels = [f"{_label(one.variant, 44)}\nover {_label(one.baseline, 40)}" for one in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    metric = metrics_of(result).get(name)
    share = number(result.experiment.design.confidence * 100)
    axes.set_xlabel(f"ratio to the baseline, {share} % interval")
    axes.set_title(_label(metric.text if metric and metric.text else name, 80), loc="left", fontsize=10)
    _legend(figure, axes, len(told))
    return figure


def waterfall(one: Waterfall) -> Figure:
    """Bars from the baseline to the protected figure."""
    figure, axes = _new(3.6)
    for place, step in enumerate(one.steps):
        hatch = {"total": "", "part": "///", "rest": "...", "unknown": ""}[step.kind]
        shade = "#666666" if step.kind == "total" else "#eeeeee"
        height = step.end_ns - step.start_ns
        axes.bar(
            place, height, bottom=step.start_ns, color=shade, edgecolor="#000000", hatch=hatch, width=0.7
        )
        text = "unknown" if step.ns is None else quantity(step.ns, UNIT)
        top = (place, max(step.start_ns, step.end_ns))
        axes.annotate(text, top, (0, 2), textcoords="offset points", ha="center", fontsize=8)
        if place + 1 < len(one.steps):
            axes.plot([place + 0.35, place + 0.65], [step.end_ns] * 2, color="#777777", linewidth=0.8)
    labels = [_label(step.label, 28) for step in one.steps]
    axes.set_xticks(range(len(labels)), labels, rotation=30, ha="right")
    axes.set_ylabel(f"per operation [{UNIT}]")
    axes.set_title(_label(one.title, 90), loc="left", fontsize=10)
    axes.grid(axis="x", visible=False)
    return figure


def _file_name(*words: str) -> str:
    """Letters, digits and dashes only: a name in a result may hold anything."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")[:100] or "figure"


def _all(result: Result, waterfalls: Waterfalls) -> dict[str, Callable[[], Figure]]:
    """File name -> how it is made. Two that would have one name get numbers."""
    made: dict[str, Callable[[], Figure]] = {}

    def add(make: Callable[[], Figure], *words: str) -> None:
        name = _file_name(*words)
        number_of = sum(
            1 for other in made if other == name or re.fullmatch(re.escape(name) + r"-\d+", other)
        )
        while name in made:
            number_of += 1
            name = f"{_file_name(*words)}-{number_of}"
        made[name] = make

    for variant, one in waterfalls.drawn.items():
        add(partial(waterfall, one), "waterfall", variant)
    for name, rows in ratios_of(result).items():
        add(partial(ratios, result, name, rows), "ratios", name)
    groups = (
        ("spread", distributions_of_runs, True),
        ("operations", distributions_within_runs, True),
        ("runs", runs_over_time, False),
        ("series", series_of_runs, False),
    )
    for word, plots, steps in groups:
        for name, plot in plots(result).items():
            add(partial(curves, plot, steps), word, name)
    return made


def write(result: Result, waterfalls: Waterfalls, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Every figure in every format; the paths that were written."""
    import matplotlib

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # A sign that the font lacks becomes a box; a name too long to leave room is drawn over the edge.
        warnings.simplefilter("ignore", UserWarning)
        for name, make in _all(result, waterfalls).items():
            figure = make()
            for form in formats:
                path = folder / f"{name}.{form}"
                figure.savefig(path, format=form, dpi=DOTS_PER_INCH, metadata=METADATA[form])
                written.append(path)
    return written
