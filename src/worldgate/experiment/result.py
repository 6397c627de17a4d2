# SPDX-License-Identifier: Apache-2.0
"""The result file: machine, experiment, variants, every sample, statistics. One JSON file, versioned.

A file is replaced whole after each run, so that whoever kills the program leaves a readable file with every
finished run in it. Unknown is null, never zero.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from worldgate.errors import WorldgateError, one_line

SCHEMA = "worldgate.result/1"

Scalar = str | int | float | bool | None
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Fidelity = Literal["none", "hardware", "compartment", "emulated"]
Verdict = Literal["slower", "faster", "no difference", "inconclusive"]


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Metric(_Record, frozen=True, kw_only=True):
    """One figure of a path, what it is in and which way is good."""

    name: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    text: str


class Placement(_Record, frozen=True, kw_only=True):
    """Where the threads ran. None: not pinned."""

    text: str  # "one core", "two cores", "not pinned"
    client: Count | None = None
    world: Count | None = None


class Variant(_Record, frozen=True, kw_only=True):
    """One configuration: all that a path needs to run it once."""

    name: str
    path: str
    world: str
    fidelity: Fidelity
    placement: Placement
    options: dict[str, Scalar]
    profile: str | None = None
    profile_hash: str | None = None
    baseline: str | None = None  # the variant that it is compared with
    role: Literal["measured", "calibration"] = "measured"


class Skipped(_Record, frozen=True, kw_only=True):
    """A variant that did not run here."""

    variant: str
    reason: str


class Distribution(_Record, frozen=True, kw_only=True):
    """Values and how often each was seen; values lie within 1 % of what was recorded."""

    unit: str
    values: list[float]
    counts: list[Count]


class Series(_Record, frozen=True, kw_only=True):
    """A figure over the time of a run, from its start."""

    unit: str
    seconds: list[float]
    values: list[float | None]


class Stage(_Record, frozen=True, kw_only=True):
    """Time of one stage of an operation, from a sampled share of the operations."""

    sampled: Count
    mean_ns: float


class ThreadLedger(_Record, frozen=True, kw_only=True):
    """What one thread, or one world, counted during a run."""

    thread: str  # client, lane, world
    counts: dict[str, Count]
    stages: dict[str, Stage] = {}
    cpu_seconds: float | None = None
    waited_seconds: float | None = None


class Sample(_Record, frozen=True, kw_only=True):
    """What one run yielded."""

    variant: str
    round: Count
    order: Count  # place within the round
    started: str  # UTC, ISO 8601
    seconds: float
    metrics: dict[str, float | None]
    ledgers: list[ThreadLedger] = []
    distributions: dict[str, Distribution] = {}
    series: dict[str, Series] = {}


class Summary(_Record, frozen=True, kw_only=True):
    """One metric of one variant over its samples."""

    variant: str
    metric: str
    count: Count
    median: float | None
    mean: float | None
    low: float | None  # 95 % interval of the median by order statistics
    high: float | None
    deviation: float | None


class Comparison(_Record, frozen=True, kw_only=True):
    """A variant against its baseline: the ratio of the metric, from the paired log-ratios of the rounds."""

    variant: str
    baseline: str
    metric: str
    fidelity: Fidelity  # of the protected side
    rounds: Count
    looks: Count
    ratio: float | None
    low: float | None  # interval at the confidence that remains after the looks
    high: float | None
    bootstrap_low: float | None
    bootstrap_high: float | None
    signed_rank_p: float | None
    verdict: Verdict
    text: str


class Design(_Record, frozen=True, kw_only=True):
    """How many rounds, and when to stop. Counts are declared before the first look."""

    seed: Count
    confidence: float = 0.95
    width: float = 0.05  # half-width of the interval that is asked for, as a share of the ratio
    margin: float = 0.02  # "no difference" means that the interval lies within it
    pilot: Count = 5
    looks: list[Count] = []  # rounds at each look; empty until planned
    most_rounds: Count = 60
    warm_up: Count = 1  # rounds that are thrown away


class Experiment(_Record, frozen=True, kw_only=True):
    """What was asked for."""

    name: str
    path: str
    title: str
    metrics: list[Metric]
    variants: list[Variant]
    design: Design


class Warning(_Record, frozen=True, kw_only=True):
    """What the doctor found that makes figures of this machine doubtful."""

    name: str
    text: str
    advice: str


class Result(_Record, frozen=True, kw_only=True):
    """One file."""

    schema: str
    worldgate: str
    state: Literal["running", "complete", "interrupted"]
    started: str
    finished: str | None
    machine: dict[str, Scalar]
    warnings: list[Warning]
    experiment: Experiment
    skipped: list[Skipped] = []
    samples: list[Sample] = []
    summaries: list[Summary] = []
    comparisons: list[Comparison] = []


class _Head(msgspec.Struct):
    schema: str


def encode(result: Result) -> bytes:
    return msgspec.json.encode(result)


def write(result: Result, path: Path) -> None:
    """Replaces the file whole: a reader sees the one before or this one, never a part."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(encode(result))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def design_problem(design: Design) -> tuple[str, str] | None:
    """The key of the first value that makes no sense, and what to write; None: all do."""
    bounds: dict[str, tuple[float, float]] = {
        "confidence": (0.5, 0.9999),
        "width": (0.0001, 10),
        "margin": (0, 10),
        "pilot": (3, 1000),
        "most_rounds": (2 if design.looks else max(design.pilot, 6) + 2, 100_000),
        "warm_up": (0, 1000),
    }
    for key, (low, high) in bounds.items():
        if not low <= getattr(design, key) <= high:
            return key, f"{getattr(design, key)} is out of bounds: write a number from {low:g} to {high:g}"
    looks = design.looks
    if looks and not (len(looks) <= 3 and looks == sorted(set(looks)) and 2 <= looks[0] <= looks[-1]):
        return "looks", "write at most three numbers of rounds from 2 on, each larger than the one before"
    if looks and looks[-1] > design.most_rounds:
        return "looks", f"{looks[-1]} is more than most_rounds ({design.most_rounds}): write fewer"
    return None


def experiment_problem(experiment: Experiment) -> str | None:
    """What the types alone do not say; None: all is well."""
    names = [variant.name for variant in experiment.variants]
    metrics = [metric.name for metric in experiment.metrics]
    for what, found in (("variant", names), ("metric", metrics)):
        if not found:
            return f"the experiment has no {what}"
        if len(set(found)) < len(found):
            return f"two {what}s are called '{max(found, key=found.count)}'"
    for variant in experiment.variants:
        if variant.path != experiment.path:
            return f"variant '{variant.name}' is of another path than the experiment, '{variant.path}'"
        if variant.baseline == variant.name or variant.baseline not in (None, *names):
            return f"variant '{variant.name}': its baseline '{variant.baseline}' is no other variant"
    wrong = design_problem(experiment.design)
    return f"design.{wrong[0]}: {wrong[1]}" if wrong else None


def _sample_problem(sample: Sample) -> str | None:
    place = f"the sample of '{sample.variant}' in round {sample.round}"
    for name, shown in sample.distributions.items():
        if len(shown.values) != len(shown.counts):
            return f"{place}: '{name}' has not as many counts as values"
    for name, series in sample.series.items():
        if len(series.values) != len(series.seconds):
            return f"{place}: '{name}' has not as many seconds as values"
    return None


def _problem(result: Result) -> str | None:
    """Whatever would lead a reader of the file astray; None: nothing."""
    problem = experiment_problem(result.experiment)
    if problem:
        return problem
    variants = {skipped.variant for skipped in result.skipped}
    metrics: set[str] = set()
    for sample in result.samples:
        variants.add(sample.variant)
        metrics.update(sample.metrics)
    for summary in result.summaries:
        variants.add(summary.variant)
        metrics.add(summary.metric)
    for comparison in result.comparisons:
        variants |= {comparison.variant, comparison.baseline}
        metrics.add(comparison.metric)
    for name in sorted(variants - {variant.name for variant in result.experiment.variants}):
        return f"the experiment has no variant '{name}'"
    for name in sorted(metrics - {metric.name for metric in result.experiment.metrics}):
        return f"the experiment has no metric '{name}'"
    runs = [(sample.variant, sample.round) for sample in result.samples]
    if len(set(runs)) < len(runs):
        return "a variant has two samples of one round"
    return next(filter(None, map(_sample_problem, result.samples)), None)


def decode(data: bytes, name: str) -> Result:
    """The result in data; name is what an error calls it."""
    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WorldgateError(f"{name}: not a whole result file ({one_line(str(error))})") from None
    if head.schema != SCHEMA:
        raise WorldgateError(
            f"{name}: its schema is '{one_line(head.schema)[:60]}', this version reads '{SCHEMA}'; "
            "use the version of Worldgate that wrote it, or a newer one"
        )
    try:
        result = msgspec.json.decode(data, type=Result)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WorldgateError(f"{name}: a broken result file: {one_line(str(error))}") from None
    problem = _problem(result)
    if problem:
        raise WorldgateError(
            f"{name}: a broken result file: {one_line(problem)}; use the file as it was written"
        )
    return result


def read(path: Path) -> Result:
    return decode(path.read_bytes(), str(path))
