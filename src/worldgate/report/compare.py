# SPDX-License-Identifier: Apache-2.0
"""Two result files against each other: for each variant and metric the ratio, or why there is none.

The runs of two files are not pairs: nothing ties one of this file to one of the other. The ratio is that of
the geometric means, its interval is Welch's on the logarithms. What changed on the machine between the files
counts as difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from worldgate.experiment.result import Fidelity, Metric, Result, Scalar, Variant
from worldgate.report.findings import fact_text, metrics_of

SCHEMA = "worldgate.comparison/1"
FEWEST = 3  # runs on each side

# What makes it another machine, or other cryptography. Other facts that differ are told, and forbid nothing.
IDENTITY = {
    "cpu": "other machine",
    "architecture": "other machine",
    "processors": "other machine",
    "placement": "other machine",
    "aead": "other AEAD library",
}
# What a machine does, not what it is; and what the file says once more.
PASSING = {"load", "steal_share", "worldgate"}

Verdict = Literal["slower", "faster", "different", "no difference", "inconclusive", "not comparable"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one variant: the second file over the first."""

    variant: str
    metric: str
    unit: str
    better: Literal["lower", "higher", "neither"] | None
    fidelity: Fidelity | None
    verdict: Verdict
    reason: str | None = None  # why it is not comparable
    first_median: float | None = None
    second_median: float | None = None
    first_runs: int = 0
    second_runs: int = 0
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that two files say about each other."""

    schema: str
    first: str
    second: str
    method: str
    confidence: float
    margin: float
    notes: list[str]  # what else differs
    changes: list[Change]


def _other(what: str, first: Scalar, second: Scalar) -> str | None:
    return None if first == second else f"{what}: {fact_text(first)}, then {fact_text(second)}"


def _files_apart(first: Result, second: Result) -> str | None:
    """Why nothing of the two can be compared, if so."""
    reasons = [_other("other path", first.experiment.path, second.experiment.path)]
    reasons += [
        _other(f"{why} ({name})", first.machine.get(name), second.machine.get(name))
        for name, why in IDENTITY.items()
    ]
    return next((reason for reason in reasons if reason), None)


def _variants_apart(first: Variant, second: Variant) -> str | None:
    one, two = first.placement, second.placement
    names = sorted(first.options.keys() | second.options.keys())
    reasons = [
        _other("other fidelity", first.fidelity, second.fidelity),
        _other("other world", first.world, second.world),
        _other("other profile", first.profile, second.profile),
        _other("other profile hash", first.profile_hash, second.profile_hash),
        _other("other placement", one.text, two.text),
        _other("other processor of the client", one.client, two.client),
        _other("other processor of the world", one.world, two.world),
        *(
            _other(
                "other AEAD library" if "aead" in name else f"other {name}",
                first.options.get(name),
                second.options.get(name),
            )
            for name in names
        ),
    ]
    return next((reason for reason in reasons if reason), None)


def _values(result: Result) -> dict[tuple[str, str], list[float]]:
    """What is known of each variant and metric, in the order of the runs."""
    found: dict[tuple[str, str], list[float]] = {}
    for sample in result.samples:
        for name, value in sample.metrics.items():
            if value is not None:
                found.setdefault((sample.variant, name), []).append(value)
    return found


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else ordered[half - 1] / 2 + ordered[half] / 2


def _exp(value: float) -> float:
    return math.exp(value) if value < 709 else math.inf


def welch(
    first: Sequence[float], second: Sequence[float], confidence: float
) -> tuple[float, float, float, float]:
    """The ratio second over first of positive values, its interval, and the p of "no difference"."""
    import numpy as np
    from scipy import special

    logs = [np.log(np.asarray(values, dtype=np.float64)) for values in (first, second)]
    gap = float(logs[1].mean() - logs[0].mean())
    parts = [float(one.var(ddof=1)) / len(one) for one in logs]
    error = math.sqrt(sum(parts))
    # Rounding leaves a trace of deviation in runs that are all equal.
    if error <= 1e-12 * max(1.0, abs(gap)):
        return _exp(gap), _exp(gap), _exp(gap), float(abs(gap) <= 1e-12)
    degrees = sum(parts) ** 2 / sum(part**2 / (len(one) - 1) for part, one in zip(parts, logs, strict=True))
    half = float(special.stdtrit(degrees, (1 + confidence) / 2)) * error
    p = 2 * float(special.stdtr(degrees, -abs(gap) / error))
    return _exp(gap), _exp(gap - half), _exp(gap + half), p


def _verdict(better: str, low: float, high: float, margin: float) -> Verdict:
    if 1 - margin <= low and high <= 1 + margin:
        return "no difference"
    if low <= 1 <= high:
        return "inconclusive"
    if better == "neither":
        return "different"
    return "slower" if (low > 1) == (better == "lower") else "faster"


def _change(
    variant: Variant,
    metrics: tuple[Metric, Metric],
    runs: tuple[list[float], list[float]],
    margin: float,
    share: float,
) -> Change:
    metric = metrics[0]
    change = Change(
        variant=variant.name,
        metric=metric.name,
        unit=metric.unit,
        better=metric.better,
        fidelity=variant.fidelity,
        verdict="not comparable",
        first_median=_median(runs[0]),
        second_median=_median(runs[1]),
        first_runs=len(runs[0]),
        second_runs=len(runs[1]),
    )
    reason = _other("other unit", metric.unit, metrics[1].unit)
    reason = reason or _other("another way is good", metric.better, metrics[1].better)
    if reason is None and min(map(len, runs)) < FEWEST:
        reason = f"too few runs: {len(runs[0])} and {len(runs[1])}, at least {FEWEST} of each are needed"
    if reason is None and min(map(min, runs)) <= 0:
        reason = "a value that is not above zero has no ratio"
    if reason is not None:
        return msgspec.structs.replace(change, reason=reason)
    ratio, low, high, p = welch(*runs, share)
    verdict = _verdict(metric.better, low, high, margin)
    return msgspec.structs.replace(change, verdict=verdict, ratio=ratio, low=low, high=high, p=p)


def _apart(
    name: str, sides: tuple[Variant | None, Variant | None], files: tuple[Result, Result]
) -> str | None:
    """Why this variant cannot be compared, if so."""
    for side, result, word in zip(sides, files, ("first", "second"), strict=True):
        if side is None:
            return f"not in the {word} file"
        skipped = next((one.reason for one in result.skipped if one.variant == name), None)
        if skipped is not None:
            return f"skipped in the {word} file: {skipped}"
    assert sides[0] is not None and sides[1] is not None
    return _variants_apart(sides[0], sides[1])


def compare(first: Result, second: Result, names: tuple[str, str] = ("first", "second")) -> Comparison:
    """Every variant that either file measured, in the order of the first."""
    files = (first, second)
    design = first.experiment.design
    known = [
        {one.name: one for one in result.experiment.variants if one.role == "measured"} for result in files
    ]
    metrics = [metrics_of(result) for result in files]
    values = [_values(result) for result in files]
    apart = _files_apart(first, second)
    changes: list[Change] = []
    for name in dict.fromkeys([*known[0], *known[1]]):
        sides = (known[0].get(name), known[1].get(name))
        reason = apart or _apart(name, sides, files)
        variant = sides[0] or sides[1]
        assert variant is not None
        if reason is not None:
            refused = Change(
                variant=name,
                metric="all",
                unit="",
                better=None,
                fidelity=variant.fidelity,
                verdict="not comparable",
                reason=reason,
            )
            changes.append(refused)
            continue
        for metric in metrics[0].keys() & metrics[1].keys():
            runs = (values[0].get((name, metric), []), values[1].get((name, metric), []))
            if runs[0] or runs[1]:
                pair = (metrics[0][metric], metrics[1][metric])
                changes.append(_change(variant, pair, runs, design.margin, design.confidence))
    order = {metric: place for place, metric in enumerate(metrics[0])}
    places = {name: place for place, name in enumerate([*known[0], *known[1]])}
    changes.sort(key=lambda one: (places[one.variant], order.get(one.metric, -1)))
    return Comparison(
        schema=SCHEMA,
        first=names[0],
        second=names[1],
        method="unpaired across files: Welch on the logarithms of the runs",
        confidence=design.confidence,
        margin=design.margin,
        notes=_notes(first, second),
        changes=changes,
    )


def _notes(first: Result, second: Result) -> list[str]:
    """What differs and does not forbid a ratio."""
    names = [
        name
        for name in dict.fromkeys([*first.machine, *second.machine])
        if name not in PASSING | IDENTITY.keys()
    ]
    found = [_other(name, first.machine.get(name), second.machine.get(name)) for name in names]
    found += [_other("worldgate", first.worldgate, second.worldgate)]
    for result, word in ((first, "first"), (second, "second")):
        if result.state != "complete":
            found.append(f"the {word} file is not complete ({result.state})")
    for name, where in (("first", set(metrics_of(second))), ("second", set(metrics_of(first)))):
        own = metrics_of(first if name == "first" else second)
        found += [f"metric {metric} is in the {name} file only" for metric in own if metric not in where]
    return [note for note in found if note]


def slower_beyond(change: Change, bound: float) -> bool:
    """Whether the whole interval lies beyond the bound on the bad side. Of a rate, the inverse is taken: half
    of it is 100 % slower."""
    if change.low is None or change.high is None:
        return False
    if change.better == "lower":
        return change.low > 1 + bound
    return change.better == "higher" and change.high * (1 + bound) < 1
