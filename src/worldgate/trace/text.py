# SPDX-License-Identifier: Apache-2.0
"""One trace as text: what crossed, how long it took, what memory was passed and what of it was copied."""

from __future__ import annotations

from worldgate.errors import one_line
from worldgate.report.quantity import UNKNOWN, number, quantity
from worldgate.report.text import table
from worldgate.trace.copies import SHADOW
from worldgate.trace.figures import Command, Figures
from worldgate.trace.format import FUNCTIONS, describe
from worldgate.trace.result import world_of

_SHOWN = 20


def render(trace: Figures) -> str:
    """The whole report, ended by a line break."""
    header = trace.header
    world, fidelity, _ = world_of(trace)
    lines = [
        f"trace of {describe(header)}",
        one_line(
            f"process {header.process}, {number(trace.seconds)} s and {_cpu(trace)} of processor time, "
            f"{header.library or 'no library answered'}, world {world} (fidelity {fidelity})"
        ),
        "",
        _calls(trace),
        _time(trace),
    ]
    sections = [
        ("crossings", _commands(trace)),
        ("memory passed", _memory(trace)),
        ("to be known", _notes(trace)),
    ]
    for title, body in sections:
        if body:
            lines += ["", f"{title}:", *(f"  {line}" for line in body)]
    return "\n".join(lines) + "\n"


def _cpu(trace: Figures) -> str:
    ns = trace.header.last.cpu_ns - trace.header.start.cpu_ns
    return quantity(float(ns), "ns") if ns >= 0 else UNKNOWN


def _calls(trace: Figures) -> str:
    counted = [f"{count:,} {FUNCTIONS[function]}" for function, count in sorted(trace.functions.items())]
    refused = f", {trace.refused:,} refused before they crossed" if trace.refused else ""
    return f"{trace.crossings:,} crossings{refused}; calls: {', '.join(counted) or 'none'}"


def _time(trace: Figures) -> str:
    inside, span, commands = trace.inside_ns, trace.span_ns, trace.command_ns
    if inside is None or span is None or commands is None:
        return "times are unknown: the trace ends before its clock could be compared with another"
    threads = f" of {len(trace.threads)} threads" if len(trace.threads) > 1 else ""
    share = f", {number(100 * commands / span)} % of the time from first to last{threads}" if span else ""
    middle = quantity(trace.times.quantile(0.5), "ns")
    return (
        f"{quantity(inside, 'ns')} in crossings, {quantity(commands, 'ns')} of it in commands{share}; "
        f"a command takes {middle} at the median"
    )


def _commands(trace: Figures) -> list[str]:
    copies = trace.rule.copied is not None

    def weight(item: tuple[str, Command]) -> tuple[float, int]:
        return -item[1].times.sum_ns, -item[1].calls

    timed = trace.ns_per_tick is not None
    rows = [
        (
            name,
            f"{one.calls:,}",
            f"{one.failed:,}",
            quantity(one.times.quantile(0.5), "ns"),
            quantity(one.times.quantile(0.99), "ns"),
            quantity(one.times.sum_ns, "ns") if timed else UNKNOWN,
            quantity(one.passed.into, "B"),
            quantity(one.passed.out, "B"),
            quantity(one.copied.both, "B") if copies else UNKNOWN,
        )
        for name, one in sorted(trace.commands.items(), key=weight)[:_SHOWN]
    ]
    heads = ("TA and command", "calls", "failed", "median", "p99", "in all", "in", "out", "copied")
    more = len(trace.commands) - _SHOWN
    return [*table(heads, rows, left=1), *([f"and {more} more"] if more > 0 else [])] if rows else []


def _memory(trace: Figures) -> list[str]:
    rows = [
        (kind, quantity(count.into, "B"), quantity(count.out, "B"))
        for kind, count in trace.memory.items()
        if count.both
    ]
    if not rows:
        return []
    lines = table(("kind", "in", "out"), rows, left=1)
    if trace.rule.copied is None:
        return [*lines, f"copied: {trace.rule.text}"]
    share = trace.copied_share
    part = f" ({number(100 * share)} % of it)" if share is not None else ""
    return [*lines, f"copied: {quantity(trace.copied.both, 'B')}{part}, {trace.rule.text}"]


def _notes(trace: Figures) -> list[str]:
    notes = []
    if trace.dropped:
        found = trace.header.dropped.items()
        which = ", ".join(f"{count:,} {FUNCTIONS[function]}" for function, count in found)
        bound = quantity(trace.header.most_bytes, "B")
        notes.append(
            f"{trace.dropped:,} calls found no room in a trace of at most {bound} and are in no other figure "
            f"({which}); give more with WORLDGATE_TRACE_BYTES"
        )
    if not trace.header.ended:
        notes.append(
            "the program did not leave through exit: it was killed, called _exit or exec, or still runs"
        )
    if trace.cut_bytes:
        notes.append(f"the file ends within a record: its last {trace.cut_bytes} bytes were passed over")
    if trace.unsure:
        notes.append(
            f"{trace.unsure:,} parameters are of memory that was not seen to be shared, or of 4 GiB or more"
        )
    if trace.rule is SHADOW:
        notes.append("that library copies temporary memory into the world even where it only comes out")
    return notes
