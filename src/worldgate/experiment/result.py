# SPDX-License-Identifier: Apache-2.0
"""The result file: machine, experiment, variants, every sample, statistics. One JSON file, versioned.

A file is replaced whole after each run, so that whoever kills the program leaves a readable file with every
finished run in it. Unknown is null, never zero.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import msgspec

from worldgate.errors import WorldgateError, one_line

SCHEMA = "worldgate.result/1"

Scalar = str | int | float | bool | None
Fidelity = Literal["none", "hardware", "compartment", "emulated"]
Verdict = Literal["slower", "faster", "no difference", "inconclusive"]


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Metric(_Record):
    """One figure of a path, what it is in and which way is good."""

    name: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    text: str


class Placement(_Record):
    """Where the threads ran. None: not pinned."""

    text: str  # "one core", "two cores", "not pinned"
    client: int | None = None
    world: int | None = None


class Variant(_Record):
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


class Skipped(_Record):
    """A variant that did not run here."""

    variant: str
    reason: str


class Distribution(_Record):
    """Values and how often each was seen; values lie within 1 % of what was recorded."""

    unit: str
    values: list[float]
    counts: list[int]


class Series(_Record):
    """A figure over the time of a run, from its start."""

    unit: str
    seconds: list[float]
    values: list[float | None]


class Stage(_Record):
    """Time of one stage of an operation, from a sampled share of the operations."""

    sampled: int
    mean_ns: float


class ThreadLedger(_Record):
    """What one thread, or one world, counted during a run."""

    thread: str  # client, lane, world
    counts: dict[str, int]
    stages: dict[str, Stage] = {}
    cpu_seconds: float | None = None
    waited_seconds: float | None = None


class Sample(_Record):
    """What one run yielded."""

    variant: str
    round: int
    order: int  # place within the round
    started: str  # UTC, ISO 8601
    seconds: float
    metrics: dict[str, float | None]
    ledgers: list[ThreadLedger] = []
    distributions: dict[str, Distribution] = {}
    series: dict[str, Series] = {}


class Summary(_Record):
    """One metric of one variant over its samples."""

    variant: str
    metric: str
    count: int
    median: float | None
    mean: float | None
    low: float | None  # 95 % interval of the median by order statistics
    high: float | None
    deviation: float | None


class Comparison(_Record):
    """A variant against its baseline: the ratio of the metric, from the paired log-ratios of the rounds."""

    variant: str
    baseline: str
    metric: str
    fidelity: Fidelity  # of the protected side
    rounds: int
    looks: int
    ratio: float | None
    low: float | None  # interval at the confidence that remains after the looks
    high: float | None
    bootstrap_low: float | None
    bootstrap_high: float | None
    signed_rank_p: float | None
    verdict: Verdict
    text: str


class Design(_Record):
    """How many rounds, and when to stop. Counts are declared before the first look."""

    seed: int
    confidence: float = 0.95
    width: float = 0.05  # half-width of the interval that is asked for, as a share of the ratio
    margin: float = 0.02  # "no difference" means that the interval lies within it
    pilot: int = 5
    looks: list[int] = []  # rounds at each look; empty until planned
    most_rounds: int = 60
    warm_up: int = 1  # rounds that are thrown away


class Experiment(_Record):
    """What was asked for."""

    name: str
    path: str
    title: str
    metrics: list[Metric]
    variants: list[Variant]
    design: Design


class Warning(_Record):
    """What the doctor found that makes figures of this machine doubtful."""

    name: str
    text: str
    advice: str


class Result(_Record):
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


def decode(data: bytes, name: str) -> Result:
    """The result in data; name is what an error calls it."""
    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WorldgateError(f"{name}: not a whole result file ({one_line(str(error))})") from None
    if head.schema != SCHEMA:
        raise WorldgateError(
            f"{name}: its schema is '{one_line(head.schema)[:60]}', this version reads '{SCHEMA}'; "
            "use the version of Worldgate that wrote it, or a newer one"
        )
    try:
        return msgspec.json.decode(data, type=Result)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WorldgateError(f"{name}: a broken result file: {one_line(str(error))}") from None


def read(path: Path) -> Result:
    return decode(path.read_bytes(), str(path))
