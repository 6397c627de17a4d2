# SPDX-License-Identifier: Apache-2.0
"""Result files that look like those of real experiments, of any size. Nothing is measured."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean, median, stdev

from worldgate.experiment.result import (
    SCHEMA,
    Comparison,
    Design,
    Distribution,
    Experiment,
    Fidelity,
    Metric,
    Placement,
    Result,
    Sample,
    Series,
    Skipped,
    Stage,
    Summary,
    ThreadLedger,
    Variant,
    Verdict,
    Warning,
)

METRICS = [
    Metric(name="round_trip_ns", unit="ns", better="lower", text="median round trip"),
    Metric(name="p99_ns", unit="ns", better="lower", text="99th percentile of the round trip"),
    Metric(name="operations_per_second", unit="operations/s", better="higher", text="operations a second"),
]


@dataclass(frozen=True)
class Kind:
    """A world with the median of its round trip."""

    world: str
    fidelity: Fidelity
    median_ns: float
    profile: str | None = None


KINDS = (
    Kind("normal", "none", 96),
    Kind("compartment", "compartment", 5000),
    Kind("emulated:sgx1-skylake", "emulated", 7200, "sgx1-skylake"),
    Kind("optee", "hardware", 21_000),
)


def _variant(kind: Kind, size: int) -> Variant:
    return Variant(
        name=f"{kind.world} call {size} B",
        path="crossing",
        world=kind.world,
        fidelity=kind.fidelity,
        placement=Placement(text="one core", client=0, world=0),
        options={"mode": "call", "size": size},
        profile=kind.profile,
        profile_hash="c0ffee" if kind.profile else None,
        baseline=None if kind is KINDS[0] else f"normal call {size} B",
    )


def _sample(variant: Variant, number: int, order: int, value: float, rich: bool) -> Sample:
    started = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=number * 1.3 + order * 0.21)
    sample = Sample(
        variant=variant.name,
        round=number,
        order=order,
        started=started.isoformat(),
        seconds=0.2 + value * 1e-9,
        metrics={"round_trip_ns": value, "p99_ns": value * 1.7 + 3, "operations_per_second": 1e9 / value},
    )
    if not rich:
        return sample
    steps = [value * (0.8 + 0.004 * step * step) for step in range(40)]
    counts = [max(1, int(4000 * math.exp(-(((step - 9) / 6) ** 2)))) for step in range(40)]
    return Sample(
        **{
            name: getattr(sample, name)
            for name in ("variant", "round", "order", "started", "seconds", "metrics")
        },
        ledgers=[
            ThreadLedger(
                thread="client",
                counts={"crossings": 1000, "share_bytes": 64_000, "system_calls": 2000},
                stages={"marshal": Stage(sampled=31, mean_ns=44.5)},
                cpu_seconds=0.11,
                waited_seconds=None,
            ),
            ThreadLedger(thread="world", counts={"polls": 12}),
        ],
        distributions={"round trip": Distribution(unit="ns", values=steps, counts=counts)},
        series={
            "operations_per_second": Series(
                unit="operations/s",
                seconds=[0.05 * step for step in range(20)],
                values=[
                    None if step == 7 else 1e9 / value * (1 + 0.02 * math.sin(step)) for step in range(20)
                ],
            )
        },
    )


def _summary(variant: str, metric: str, values: list[float]) -> Summary:
    ordered = sorted(values)
    return Summary(
        variant=variant,
        metric=metric,
        count=len(values),
        median=median(values),
        mean=fmean(values),
        low=ordered[len(values) // 4],
        high=ordered[-1 - len(values) // 4],
        deviation=stdev(values) if len(values) > 1 else None,
    )


def _comparison(variant: Variant, metric: Metric, values: list[float], base: list[float]) -> Comparison:
    logs = [math.log(ours / theirs) for ours, theirs in zip(values, base, strict=True)]
    half = 2.1 * (stdev(logs) if len(logs) > 1 else 1.0) / math.sqrt(len(logs))
    ratio, low, high = (math.exp(fmean(logs) + shift) for shift in (0, -half, half))
    verdict: Verdict = "inconclusive" if low <= 1 <= high else "slower"
    if low > 0.98 and high < 1.02:
        verdict = "no difference"
    elif (ratio < 1) == (metric.better == "lower"):
        verdict = "faster"
    assert variant.baseline is not None
    return Comparison(
        variant=variant.name,
        baseline=variant.baseline,
        metric=metric.name,
        fidelity=variant.fidelity,
        rounds=len(logs),
        looks=1,
        ratio=ratio,
        low=low,
        high=high,
        bootstrap_low=low * 1.001,
        bootstrap_high=high * 0.999,
        signed_rank_p=0.0001,
        verdict=verdict,
        text=f"{variant.name} over {variant.baseline}",
    )


def make_result(
    rounds: int = 20,
    sizes: tuple[int, ...] = (64, 4096),
    seed: int = 1,
    rich: bool = True,
    factor: float = 1.0,
    kinds: tuple[Kind, ...] = KINDS[:3],
) -> Result:
    """A complete crossing experiment. factor: how much slower the protected worlds are than usual."""
    chance = random.Random(seed)
    variants = [_variant(kind, size) for size in sizes for kind in kinds]
    absent = _variant(KINDS[3], sizes[0])
    medians = {_variant(kind, size).name: (kind, size) for size in sizes for kind in kinds}
    samples: list[Sample] = []
    for number in range(rounds):
        shared = chance.gauss(0, 0.05)
        for order, variant in enumerate(chance.sample(variants, len(variants))):
            kind, size = medians[variant.name]
            slower = factor if kind.fidelity != "none" else 1.0
            value = (kind.median_ns * slower + size * 0.02) * math.exp(shared + chance.gauss(0, 0.03))
            samples.append(_sample(variant, number, order, value, rich))
    values: dict[tuple[str, str], list[float]] = {}
    for sample in samples:
        for name, value_of in sample.metrics.items():
            assert value_of is not None
            values.setdefault((sample.variant, name), []).append(value_of)
    pairs = [(variant, metric) for metric in METRICS for variant in variants]
    return Result(
        schema=SCHEMA,
        worldgate="0.1.0",
        state="complete",
        started="2026-03-01T12:00:00+00:00",
        finished="2026-03-01T12:05:00+00:00",
        machine={
            "cpu": "Example 9000",
            "processors": 2,
            "kernel": "6.18.0",
            "mitigations": "on",
            "aead": "libipsec-mb 1.3",
            "memory_bytes": 16 << 30,
            "governor": None,
        },
        warnings=[
            Warning(
                name="frequency policy",
                text="the frequency of the processors may change during a run",
                advice="Set the governor to performance.",
            )
        ],
        experiment=Experiment(
            name="crossing",
            path="crossing",
            title="What a crossing costs, by world and size",
            metrics=METRICS,
            variants=[*variants, absent],
            design=Design(seed=seed, looks=[rounds]),
        ),
        skipped=[Skipped(variant=absent.name, reason="no /dev/tee0 on this machine")],
        samples=samples,
        summaries=[_summary(one.name, metric.name, values[one.name, metric.name]) for one, metric in pairs],
        comparisons=[
            _comparison(one, metric, values[one.name, metric.name], values[one.baseline, metric.name])
            for one, metric in pairs
            if one.baseline is not None
        ],
    )
