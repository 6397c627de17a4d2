# SPDX-License-Identifier: Apache-2.0
"""The tables of a result, column by column: what the HTML report shows and the CSV files hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from worldgate.experiment.result import Result
from worldgate.report.findings import fidelities_of, metrics_of

Cell = str | int | float | None


@dataclass(frozen=True)
class Column:
    """One column; a cell of None is unknown."""

    title: str
    unit: str
    kind: Literal["text", "number"]
    cells: Sequence[Cell]

    @property
    def head(self) -> str:
        """The title with its unit."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title


@dataclass(frozen=True)
class Table:
    """name is a file name and an identifier, caption is for people."""

    name: str
    caption: str
    columns: list[Column]

    @property
    def count(self) -> int:
        """Rows."""
        return len(self.columns[0].cells)


def text(title: str, cells: Iterable[str | None]) -> Column:
    return Column(title, "", "text", list(cells))


def numbers(title: str, unit: str, cells: Iterable[int | float | None]) -> Column:
    return Column(title, unit, "number", list(cells))


def comparisons(result: Result) -> Table:
    rows = result.comparisons
    columns = [
        text("variant", (one.variant for one in rows)),
        text("baseline", (one.baseline for one in rows)),
        text("metric", (one.metric for one in rows)),
        text("fidelity", (one.fidelity for one in rows)),
        text("verdict", (one.verdict for one in rows)),
        numbers("ratio", "", (one.ratio for one in rows)),
        numbers("low", "", (one.low for one in rows)),
        numbers("high", "", (one.high for one in rows)),
        numbers("bootstrap low", "", (one.bootstrap_low for one in rows)),
        numbers("bootstrap high", "", (one.bootstrap_high for one in rows)),
        numbers("signed-rank p", "", (one.signed_rank_p for one in rows)),
        numbers("rounds", "", (one.rounds for one in rows)),
        numbers("looks", "", (one.looks for one in rows)),
        text("text", (one.text for one in rows)),
    ]
    return Table("comparisons", "Ratios to the baseline, by pairs of a round", columns)


def summaries(result: Result) -> Table:
    rows, metrics, fidelities = result.summaries, metrics_of(result), fidelities_of(result)
    columns = [
        text("variant", (one.variant for one in rows)),
        text("fidelity", (fidelities.get(one.variant) for one in rows)),
        text("metric", (one.metric for one in rows)),
        text("unit", (metrics[one.metric].unit if one.metric in metrics else None for one in rows)),
        numbers("median", "", (one.median for one in rows)),
        numbers("low", "", (one.low for one in rows)),
        numbers("high", "", (one.high for one in rows)),
        numbers("mean", "", (one.mean for one in rows)),
        numbers("deviation", "", (one.deviation for one in rows)),
        numbers("runs", "", (one.count for one in rows)),
    ]
    return Table("summaries", "Medians of the runs with their 95 % interval", columns)


def samples(result: Result) -> Table:
    rows, metrics, fidelities = result.samples, metrics_of(result), fidelities_of(result)
    names = dict.fromkeys(metric.name for metric in result.experiment.metrics)
    for one in rows:
        if one.metrics.keys() - names.keys():
            names |= dict.fromkeys(one.metrics)
    columns = [
        text("variant", (one.variant for one in rows)),
        text("fidelity", (fidelities.get(one.variant) for one in rows)),
        numbers("round", "", (one.round for one in rows)),
        numbers("order", "", (one.order for one in rows)),
        text("started", (one.started for one in rows)),
        numbers("seconds", "s", (one.seconds for one in rows)),
        *(
            numbers(
                name, metrics[name].unit if name in metrics else "", (one.metrics.get(name) for one in rows)
            )
            for name in names
        ),
    ]
    return Table("samples", "Every run", columns)


def ledgers(result: Result) -> Table:
    rows = [(one, ledger) for one in result.samples for ledger in one.ledgers]
    names = dict.fromkeys(name for _, ledger in rows for name in ledger.counts)
    columns = [
        text("variant", (one.variant for one, _ in rows)),
        numbers("round", "", (one.round for one, _ in rows)),
        text("thread", (ledger.thread for _, ledger in rows)),
        *(numbers(name, "", (ledger.counts.get(name) for _, ledger in rows)) for name in names),
        numbers("processor time", "s", (ledger.cpu_seconds for _, ledger in rows)),
        numbers("waited", "s", (ledger.waited_seconds for _, ledger in rows)),
    ]
    return Table("ledgers", "The ledger: counts of each thread in each run", columns)


def stages(result: Result) -> Table:
    rows = [
        (one, ledger, name, stage)
        for one in result.samples
        for ledger in one.ledgers
        for name, stage in ledger.stages.items()
    ]
    columns = [
        text("variant", (one.variant for one, _, _, _ in rows)),
        numbers("round", "", (one.round for one, _, _, _ in rows)),
        text("thread", (ledger.thread for _, ledger, _, _ in rows)),
        text("stage", (name for _, _, name, _ in rows)),
        numbers("sampled", "", (stage.sampled for _, _, _, stage in rows)),
        numbers("mean", "ns", (stage.mean_ns for _, _, _, stage in rows)),
    ]
    return Table("stages", "Stages of an operation, from a sampled share", columns)


def distributions(result: Result) -> Table:
    rows = [
        (one, name, of.unit, value, count)
        for one in result.samples
        for name, of in one.distributions.items()
        for value, count in zip(of.values, of.counts, strict=False)
    ]
    columns = [
        text("variant", (one.variant for one, _, _, _, _ in rows)),
        numbers("round", "", (one.round for one, _, _, _, _ in rows)),
        text("distribution", (name for _, name, _, _, _ in rows)),
        text("unit", (unit for _, _, unit, _, _ in rows)),
        numbers("value", "", (value for _, _, _, value, _ in rows)),
        numbers("count", "", (count for _, _, _, _, count in rows)),
    ]
    return Table("distributions", "Distributions within a run: each value and how often it was seen", columns)


def series(result: Result) -> Table:
    rows = [
        (one, name, of.unit, second, value)
        for one in result.samples
        for name, of in one.series.items()
        for second, value in zip(of.seconds, of.values, strict=False)
    ]
    columns = [
        text("variant", (one.variant for one, _, _, _, _ in rows)),
        numbers("round", "", (one.round for one, _, _, _, _ in rows)),
        text("series", (name for _, name, _, _, _ in rows)),
        text("unit", (unit for _, _, unit, _, _ in rows)),
        numbers("time", "s", (second for _, _, _, second, _ in rows)),
        numbers("value", "", (value for _, _, _, _, value in rows)),
    ]
    return Table("series", "Figures over the time of a run", columns)


ALL = (comparisons, summaries, samples, ledgers, stages, distributions, series)


def tables(result: Result) -> list[Table]:
    """Those that have rows."""
    made = (make(result) for make in ALL)
    return [table for table in made if table.count]
