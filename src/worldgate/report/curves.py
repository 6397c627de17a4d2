# SPDX-License-Identifier: Apache-2.0
"""What plots are made of: curves from a result, and fewer points where there are too many to draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from worldgate.experiment.result import Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Way = Callable[[Values, Values, int], tuple[Values, Values]]

POINTS_MAX = 10_000  # drawn in one plot
CURVES_MAX = 200
DRAWN_MAX = 1e30  # no axis has room for more
COUNT_MAX = 1 << 62  # a larger count is a broken file's


@dataclass(frozen=True)
class Curve:
    """One line of a plot. Those of a group look alike. total: the points that it stands for."""

    name: str
    group: str
    x: Values
    y: Values
    total: int


@dataclass(frozen=True)
class Plot:
    """Curves on one pair of axes."""

    title: str
    x_title: str
    y_title: str
    curves: list[Curve]
    note: str  # how points were chosen; empty where all are drawn


def _thin(curves: list[Curve], way: Way, how: str) -> tuple[list[Curve], str]:
    """What is drawn, and a note that says so where it is not all."""
    kept = curves if len(curves) <= CURVES_MAX else curves[:: -(-len(curves) // CURVES_MAX)]
    most = POINTS_MAX // max(len(kept), 1)
    thin = [Curve(one.name, one.group, *way(one.x, one.y, most), one.total) for one in kept]
    notes = []
    beyond = sum(one.total - len(one.x) for one in kept)
    if beyond:
        notes.append(f"{beyond:,} values beyond {DRAWN_MAX:g} are not drawn")
    if len(kept) < len(curves):
        notes.append(f"{len(kept):,} of {len(curves):,} lines are drawn, at even distances")
    drawn, total = (sum(len(one.x) for one in some) for some in (thin, kept))
    if drawn < total:
        notes.append(f"{drawn:,} of {total:,} points are drawn: {how}")
    return thin, ". ".join([*notes, "The tables hold all"]) + "." if notes else ""


def thin_ranks(x: Values, y: Values, most: int) -> tuple[Values, Values]:
    """Points at even distances, the first and the last among them."""
    import numpy as np

    if len(x) <= most:
        return x, y
    chosen = np.linspace(0, len(x) - 1, most).round().astype(np.int64)
    return x[chosen], y[chosen]


def thin_extremes(x: Values, y: Values, most: int) -> tuple[Values, Values]:
    """The lowest and the highest of each stretch, in their order, so that no peak is lost."""
    import numpy as np

    if len(x) <= most:
        return x, y
    edges = np.linspace(0, len(x), most // 2 + 1).astype(np.int64)
    chosen = set()
    for first, end in pairwise(edges):
        if end > first:
            part = y[first:end]
            chosen |= {int(first + part.argmin()), int(first + part.argmax())}
    rows = np.array(sorted(chosen), dtype=np.int64)
    return x[rows], y[rows]


def _known(*columns: Any) -> tuple[list[Values], int]:
    """The rows that can be drawn, and how many rows are known at all."""
    import numpy as np

    made = [np.asarray(column, dtype=np.float64) for column in columns]
    known = ~np.any([np.isnan(column) for column in made], axis=0)
    drawn = known & np.all([np.abs(column) <= DRAWN_MAX for column in made], axis=0)
    return [column[drawn] for column in made], int(known.sum())


def _ecdf(name: str, values: Values, weights: Values, total: int) -> Curve:
    import numpy as np

    order = values.argsort(kind="stable")
    sums = np.cumsum(weights[order])
    return Curve(name, name, values[order], sums / sums[-1], total)


def _plot_of_shares(title: str, unit: str, curves: list[Curve]) -> Plot:
    thin, note = _thin(curves, thin_ranks, "at even distances of rank, the lowest and the highest always")
    return Plot(title, unit, "share of values at or below", thin, note)


def variants_of(result: Result) -> list[str]:
    """Every variant that has samples, in the order of the experiment, calibration last."""
    sampled = {sample.variant for sample in result.samples}
    known = sorted(result.experiment.variants, key=lambda one: one.role == "calibration")
    return [name for name in dict.fromkeys([one.name for one in known] + sorted(sampled)) if name in sampled]


def distributions_of_runs(result: Result) -> dict[str, Plot]:
    """For each metric, how its values spread over the runs of each variant."""
    import numpy as np

    found = {}
    for metric in result.experiment.metrics:
        values: dict[str, list[float]] = {}
        for sample in result.samples:
            value = sample.metrics.get(metric.name)
            if value is not None:
                values.setdefault(sample.variant, []).append(value)
        curves = []
        for name in variants_of(result):
            (known,), total = _known(values.get(name, []))
            if len(known):
                curves.append(_ecdf(name, known, np.ones(len(known)), total))
        if curves:
            label = f"{metric.text or metric.name}: runs"
            found[metric.name] = _plot_of_shares(label, axis(metric.name, metric.unit), curves)
    return found


def distributions_within_runs(result: Result) -> dict[str, Plot]:
    """For each distribution that the runs recorded, all runs of a variant taken together."""
    merged: dict[str, dict[str, dict[float, int]]] = {}
    units: dict[str, str] = {}
    for sample in result.samples:
        for name, one in sample.distributions.items():
            units.setdefault(name, one.unit)
            if one.unit != units[name]:
                continue  # cannot share an axis; the table has it
            seen = merged.setdefault(name, {}).setdefault(sample.variant, {})
            for value, count in zip(one.values, one.counts, strict=False):
                if count > 0:
                    seen[value] = min(seen.get(value, 0) + count, COUNT_MAX)
    found = {}
    for name, by_variant in merged.items():
        curves = []
        for variant in variants_of(result):
            seen = by_variant.get(variant, {})
            (known, counts), total = _known(list(seen), [float(count) for count in seen.values()])
            if len(known):
                curves.append(_ecdf(variant, known, counts, total))
        if curves:
            found[name] = _plot_of_shares(f"{name}: operations", axis(name, units[name]), curves)
    return found


def _seconds(started: list[str]) -> list[float] | None:
    """Since the first of them; None where one is no time."""
    try:
        moments = [datetime.fromisoformat(text) for text in started]
        stamps = [(one if one.tzinfo else one.replace(tzinfo=UTC)).timestamp() for one in moments]
    except (ValueError, OverflowError):
        return None
    first = min(stamps, default=0.0)
    return [stamp - first for stamp in stamps]


def _plot_of_time(title: str, x_title: str, y_title: str, curves: list[Curve]) -> Plot:
    thin, note = _thin(curves, thin_extremes, "the lowest and the highest of each stretch of time")
    return Plot(title, x_title, y_title, thin, note)


def runs_over_time(result: Result) -> dict[str, Plot]:
    """For each metric, its value in every run, by when the run started."""
    times = _seconds([sample.started for sample in result.samples])
    x_title = "number of the run" if times is None else "since the first run [s]"
    places = times if times is not None else [float(place) for place in range(len(result.samples))]
    found = {}
    for metric in result.experiment.metrics:
        rows: dict[str, tuple[list[float], list[float]]] = {}
        for place, sample in zip(places, result.samples, strict=True):
            value = sample.metrics.get(metric.name)
            if value is not None:
                xs, ys = rows.setdefault(sample.variant, ([], []))
                xs.append(place)
                ys.append(value)
        curves = []
        for name in variants_of(result):
            if name in rows:
                (x, y), total = _known(*rows[name])
                order = x.argsort(kind="stable")
                if len(x):
                    curves.append(Curve(name, name, x[order], y[order], total))
        if curves:
            label = f"{metric.text or metric.name}: every run"
            found[metric.name] = _plot_of_time(label, x_title, axis(metric.name, metric.unit), curves)
    return found


def series_of_runs(result: Result) -> dict[str, Plot]:
    """For each series that the runs recorded, one line a run."""
    found: dict[str, list[Curve]] = {}
    units: dict[str, str] = {}
    for sample in result.samples:
        for name, one in sample.series.items():
            units.setdefault(name, one.unit)
            count = min(len(one.seconds), len(one.values))
            values = [float("nan") if value is None else value for value in one.values[:count]]
            (x, y), total = _known(one.seconds[:count], values)
            if one.unit == units[name] and len(x):
                order = x.argsort(kind="stable")
                label = f"{sample.variant}, round {sample.round}"
                found.setdefault(name, []).append(Curve(label, sample.variant, x[order], y[order], total))
    return {
        name: _plot_of_time(
            f"{name}: within the runs", "since the start of the run [s]", axis(name, units[name]), curves
        )
        for name, curves in found.items()
    }


def axis(name: str, unit: str) -> str:
    """The title of an axis."""
    return f"{name} [{unit}]" if unit else name
