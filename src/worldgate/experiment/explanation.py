# SPDX-License-Identifier: Apache-2.0
"""Where the difference between a variant and its baseline comes from: counts x unit costs, per thread.

    found = explain(result, limits, profiles)

Each time is rounded to 1/1024 ns, so that baseline + parts + residual is the protected figure exactly.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

import msgspec

from worldgate.errors import WorldgateError
from worldgate.experiment.charges import CAUSES, Cause, Charge, charges, units_for, waiting
from worldgate.experiment.result import Fidelity, Metric, Result, Sample, Variant
from worldgate.experiment.side import Figure, Side, make_side
from worldgate.experiment.unit_costs import NS_MOST, Unit
from worldgate.machine.costs import Limits
from worldgate.worlds.profile import Profile

SCHEMA = "worldgate.explanation/1"
GRID = 1024.0
OPERATION_ITEMS = ("batch operation", "ring operation", "ring round trip")
Work = Literal["one after another", "at the same time"]

# unit of a metric -> ns
_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
RATE = "1/s"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """So many more (or fewer) of something than in the baseline. ns None: unknown, and source says why."""

    cause: Cause
    item: str
    thread: str
    count: float  # per operation
    unit_ns: float | None
    ns: float | None
    source: str


class ThreadSum(msgspec.Struct, frozen=True, kw_only=True):
    """What one thread of the protected side does for an operation."""

    thread: str
    causes: dict[str, float]  # cause -> ns
    sum_ns: float | None  # None: some of it is unknown
    polled_ns: float | None  # beyond the sum: what its polls for nothing come to
    cpu_ns: float | None  # measured
    waited_ns: float | None  # measured


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One variant against its baseline, per operation."""

    variant: str
    baseline: str
    metric: str
    fidelity: Fidelity
    profile: str | None
    placement: str
    work: Work
    baseline_ns: float
    protected_ns: float
    parts: list[Part]
    same: list[str]  # on both sides, so that it makes no difference
    predicted_ns: float | None  # None: a part is unknown
    residual_ns: float
    residual_share: float  # of the protected figure
    threads: list[ThreadSum]
    slowest: str | None
    why: str


class Unexplained(msgspec.Struct, frozen=True, kw_only=True):
    """A variant with a baseline that cannot be explained."""

    variant: str
    reason: str


class Explanations(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a result and the limits say together."""

    schema: str
    limits: str  # when they were measured
    explained: list[Explanation]
    left_out: list[Unexplained]


def on_grid(ns: float) -> float | None:
    """Rounded to 1/1024 ns; None: out of all bounds."""
    if not math.isfinite(ns) or abs(ns) > NS_MOST:
        return None
    return round(ns * GRID) / GRID


def operation_ns(metric: Metric, value: float) -> float | None:
    """What a value of that metric means for one operation; None: nothing."""
    if metric.unit in _NS:
        return on_grid(value * _NS[metric.unit])
    if metric.unit == RATE and value > 0:
        return on_grid(1e9 / value)
    return None


def _median_ns(metric: Metric, samples: Iterable[Sample]) -> float | None:
    values = [sample.metrics.get(metric.name) for sample in samples]
    found = [value for value in values if value is not None and math.isfinite(value)]
    return operation_ns(metric, statistics.median(found)) if found else None


def _ns(charge: Charge) -> float | None:
    return None if charge.unit.ns is None else on_grid(charge.count * charge.unit.ns)


def _known_sum(found: Iterable[Charge]) -> float:
    return math.fsum(_ns(charge) or 0.0 for charge in found)


def _all_known(found: Iterable[Charge]) -> bool:
    return all(_ns(charge) is not None for charge in found)


def _by_thread(found: Iterable[Charge]) -> dict[str, list[Charge]]:
    threads: dict[str, list[Charge]] = {}
    for charge in found:
        threads.setdefault(charge.thread, []).append(charge)
    return threads


def _slowest(side: Side, found: list[Charge]) -> str | None:
    """The thread that decides how long an operation takes; None: they take turns."""
    sums = {thread: _known_sum(of) for thread, of in _by_thread(found).items()}
    return max(sums, key=lambda thread: (sums[thread], thread)) if side.apart and sums else None


def _path(found: list[Charge], slowest: str | None) -> list[Charge]:
    return found if slowest is None else [charge for charge in found if charge.thread == slowest]


def _processing(side: Side, found: list[Charge]) -> list[Charge]:
    """The baseline's time beyond what is charged: the work itself, of the TA and of the client around it. The
    same work takes the same time in the world."""
    slowest = _slowest(side, found)
    on_path = _path(found, slowest)
    rest = side.elapsed_ns - _known_sum(on_path)
    source = (
        "measured in the baseline"
        if _all_known(on_path)
        else "measured in the baseline, with what is unknown"
    )
    if slowest is not None:
        return [Charge("processing", "work", slowest, 1.0, Unit(rest, source))]
    inside = 0.0
    if side.mode != "ring" and side.inside_ns is not None:
        charged = _known_sum(charge for charge in found if charge.thread == "world")
        inside = min(max(0.0, side.inside_ns - charged), max(0.0, rest))
    shares = (("client", rest - inside), ("world", inside))
    return [Charge("processing", "work", thread, 1.0, Unit(ns, source)) for thread, ns in shares if ns]


def _contained(ours: Side, theirs: Side, found: list[Charge], work: list[Charge]) -> list[Charge]:
    """The unit costs of batch and ring operations contain what the client does around an operation. Where the
    baseline's do not, that is in its work too, and must not be charged twice."""
    if ours.mode not in ("batch", "ring") or theirs.mode not in ("direct", "call"):
        return []
    unit = sum(
        charge.unit.ns or 0.0
        for charge in found
        if charge.item in OPERATION_ITEMS and charge.thread == "client"
    )
    client = sum(charge.unit.ns or 0.0 for charge in work if charge.thread == "client")
    twice = min(unit, client)
    if twice <= 0:
        return []
    source = "what an operation's unit cost contains already"
    return [Charge("processing", "work in the operation", "client", -1.0, Unit(twice, source))]


def _tagged(charge: Charge) -> tuple[str, str, str, float | str]:
    unit = charge.unit.source if charge.unit.ns is None else charge.unit.ns
    return charge.cause, charge.item, charge.thread, unit


def _difference(ours: list[Charge], theirs: list[Charge]) -> tuple[list[Part], list[str]]:
    """What is left of our charges without theirs; and the names of what is gone."""
    counts: dict[tuple[str, str, str, float | str], tuple[float, float, Charge]] = {}
    for sign, side in ((1, ours), (-1, theirs)):
        for charge in side:
            plus, minus, _ = counts.get(_tagged(charge), (0.0, 0.0, charge))
            plus, minus = plus + charge.count * (sign > 0), minus + charge.count * (sign < 0)
            counts[_tagged(charge)] = (plus, minus, charge)
    parts, same = [], []
    for plus, minus, charge in counts.values():
        count = plus - minus
        if abs(count) <= 1e-6 * max(plus, minus):
            same.append(f"{charge.cause}: {charge.item}, {charge.thread}")
            continue
        ns = _ns(replace(charge, count=count))
        source = charge.unit.source
        if charge.unit.ns is not None and ns is None:
            source = f"{source}: {count:.3g} times {charge.unit.ns:.3g} ns is out of all bounds"
        parts.append(
            Part(
                cause=charge.cause,
                item=charge.item,
                thread=charge.thread,
                count=count,
                unit_ns=charge.unit.ns,
                ns=ns,
                source=source,
            )
        )
    order = {cause: place for place, cause in enumerate(CAUSES)}
    return sorted(parts, key=lambda part: (order[part.cause], part.thread, part.item)), same


def _thread_sums(side: Side, found: list[Charge], polls: list[Charge]) -> list[ThreadSum]:
    polled = {charge.thread: _ns(charge) for charge in polls}
    sums = []
    for thread, of in sorted(_by_thread(found).items()):
        causes: dict[str, float] = {}
        for charge in of:
            causes[charge.cause] = causes.get(charge.cause, 0.0) + (_ns(charge) or 0.0)
        sums.append(
            ThreadSum(
                thread=thread,
                causes=causes,
                sum_ns=_known_sum(of) if _all_known(of) else None,
                polled_ns=polled.get(thread),
                cpu_ns=side.cpu_ns.get(thread),
                waited_ns=side.waited_ns.get(thread),
            )
        )
    return sums


def _why(side: Side, sums: list[ThreadSum], slowest: str | None) -> str:
    if slowest is None:
        if side.mode == "ring" and side.where == "one core":
            return "Both threads share a processor, so their times add up."
        return "The client waits while the world works, so their times add up."
    found = next(one for one in sums if one.thread == slowest)
    largest = max(found.causes, key=lambda cause: found.causes[cause])
    others = ", ".join(one.thread for one in sums if one.thread != slowest)
    return (
        f"The threads work at the same time, so the slowest decides: {slowest}, most of all by {largest}"
        + (f". The time of {others} passes meanwhile." if others else ".")
    )


def explain_side(ours: Side, theirs: Side, metric: str, limits: Limits) -> Explanation:
    """One variant against its baseline. metric: the name of what their times come from."""
    protected_ns, baseline_ns = ours.elapsed_ns, theirs.elapsed_ns
    our_units, their_units = units_for(ours, limits), units_for(theirs, limits)
    their_charges = charges(theirs, their_units)
    work = _processing(theirs, their_charges)
    their_path = _path(their_charges, _slowest(theirs, their_charges)) + work
    our_charges = charges(ours, our_units)
    our_charges += work + _contained(ours, theirs, our_charges, work)
    slowest = _slowest(ours, our_charges)
    parts, same = _difference(_path(our_charges, slowest), their_path)
    sums = _thread_sums(ours, our_charges, waiting(ours, our_units))
    known = [part.ns for part in parts if part.ns is not None]
    whole = len(known) == len(parts) and (slowest is None or _all_known(our_charges))
    residual_ns = math.fsum([protected_ns, -baseline_ns, *(-ns for ns in known)])
    return Explanation(
        variant=ours.variant.name,
        baseline=theirs.variant.name,
        metric=metric,
        fidelity=ours.variant.fidelity,
        profile=ours.variant.profile,
        placement=ours.variant.placement.text,
        work="at the same time" if ours.apart else "one after another",
        baseline_ns=baseline_ns,
        protected_ns=protected_ns,
        parts=parts,
        same=same,
        predicted_ns=math.fsum([baseline_ns, *known]) if whole else None,
        residual_ns=residual_ns,
        residual_share=residual_ns / protected_ns if protected_ns else 0.0,
        threads=sums,
        slowest=slowest,
        why=_why(ours, sums, slowest),
    )


def _metrics_of(result: Result) -> list[Metric]:
    """Those that tell the time of an operation: rates first, since unit costs are means as they are."""
    metrics = result.experiment.metrics
    rates = [metric for metric in metrics if metric.unit == RATE]
    return rates + [metric for metric in metrics if metric.unit in _NS][:1]


def _figures(metrics: list[Metric], ours: list[Sample], theirs: list[Sample]) -> tuple[Figure, Figure] | None:
    """Of the first metric that both sides have."""
    for metric in metrics:
        pair = _median_ns(metric, ours), _median_ns(metric, theirs)
        if pair[0] is not None and pair[1] is not None:
            return Figure(metric.name, pair[0]), Figure(metric.name, pair[1])
    return None


def _explain_one(
    result: Result,
    variants: tuple[Variant, Variant | None],
    samples: Mapping[str, list[Sample]],
    metrics: list[Metric],
    knowledge: tuple[Limits, Mapping[str, Profile]],
) -> Explanation | str:
    """The explanation, or why there is none."""
    variant, base = variants
    limits, profiles = knowledge
    if base is None:
        return f"its baseline '{variant.baseline}' is not in the result"
    for one in (variant, base):
        if not samples.get(one.name):
            return f"'{one.name}' has no samples"
    figures = _figures(metrics, samples[variant.name], samples[base.name])
    if figures is None:
        return "no metric tells the time of an operation on both sides"
    aead = result.machine.get("aead")
    sides = []
    for one, figure in zip((variant, base), figures, strict=True):
        try:
            side = make_side(
                one, samples[one.name], figure, profiles, aead if isinstance(aead, str) else None
            )
        except WorldgateError as error:
            return f"'{one.name}': {error}"
        if not side.counts:
            return f"the ledger of '{one.name}' counts no operations"
        sides.append(side)
    return explain_side(sides[0], sides[1], figures[0].metric, limits)


def explain(result: Result, limits: Limits, profiles: Mapping[str, Profile]) -> Explanations:
    """Every variant that has a baseline."""
    metrics = _metrics_of(result)
    samples: dict[str, list[Sample]] = {}
    for sample in result.samples:
        samples.setdefault(sample.variant, []).append(sample)
    variants = {variant.name: variant for variant in result.experiment.variants}
    explained, left_out = [], []
    for variant in result.experiment.variants:
        if variant.baseline is None:
            continue
        both = (variant, variants.get(variant.baseline))
        found = _explain_one(result, both, samples, metrics, (limits, profiles))
        if isinstance(found, Explanation):
            explained.append(found)
        else:
            left_out.append(Unexplained(variant=variant.name, reason=found))
    return Explanations(schema=SCHEMA, limits=limits.measured, explained=explained, left_out=left_out)
