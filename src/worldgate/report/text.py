# SPDX-License-Identifier: Apache-2.0
"""A result as text: what was found in plain words, then tables, what was skipped, warnings, the machine."""

from __future__ import annotations

from collections.abc import Sequence

from worldgate.errors import one_line
from worldgate.experiment.result import Result
from worldgate.report.findings import fact_text, fidelities_of, findings, metrics_of, standing
from worldgate.report.quantity import UNKNOWN, number, quantity, ratio_text

COLUMN_GAP = "  "


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Aligned columns; the first so many are text and stand to the left."""
    cells = [[one_line(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    return [
        COLUMN_GAP.join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _interval(low: float | None, high: float | None) -> str:
    return UNKNOWN if low is None or high is None else f"{number(low)} to {number(high)}"


def _findings(result: Result) -> list[str]:
    found = findings(result)
    if not found:
        return ["Nothing is compared in this file."]
    return [one_line(one.text) for one in found]


def _comparisons(result: Result) -> list[str]:
    rows = [
        (
            one.variant,
            one.baseline,
            one.metric,
            one.fidelity,
            one.verdict if one.ratio is not None else "not compared",
            ratio_text(one.ratio),
            _interval(one.low, one.high),
            _interval(one.bootstrap_low, one.bootstrap_high),
            UNKNOWN if one.signed_rank_p is None else f"{one.signed_rank_p:.2g}",
            f"{one.rounds}",
        )
        for one in result.comparisons
    ]
    share = number(result.experiment.design.confidence * 100)
    heads = ("variant", "baseline", "metric", "fidelity", "verdict", "ratio", f"{share} % interval")
    return table((*heads, "bootstrap", "signed-rank p", "rounds"), rows, left=5)


def _summaries(result: Result) -> list[str]:
    metrics, fidelities = metrics_of(result), fidelities_of(result)

    def value(of: float | None, name: str) -> str:
        return quantity(of, metrics[name].unit if name in metrics else "")

    rows = [
        (
            one.variant,
            one.metric,
            fidelities.get(one.variant, UNKNOWN),
            value(one.median, one.metric),
            value(one.low, one.metric),
            value(one.high, one.metric),
            value(one.deviation, one.metric),
            f"{one.count}",
        )
        for one in result.summaries
    ]
    heads = ("variant", "metric", "fidelity", "median", "95 % from", "to", "deviation", "runs")
    return table(heads, rows, left=3)


def _machine(result: Result) -> list[str]:
    return [f"{one_line(name)}: {one_line(fact_text(value))}" for name, value in result.machine.items()]


def render(result: Result) -> str:
    """The whole report, ended by a line break."""
    experiment = result.experiment
    lines = [
        one_line(f"{experiment.name}: {experiment.title}"),
        one_line(
            f"{standing(result)} Worldgate {result.worldgate}, {result.started}, "
            f"seed {experiment.design.seed}."
        ),
    ]
    sections = [
        ("found", _findings(result)),
        ("ratios to the baseline, by pairs of a round", _comparisons(result) if result.comparisons else []),
        ("medians", _summaries(result) if result.summaries else []),
        ("skipped", [one_line(f"{one.variant}: {one.reason}") for one in result.skipped]),
        (
            "warnings of the doctor",
            [one_line(f"{one.name}: {one.text.rstrip('. ')}. {one.advice}") for one in result.warnings],
        ),
        ("machine", _machine(result)),
    ]
    for title, body in sections:
        if body:
            lines += ["", f"{title}:", *(f"  {line}" for line in body)]
    return "\n".join(lines) + "\n"
