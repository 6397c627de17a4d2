# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies: results that a file may hold, however odd, with text that wants to break out of the
place where it is shown."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

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
    Warning,
)

HOSTILE = (
    "</script><script>document.title='broken'</script>",
    "<img src=x onerror=\"document.title='broken'\">",
    "]]>--><!-- <![CDATA[",
    '"><a href="https://example.org/">x</a>',
    "=cmd|' /C calc'!A0",
    "@@DATA@@ @@SCRIPTS@@",
    "$\\frac{1}{2}$ \\u2028 \u2028 \u202e %{x} {y}",
    "line\nbreak\r\ttab \x1b[31m \x00",
    "</style></title><base href=//example.org>",
    "&lt;b&gt; &amp;",
    "<b>bold</b><a href='javascript:alert(1)'>x</a>",
)
texts = st.sampled_from(HOSTILE) | st.text(max_size=20)
counts = st.integers(0, 2**63 - 1) | st.integers(0, 100)
floats = st.floats(allow_nan=False, allow_infinity=False) | st.floats(0.001, 1e9)
perhaps_floats = st.none() | floats
scalars = st.none() | st.booleans() | texts | floats | st.integers(-(2**70), 2**70)
fidelities: st.SearchStrategy[Fidelity] = st.sampled_from(["none", "hardware", "compartment", "emulated"])
verdicts = st.sampled_from(["slower", "faster", "no difference", "inconclusive"])
units = st.sampled_from(["ns", "us", "s", "B", "B/s", "operations/s", ""]) | texts


@st.composite
def distributions(draw: st.DrawFn) -> Distribution:
    values = draw(st.lists(floats, max_size=6))
    return Distribution(unit=draw(units), values=values, counts=[draw(counts) for _ in values])


@st.composite
def series(draw: st.DrawFn) -> Series:
    seconds = draw(st.lists(floats, max_size=6))
    return Series(unit=draw(units), seconds=seconds, values=[draw(perhaps_floats) for _ in seconds])


ledgers = st.builds(
    ThreadLedger,
    thread=texts,
    counts=st.dictionaries(texts, counts, max_size=3),
    stages=st.dictionaries(texts, st.builds(Stage, sampled=counts, mean_ns=floats), max_size=2),
    cpu_seconds=perhaps_floats,
    waited_seconds=perhaps_floats,
)
warnings = st.builds(Warning, name=texts, text=texts, advice=texts)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    path = draw(texts)
    names = draw(st.lists(texts, min_size=1, max_size=4, unique=True))
    placements = st.builds(Placement, text=texts, client=st.none() | counts, world=st.none() | counts)
    variants = [
        Variant(
            name=name,
            path=path,
            world=draw(texts),
            fidelity=draw(fidelities),
            placement=draw(placements),
            options=draw(st.dictionaries(texts, scalars, max_size=3)),
            profile=draw(st.none() | texts),
            profile_hash=draw(st.none() | texts),
            baseline=None if place == 0 else draw(st.none() | st.just(names[0])),
            role=draw(st.sampled_from(["measured", "measured", "calibration"])),
        )
        for place, name in enumerate(names)
    ]
    metrics = [
        Metric(
            name=name,
            unit=draw(units),
            better=draw(st.sampled_from(["lower", "higher", "neither"])),
            text=draw(texts),
        )
        for name in draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    ]
    return Experiment(
        name=draw(texts),
        path=path,
        title=draw(texts),
        metrics=metrics,
        variants=variants,
        design=Design(seed=draw(counts)),
    )


@st.composite
def samples(draw: st.DrawFn, experiment: Experiment) -> list[Sample]:
    names = [variant.name for variant in experiment.variants]
    metrics = st.sampled_from([metric.name for metric in experiment.metrics])
    runs = draw(st.lists(st.tuples(st.sampled_from(names), st.integers(0, 5)), max_size=12, unique=True))
    moments = st.just("2026-03-01T12:00:00+00:00") | st.datetimes().map(lambda when: when.isoformat()) | texts
    return [
        Sample(
            variant=name,
            round=number,
            order=draw(counts),
            started=draw(moments),
            seconds=draw(floats),
            metrics=draw(st.dictionaries(metrics, perhaps_floats, max_size=3)),
            ledgers=draw(st.lists(ledgers, max_size=2)),
            distributions=draw(st.dictionaries(texts, distributions(), max_size=2)),
            series=draw(st.dictionaries(texts, series(), max_size=2)),
        )
        for name, number in runs
    ]


def _several(draw: st.DrawFn, kind: Any, **fields: st.SearchStrategy[Any]) -> list[Any]:
    made: list[Any] = draw(st.lists(st.builds(kind, **fields), max_size=4))
    return made


@st.composite
def results(draw: st.DrawFn) -> Result:
    """A result that `decode` accepts."""
    experiment = draw(experiments())
    variants = st.sampled_from([variant.name for variant in experiment.variants])
    metrics = st.sampled_from([metric.name for metric in experiment.metrics])
    interval = dict.fromkeys(("low", "high"), perhaps_floats)
    return Result(
        schema=SCHEMA,
        worldgate=draw(texts),
        state=draw(st.sampled_from(["running", "complete", "interrupted"])),
        started=draw(texts),
        finished=draw(st.none() | texts),
        machine=draw(st.dictionaries(texts, scalars, max_size=5)),
        warnings=draw(st.lists(warnings, max_size=3)),
        experiment=experiment,
        skipped=_several(draw, Skipped, variant=variants, reason=texts),
        samples=draw(samples(experiment)),
        summaries=_several(
            draw,
            Summary,
            variant=variants,
            metric=metrics,
            count=counts,
            median=perhaps_floats,
            mean=perhaps_floats,
            deviation=perhaps_floats,
            **interval,
        ),
        comparisons=_several(
            draw,
            Comparison,
            variant=variants,
            baseline=variants,
            metric=metrics,
            fidelity=fidelities,
            rounds=counts,
            looks=counts,
            ratio=perhaps_floats,
            bootstrap_low=perhaps_floats,
            bootstrap_high=perhaps_floats,
            signed_rank_p=perhaps_floats,
            verdict=verdicts,
            text=texts,
            **interval,
        ),
    )
