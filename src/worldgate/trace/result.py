# SPDX-License-Identifier: Apache-2.0
"""A result of traces, so that `worldgate explain` and `worldgate report` work on them. Each process is a
variant; its baseline is its own time between the commands, so that the difference is what they took."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata

from worldgate.experiment.result import (
    SCHEMA,
    Design,
    Distribution,
    Experiment,
    Fidelity,
    Metric,
    Placement,
    Result,
    Sample,
    Scalar,
    Series,
    Stage,
    Summary,
    ThreadLedger,
    Variant,
    Warning,
)
from worldgate.trace.copies import is_gate
from worldgate.trace.figures import BUCKETS, Command, Figures
from worldgate.trace.format import CLOCKS, describe

PATH = "trace"
METRICS = [
    Metric(
        name="operation_ns",
        unit="ns",
        better="lower",
        text="mean time of one command and what the client does around it",
    ),
    Metric(
        name="round_trip_ns", unit="ns", better="lower", text="median time of one command, there and back"
    ),
    Metric(name="p99_ns", unit="ns", better="lower", text="the same, 99th percentile"),
    Metric(name="crossings", unit="", better="neither", text="calls that reached the world"),
    Metric(
        name="inside_share",
        unit="",
        better="neither",
        text="share of the time from first to last that commands took",
    ),
    Metric(name="passed_bytes", unit="B", better="neither", text="bytes of memory passed in both directions"),
    Metric(name="copied_bytes", unit="B", better="lower", text="bytes copied because memory was not shared"),
    Metric(name="copied_share", unit="", better="lower", text="bytes copied of those that were passed"),
    Metric(name="dropped", unit="", better="lower", text="calls that the trace had no room for"),
]
_NOT_PINNED = Placement(text="not pinned")
_LATEST_NS = 32503680000 * 10**9  # the year 3000


def make_result(
    traces: Sequence[Figures], machine: dict[str, Scalar], warnings: Sequence[Warning] = ()
) -> Result:
    """One result of the traces of one program's processes. machine: that which it ran on."""
    variants: list[Variant] = []
    samples: list[Sample] = []
    metrics = list(METRICS)
    for trace in traces:
        name = f"{_program(trace)} {trace.header.process}"
        while name in {variant.name for variant in variants}:
            name += "'"
        base = f"{name} between commands"
        metrics += [
            one for one in _command_metrics(trace) if one.name not in {known.name for known in metrics}
        ]
        variants += [_variant(trace, name, base), _base_variant(base)]
        samples += [_sample(trace, name), _base_sample(trace, base)]
    first = traces[0]
    return Result(
        schema=SCHEMA,
        worldgate=metadata.version("worldgate"),
        state="complete",
        started=_utc(min(trace.header.started_unix_ns for trace in traces)),
        finished=None,
        machine={**machine, **_facts(first)},
        warnings=list(warnings),
        experiment=Experiment(
            name=PATH,
            path=PATH,
            title=f"trace of {describe(first.header)}",
            metrics=metrics,
            variants=variants,
            design=Design(seed=0),
        ),
        samples=samples,
        summaries=[
            Summary(
                variant=sample.variant, metric=metric, count=1, median=value, mean=value, low=None, high=None,
                deviation=None,
            )
            for sample in samples
            for metric, value in sample.metrics.items()
            if value is not None
        ],
    )  # fmt: skip


def _utc(unix_ns: int) -> str:
    return datetime.fromtimestamp(min(unix_ns, _LATEST_NS) / 1e9, UTC).isoformat(timespec="milliseconds")


def _program(trace: Figures) -> str:
    words = trace.header.command
    return (words[0].rsplit("/", 1)[-1] if words else "")[:60] or "program"


def world_of(trace: Figures) -> tuple[str, Fidelity, str | None]:
    """The name of the world as Worldgate has it, its fidelity, and the profile."""
    text = trace.header.world or "compartment"
    kind = text.partition(":")[0]
    if not is_gate(trace.header) or kind == "optee":
        return "optee", "hardware", None
    if kind == "emulated":
        found = re.search(r"[:,]profile=([\w.-]{1,64})", text)
        profile = found[1] if found else "unnamed"
        return f"emulated:{profile}", "emulated", profile
    return ("normal", "none", None) if kind == "normal" else ("compartment", "compartment", None)


def _facts(trace: Figures) -> dict[str, Scalar]:
    """What the trace itself tells of where it was written."""
    return {
        "trace.library": trace.header.library or None,
        "trace.context": trace.header.world or None,
        "trace.clock": CLOCKS[trace.header.clock],
        "trace.ns_per_tick": trace.ns_per_tick,
        "trace.copies": trace.rule.text,
    }


def _variant(trace: Figures, name: str, base: str) -> Variant:
    world, fidelity, profile = world_of(trace)
    size = trace.passed.both // trace.operations if trace.operations else 0
    return Variant(
        name=name,
        path=PATH,
        world=world,
        fidelity=fidelity,
        placement=_placement(trace),
        options={
            "mode": "call",
            "size": size,
            "threads": len(trace.threads),
            "process": trace.header.process,
            "copies": trace.rule.name,
        },
        profile=profile,
        baseline=base,
    )


def _placement(trace: Figures) -> Placement:
    """Where client and world ran. A world of ours inherits the processors of its client."""
    client = trace.header.cpu
    if client is None or not is_gate(trace.header):
        return _NOT_PINNED
    found = re.search(r"[:,]cpu=(\d{1,5})(?:,|$)", trace.header.world)
    world = int(found[1]) if found else client
    return Placement(text="one core" if world == client else "two cores", client=client, world=world)


def _base_variant(name: str) -> Variant:
    return Variant(
        name=name,
        path=PATH,
        world="normal",
        fidelity="none",
        placement=_NOT_PINNED,
        options={"mode": "call"},
        role="calibration",
    )


def _per_operation(trace: Figures, ns: float | None) -> float | None:
    return None if ns is None or not trace.operations else ns / trace.operations


def _metrics(trace: Figures) -> dict[str, float | None]:
    span, inside = trace.span_ns, trace.command_ns
    found: dict[str, float | None] = {
        "operation_ns": _per_operation(trace, span),
        "round_trip_ns": trace.times.quantile(0.5),
        "p99_ns": trace.times.quantile(0.99),
        "crossings": float(trace.crossings),
        "inside_share": inside / span if inside is not None and span else None,
        "passed_bytes": float(trace.passed.both),
        "copied_bytes": float(trace.copied.both) if trace.rule.copied else None,
        "copied_share": trace.copied_share,
        "dropped": float(trace.dropped),
    }
    for name, command in trace.commands.items():
        for suffix, value in _of_command(command).items():
            found[f"{name} {suffix}"] = value
    return found


def _of_command(command: Command) -> dict[str, float | None]:
    return {
        "calls": float(command.calls),
        "p50": command.times.quantile(0.5),
        "p99": command.times.quantile(0.99),
    }


def _command_metrics(trace: Figures) -> list[Metric]:
    made = []
    for name in trace.commands:
        made += [
            Metric(name=f"{name} calls", unit="", better="neither", text=f"crossings: {name}"),
            Metric(name=f"{name} p50", unit="ns", better="lower", text=f"median time: {name}"),
            Metric(name=f"{name} p99", unit="ns", better="lower", text=f"99th percentile: {name}"),
        ]
    return made


def _distributions(trace: Figures) -> dict[str, Distribution]:
    every = {"round trip": trace.times, **{name: command.times for name, command in trace.commands.items()}}
    made = {}
    for name, times in every.items():
        values, counts = times.values()
        if values:
            made[name] = Distribution(unit="ns", values=values, counts=counts)
    return made


def _series(trace: Figures) -> dict[str, Series]:
    """Over the run, in equal parts. A part without commands has no time of one."""
    if trace.ns_per_tick is None or not trace.operations or not trace.seconds:
        return {}
    step = trace.seconds / BUCKETS
    commands, inside, passed = trace.buckets
    seconds = [round(step * place, 9) for place in range(BUCKETS)]

    def series(unit: str, values: list[float | None]) -> Series:
        return Series(unit=unit, seconds=seconds, values=values)

    means = [ns / count if count else None for ns, count in zip(inside, commands, strict=True)]
    return {
        "commands per second": series("1/s", [count / step for count in commands]),
        "mean round trip": series("ns", means),
        "bytes passed per second": series("B/s", [count / step for count in passed]),
    }


def _ledger(trace: Figures) -> ThreadLedger:
    """All threads of the client together: an operation is charged with what it took, whichever made it.
    What no one sees from outside the library is not there: other counts, the world's processor time."""
    counts = {"crossings": trace.crossings, "operations": trace.operations}
    if trace.rule.copied:
        counts["share_bytes"] = trace.copied.both
    mean = trace.times.mean_ns
    stages = {} if mean is None else {"crossing": Stage(sampled=trace.times.count, mean_ns=mean)}
    return ThreadLedger(thread="client", counts=counts, stages=stages)


def _sample(trace: Figures, variant: str) -> Sample:
    return Sample(
        variant=variant,
        round=0,
        order=0,
        started=_utc(trace.header.started_unix_ns),
        seconds=trace.seconds,
        metrics=_metrics(trace),
        ledgers=[_ledger(trace)],
        distributions=_distributions(trace),
        series=_series(trace),
    )


def _base_sample(trace: Figures, variant: str) -> Sample:
    """The same run without its commands: the rest of its time."""
    span, inside = trace.span_ns, trace.command_ns
    rest = None if span is None or inside is None else max(0.0, span - inside)
    return Sample(
        variant=variant,
        round=0,
        order=1,
        started=_utc(trace.header.started_unix_ns),
        seconds=trace.seconds,
        metrics={"operation_ns": _per_operation(trace, rest)},
        ledgers=[ThreadLedger(thread="client", counts={"operations": trace.operations})],
    )
