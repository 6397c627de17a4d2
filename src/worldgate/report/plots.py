# SPDX-License-Identifier: Apache-2.0
"""The plots of the HTML report as plain data; page/page.js draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from worldgate.experiment.result import Comparison, Result
from worldgate.report.bars import UNIT, Waterfall
from worldgate.report.curves import (
    DRAWN_MAX,
    Plot,
    axis,
    distributions_of_runs,
    distributions_within_runs,
    runs_over_time,
    series_of_runs,
)
from worldgate.report.findings import metrics_of
from worldgate.report.quantity import number, quantity

if TYPE_CHECKING:
    from worldgate.report.curves import Values

DIGITS = 7  # of a coordinate: finer than any screen
LOG_FROM = 20.0  # the ratio of the largest to the smallest value from which an axis is logarithmic

Spec = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One place in the page; the reader chooses which of the plots stands in it."""

    name: str
    title: str
    choice: str  # what is chosen
    plots: dict[str, Spec]  # by the name that is chosen


def _coordinates(values: Values) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in values.tolist()]


def is_wide(columns: Sequence[Values]) -> bool:
    """Whether values want a logarithmic axis."""
    low = min((float(one.min()) for one in columns if len(one)), default=0.0)
    high = max((float(one.max()) for one in columns if len(one)), default=0.0)
    return low > 1 / DRAWN_MAX and high / low >= LOG_FROM


def _curves(plot: Plot, steps: bool) -> Spec:
    wide = is_wide([one.x if steps else one.y for one in plot.curves])
    names = ", ".join(one.name for one in plot.curves[:8])
    more = f" and {len(plot.curves) - 8} more" if len(plot.curves) > 8 else ""
    return {
        "kind": "curves",
        "title": plot.title,
        "x": plot.x_title,
        "y": plot.y_title,
        "steps": steps,
        "logX": wide and steps,
        "logY": wide and not steps,
        "note": plot.note,
        "spoken": f"Lines for {names}{more}.",
        "curves": [
            {"name": one.name, "group": one.group, "x": _coordinates(one.x), "y": _coordinates(one.y)}
            for one in plot.curves
        ],
    }


def drawable(one: Comparison) -> bool:
    """Whether the ratio has a place on a logarithmic axis."""
    return one.ratio is not None and 1 / DRAWN_MAX < one.ratio < DRAWN_MAX


def bounds(one: Comparison) -> tuple[float | None, float | None]:
    """The ends of the interval that can be drawn."""
    low, high = (
        end if end is not None and 1 / DRAWN_MAX < end < DRAWN_MAX else None for end in (one.low, one.high)
    )
    return low, high


def ratios_of(result: Result) -> dict[str, list[Comparison]]:
    """The comparisons of each metric that can be drawn, the first metric first."""
    found: dict[str, list[Comparison]] = {metric.name: [] for metric in result.experiment.metrics}
    for one in result.comparisons:
        if drawable(one):
            found.setdefault(one.metric, []).append(one)
    return {name: rows for name, rows in found.items() if rows}


def _ratios(result: Result, name: str, rows: list[Comparison]) -> Spec:
    metric = metrics_of(result).get(name)
    label = metric.text if metric and metric.text else name
    share = number(result.experiment.design.confidence * 100)
    worse = {"lower": "Right of 1 is slower", "higher": "Left of 1 is slower"}.get(
        metric.better if metric else ""
    )
    lacks = "A side without a bar has no known bound" if any(None in bounds(one) for one in rows) else ""
    return {
        "kind": "ratios",
        "title": f"{label}: ratio to the baseline",
        "x": f"ratio, {share} % interval",
        "note": ". ".join(filter(None, (worse, lacks))),
        "spoken": "; ".join(f"{one.variant}: {number(one.ratio)}, {one.verdict}" for one in rows[:20]),
        "rows": [
            {
                "label": f"{one.variant} / {one.baseline}",
                "fidelity": one.fidelity,
                "verdict": one.verdict,
                "ratio": one.ratio,
                "low": bounds(one)[0],
                "high": bounds(one)[1],
            }
            for one in rows
        ],
    }


def _waterfall(one: Waterfall) -> Spec:
    bars = [
        {
            "label": step.label,
            "value": step.ns or 0.0,
            "kind": step.kind,
            "text": "unknown" if step.ns is None else quantity(step.ns, UNIT, digits=3),
        }
        for step in one.steps
    ]
    return {
        "kind": "waterfall",
        "title": one.title,
        "y": axis("per operation", UNIT),
        "note": one.note,
        "spoken": "; ".join(f"{bar['label']}: {bar['text']}" for bar in bars),
        "bars": bars,
    }


def figures(result: Result, waterfalls: Mapping[str, Waterfall]) -> list[Figure]:
    """In the order of the page."""
    spread = {f"runs: {name}": _curves(one, True) for name, one in distributions_of_runs(result).items()}
    within = {
        f"operations: {name}": _curves(one, True) for name, one in distributions_within_runs(result).items()
    }
    runs = {f"runs: {name}": _curves(one, False) for name, one in runs_over_time(result).items()}
    series = {f"within runs: {name}": _curves(one, False) for name, one in series_of_runs(result).items()}
    ratios = {name: _ratios(result, name, rows) for name, rows in ratios_of(result).items()}
    made = [
        Figure(
            "waterfall",
            "Where the cost comes from",
            "variant",
            {name: _waterfall(one) for name, one in waterfalls.items()},
        ),
        Figure("ratios", "Ratios to the baseline", "metric", ratios),
        Figure("distributions", "Distributions", "values", spread | within),
        Figure("time", "Over time", "values", runs | series),
    ]
    return [figure for figure in made if figure.plots]
