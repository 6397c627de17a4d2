# SPDX-License-Identifier: Apache-2.0
"""What a result says, in plain words: one sentence for each comparison. Text and HTML begin with these."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from worldgate.experiment.result import Comparison, Fidelity, Metric, Result, Scalar, Summary
from worldgate.report.quantity import number, quantity, ratio_text

Kind = Literal["slower", "faster", "no difference", "inconclusive", "not compared"]

# better -> the words for more and for less
_WORDS = {
    "lower": ("costs {} more than", "costs {} less than"),
    "higher": ("reaches {} more than", "reaches {} less than"),
    "neither": ("is {} above", "is {} below"),
}


@dataclass(frozen=True)
class Finding:
    """One sentence and what it is about."""

    kind: Kind
    metric: str
    fidelity: Fidelity
    text: str


def metrics_of(result: Result) -> dict[str, Metric]:
    """By name, in the order of the experiment."""
    return {metric.name: metric for metric in result.experiment.metrics}


def summaries_of(result: Result) -> dict[tuple[str, str], Summary]:
    """By variant and metric."""
    return {(summary.variant, summary.metric): summary for summary in result.summaries}


def fidelities_of(result: Result) -> dict[str, Fidelity]:
    """By variant."""
    return {variant.name: variant.fidelity for variant in result.experiment.variants}


def _metric(result: Result, name: str) -> Metric:
    known = metrics_of(result).get(name)
    return known or Metric(name=name, unit="", better="neither", text=name)


def _difference(metric: Metric, ratio: float, ours: float | None, base: float | None) -> str:
    """How much, in the metric's unit; as a share of the baseline where the medians do not tell."""
    if ours is not None and base is not None:
        gap = ours - base
        if math.isfinite(gap) and gap * (ratio - 1) > 0:
            return quantity(abs(gap), metric.unit, digits=2)
    return f"{number(abs(ratio - 1) * 100, 2)} %"


def _inconclusive(metric: Metric, comparison: Comparison, ours: str, base: str) -> str:
    """What is open: which side is ahead, or only by how much."""
    low, high = comparison.low, comparison.high
    if low is None or high is None or low <= 1 <= high:
        return f"inconclusive how {ours} compares with {base}"
    more, less = _WORDS[metric.better]
    verb = " ".join((more if low > 1 else less).format("").split())
    return f"{ours} {verb} {base}, but by how much is inconclusive"


def _interval(result: Result, comparison: Comparison) -> str:
    if comparison.low is None or comparison.high is None:
        return "no interval"
    share = number(result.experiment.design.confidence * 100)
    return f"{share} % interval {number(comparison.low)} to {number(comparison.high)}"


def finding(result: Result, comparison: Comparison) -> Finding:
    """The sentence of one comparison."""
    metric = _metric(result, comparison.metric)
    ours, base = comparison.variant, comparison.baseline
    label = metric.text or metric.name

    def say(kind: Kind, text: str) -> Finding:
        fidelity = comparison.fidelity
        told = "no protection" if fidelity == "none" else f"fidelity {fidelity}"
        return Finding(kind, metric.name, fidelity, f"{label}: {text}, {told}.")

    if comparison.ratio is None:
        why = comparison.text.rstrip(". ") or "no rounds in which both ran"
        return say("not compared", f"{ours} cannot be compared with {base}: {why}")
    interval = f"{ratio_text(comparison.ratio)}, {_interval(result, comparison)}"
    if comparison.verdict == "inconclusive":
        rounds = f"{comparison.rounds} rounds"
        return say("inconclusive", f"{_inconclusive(metric, comparison, ours, base)} ({interval}, {rounds})")
    if comparison.verdict == "no difference":
        margin = f"within the margin of {number(result.experiment.design.margin * 100)} %"
        return say("no difference", f"no difference between {ours} and {base} ({interval}, {margin})")
    known = summaries_of(result)
    medians = [
        known[key].median if key in known else None for key in ((ours, metric.name), (base, metric.name))
    ]
    more, less = _WORDS[metric.better]
    verb = (more if comparison.ratio >= 1 else less).format(_difference(metric, comparison.ratio, *medians))
    values = ""
    if medians[0] is not None and medians[1] is not None:
        values = f"{quantity(medians[0], metric.unit)} against {quantity(medians[1], metric.unit)}; "
    return say(comparison.verdict, f"{ours} {verb} {base} ({values}{interval})")


def findings(result: Result) -> list[Finding]:
    """All sentences, those of the experiment's first metric first."""
    order = {metric.name: place for place, metric in enumerate(result.experiment.metrics)}
    last = len(order)
    return [
        finding(result, comparison)
        for comparison in sorted(result.comparisons, key=lambda one: order.get(one.metric, last))
    ]


def standing(result: Result) -> str:
    """How far the experiment came, in one sentence."""
    rounds = len({sample.round for sample in result.samples})
    runs = f"{len(result.samples):,} runs in {rounds:,} rounds"
    if result.state == "complete":
        return f"The experiment is complete: {runs}."
    if result.state == "running":
        return f"The experiment was still running when this file was written: {runs} so far."
    return f"The experiment was interrupted: {runs} are kept."


def fact_text(value: Scalar) -> str:
    """A machine fact."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
