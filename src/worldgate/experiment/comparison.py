# SPDX-License-Identifier: Apache-2.0
"""What the samples of an experiment say: the summary of each variant, and each against its baseline."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from worldgate.experiment import statistics
from worldgate.experiment.result import (
    Comparison,
    Experiment,
    Metric,
    Result,
    Sample,
    Summary,
    Variant,
    Verdict,
)
from worldgate.experiment.statistics import Floats


class Pair(NamedTuple):
    """One comparison that is to be made."""

    variant: Variant
    baseline: str
    metric: Metric


class Samples:
    """The samples by variant and round, of the first `rounds` rounds."""

    def __init__(self, samples: list[Sample], rounds: int | None = None) -> None:
        self._by_run = {
            (sample.variant, sample.round): sample
            for sample in samples
            if rounds is None or sample.round < rounds
        }
        self._rounds = sorted({number for _, number in self._by_run})

    def values(self, variant: str, metric: str) -> Floats:
        """What is known, in the order of the rounds."""
        found = (self._value(variant, number, metric) for number in self._rounds)
        return np.array([value for value in found if value is not None], dtype=np.float64)

    def log_ratios(self, pair: Pair) -> Floats:
        """One a round in which both sides have a value that has a logarithm."""
        logs = []
        for number in self._rounds:
            above = self._value(pair.variant.name, number, pair.metric.name)
            below = self._value(pair.baseline, number, pair.metric.name)
            if above is not None and below is not None and above > 0 and below > 0:
                logs.append(math.log(above) - math.log(below))
        return np.array(logs, dtype=np.float64)

    def _value(self, variant: str, number: int, metric: str) -> float | None:
        sample = self._by_run.get((variant, number))
        return sample.metrics.get(metric) if sample else None


def _pairs(experiment: Experiment, skipped: set[str], samples: Samples) -> Iterator[Pair]:
    """Every variant with its baseline and each metric that both have. A skipped variant has no part in it."""
    for variant in experiment.variants:
        baseline = variant.baseline
        if baseline is None or variant.name in skipped or baseline in skipped:
            continue
        for metric in experiment.metrics:
            pair = Pair(variant, baseline, metric)
            if metric.better != "neither" and len(samples.log_ratios(pair)) > 0:
                yield pair


def _leading(result: Result, rounds: int) -> list[Floats]:
    """The log-ratios that decide about the number of rounds: of each measured variant the first metric that
    it has in common with its baseline."""
    samples = Samples(result.samples, rounds)
    seen: dict[str, Floats] = {}
    for pair in _pairs(result.experiment, _skipped(result), samples):
        if pair.variant.role == "measured" and pair.variant.name not in seen:
            seen[pair.variant.name] = samples.log_ratios(pair)
    return list(seen.values())


def _skipped(result: Result) -> set[str]:
    return {skipped.variant for skipped in result.skipped}


def plan_looks(result: Result) -> list[int]:
    """The looks, from the deviations in the pilot's rounds."""
    design = result.experiment.design
    deviations = [float(logs.std(ddof=1)) for logs in _leading(result, design.pilot) if len(logs) >= 2]
    return statistics.plan_looks(
        deviations, design.pilot, design.width, design.confidence, design.most_rounds
    )


def is_settled(result: Result, rounds: int) -> bool:
    """Whether the first rounds say all that was asked for of every variant."""
    design = result.experiment.design
    confidence = statistics.corrected_confidence(design.confidence, len(design.looks))
    return all(
        statistics.is_settled(
            logs.mean(), statistics.t_half_width(logs, confidence), design.width, design.margin
        )
        for logs in _leading(result, rounds)
    )


def summaries(result: Result) -> list[Summary]:
    """One of each metric that a variant has values of."""
    samples, skipped = Samples(result.samples), _skipped(result)
    found = []
    for variant in result.experiment.variants:
        for metric in result.experiment.metrics:
            values = samples.values(variant.name, metric.name)
            if variant.name not in skipped and len(values) > 0:
                found.append(_summary(variant.name, metric.name, values, result.experiment.design.confidence))
    return found


def _summary(variant: str, metric: str, values: Floats, confidence: float) -> Summary:
    interval = statistics.median_interval(values, confidence)
    return Summary(
        variant=variant,
        metric=metric,
        count=len(values),
        median=float(np.median(values)),
        mean=float(values.mean()),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        deviation=float(values.std(ddof=1)) if len(values) > 1 else None,
    )


def comparisons(result: Result) -> list[Comparison]:
    """Every variant against its baseline in every metric. One that cannot be made says why."""
    samples, reasons = Samples(result.samples), {found.variant: found.reason for found in result.skipped}
    made = [
        _compare(result, pair, samples.log_ratios(pair))
        for pair in _pairs(result.experiment, set(reasons), samples)
    ]
    for variant in result.experiment.variants:
        if variant.name not in reasons and variant.baseline in reasons:
            pair = Pair(variant, variant.baseline, result.experiment.metrics[0])
            made.append(_not_made(pair, f"skipped, because its baseline was: {reasons[variant.baseline]}"))
    return made


def _not_made(pair: Pair, reason: str) -> Comparison:
    return Comparison(
        variant=pair.variant.name,
        baseline=pair.baseline,
        metric=pair.metric.name,
        fidelity=pair.variant.fidelity,
        rounds=0,
        looks=0,
        ratio=None,
        low=None,
        high=None,
        bootstrap_low=None,
        bootstrap_high=None,
        signed_rank_p=None,
        verdict="inconclusive",
        text=reason,
    )


def _compare(result: Result, pair: Pair, logs: Floats) -> Comparison:
    design = result.experiment.design
    confidence = statistics.corrected_confidence(design.confidence, max(len(design.looks), 1))
    mean, half = float(logs.mean()), float(statistics.t_half_width(logs, confidence))
    interval = (_ratio(mean - half), _ratio(mean + half)) if math.isfinite(half) else (None, None)
    bootstrap = statistics.bootstrap_interval(logs, confidence, design.seed)
    verdict, why = _verdict(result, pair.metric, mean, half)
    rounds = 1 + max(sample.round for sample in result.samples)
    return Comparison(
        variant=pair.variant.name,
        baseline=pair.baseline,
        metric=pair.metric.name,
        fidelity=pair.variant.fidelity,
        rounds=len(logs),
        looks=sum(look <= rounds for look in design.looks),
        ratio=_ratio(mean),
        low=interval[0],
        high=interval[1],
        bootstrap_low=_ratio(bootstrap.low) if bootstrap else None,
        bootstrap_high=_ratio(bootstrap.high) if bootstrap else None,
        signed_rank_p=statistics.signed_rank_p(logs),
        verdict=verdict,
        text=why,
    )


def _ratio(logarithm: float) -> float | None:
    """None: beyond what a number can hold."""
    return math.exp(logarithm) if abs(logarithm) < 700 else None


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _verdict(result: Result, metric: Metric, mean: float, half: float) -> tuple[Verdict, str]:
    """The word, and in plain words what it rests on."""
    design = result.experiment.design
    reach = f"{_percent(math.expm1(min(half, 700)))} either way"
    if result.state != "complete":
        return "inconclusive", "interrupted before all rounds that were declared; resume it"
    if not math.isfinite(half):
        return "inconclusive", "one round has no interval; give more rounds"
    if not statistics.is_narrow(half, design.width):
        return (
            "inconclusive",
            f"the interval reaches {reach}, wider than the {_percent(design.width)} asked for",
        )
    if statistics.is_within(mean, half, design.margin):
        return "no difference", f"the interval lies within {_percent(design.margin)} of the baseline"
    if statistics.is_different(mean, half):
        worse = (mean > 0) == (metric.better == "lower")
        return "slower" if worse else "faster", f"the interval reaches {reach} and leaves out 1"
    most = _percent(math.expm1(abs(mean) + half))
    return "inconclusive", f"the interval holds 1 and not only the margin: a difference is at most {most}"
