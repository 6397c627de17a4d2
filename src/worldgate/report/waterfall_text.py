# SPDX-License-Identifier: Apache-2.0
"""An explanation as a waterfall: from the baseline through its causes to what was measured. As steps for
whoever draws them, and as text that is at most 80 columns wide."""

from __future__ import annotations

import math
import textwrap
from typing import Literal, NamedTuple

from worldgate.errors import one_line
from worldgate.experiment.charges import CAUSES
from worldgate.experiment.explanation import Explanation, Explanations, Part
from worldgate.report.quantity import number, quantity

COLUMNS = 80
LABEL, VALUE = 27, 11
INNER = "    "
BAR = COLUMNS - LABEL - VALUE - 5


class Step(NamedTuple):
    """One bar, from start to end in ns. ns None: unknown, nothing to draw."""

    label: str
    kind: Literal["total", "part", "unknown", "rest"]
    ns: float | None
    start_ns: float
    end_ns: float


def _grouped(parts: list[Part]) -> dict[tuple[str, str], list[Part]]:
    order = {cause: place for place, cause in enumerate(CAUSES)}
    groups: dict[tuple[str, str], list[Part]] = {}
    for part in sorted(parts, key=lambda part: (order[part.cause], part.thread)):
        groups.setdefault((part.cause, part.thread), []).append(part)
    return groups


def steps(found: Explanation) -> list[Step]:
    """Baseline, causes by thread, predicted, what is unexplained, measured."""
    at = found.baseline_ns
    drawn = [Step("baseline", "total", at, 0.0, at)]
    for (cause, thread), parts in _grouped(found.parts).items():
        label = f"{cause}, {thread}"
        known = [part.ns for part in parts if part.ns is not None]
        if known:
            step = math.fsum(known)
            drawn.append(Step(label, "part", step, at, at + step))
            at += step
        if len(known) < len(parts):
            drawn.append(Step(label, "unknown", None, at, at))
    if found.predicted_ns is not None:
        drawn.append(Step("predicted", "total", found.predicted_ns, 0.0, found.predicted_ns))
    drawn.append(Step("unexplained", "rest", found.residual_ns, at, at + found.residual_ns))
    drawn.append(Step("measured", "total", found.protected_ns, 0.0, found.protected_ns))
    return drawn


def _signed(ns: float) -> str:
    return ("+" if ns > 0 else "") + quantity(ns, "ns")


def _bar(step: Step, low: float, high: float) -> str:
    if step.ns is None:
        return "?"
    width = high - low
    start, end = sorted((step.start_ns, step.end_ns))
    first = math.floor((start - low) / width * BAR) if width > 0 else 0
    last = math.ceil((end - low) / width * BAR) if width > 0 else 0
    first = min(max(first, 0), BAR - 1)
    last = min(max(last, first + (step.ns != 0)), BAR)
    mark = "#" if step.kind == "total" else "+" if step.ns > 0 else "-"
    return " " * first + mark * (last - first)


def _bars(drawn: list[Step]) -> list[str]:
    ends = [end for step in drawn for end in (step.start_ns, step.end_ns)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    lines = []
    for step in drawn:
        value = "unknown" if step.ns is None else quantity(step.ns, "ns")
        if step.kind in ("part", "rest") and step.ns is not None:
            value = _signed(step.ns)
        lines.append(f"  {step.label:{LABEL}.{LABEL}}{value:>{VALUE}} |{_bar(step, low, high)}".rstrip())
    return lines


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(one_line(text), COLUMNS, initial_indent=indent, subsequent_indent=indent + "  ")


def _part_lines(part: Part) -> list[str]:
    count = f"{number(abs(part.count))} {'more' if part.count > 0 else 'fewer'}"
    name = f"{part.item}, {part.thread}: {count}"
    if part.ns is None:
        return _wrapped(f"{name}, each unknown: {part.source}", INNER)
    each = quantity(part.unit_ns, "ns")
    return _wrapped(f"{name}, each {each}, {_signed(part.ns)} ({part.source})", INNER)


def _thread_lines(found: Explanation) -> list[str]:
    lines = []
    for one in found.threads:
        told = quantity(one.sum_ns, "ns") if one.sum_ns is not None else "unknown"
        causes = ", ".join(
            f"{cause} {quantity(ns, 'ns')}"
            for cause, ns in sorted(one.causes.items(), key=lambda pair: -pair[1])
            if ns
        )
        measured = [
            f"{word} {quantity(ns, 'ns')}"
            for word, ns in (("cpu", one.cpu_ns), ("waited", one.waited_ns), ("polled", one.polled_ns))
            if ns is not None
        ]
        seen = f"; measured: {', '.join(measured)}" if measured else ""
        lines += _wrapped(f"{one.thread} {told}" + (f" = {causes}" if causes else "") + seen, INNER)
    return [*lines, *_wrapped(found.why, INNER)]


def render_one(found: Explanation) -> list[str]:
    """The lines of one explanation."""
    fidelity = "no protection" if found.fidelity == "none" else f"fidelity {found.fidelity}"
    profile = f", profile {found.profile}" if found.profile else ""
    head = f"{found.placement}, {fidelity}{profile}, one operation, by {found.metric}"
    lines = _wrapped(f"{found.variant} against {found.baseline}", "") + _wrapped(head)
    lines += ["", *_bars(steps(found)), ""]
    share = number(abs(found.residual_share) * 100, 2)
    if found.predicted_ns is None:
        lines += _wrapped(
            f"Not predicted, since a cost is unknown; {share} % of the figure is left without a cause."
        )
    else:
        lines += _wrapped(f"Unexplained: {_signed(found.residual_ns)}, {share} % of what was measured.")
    if found.parts:
        lines += ["", "  counts x unit costs:"]
        lines += [line for part in found.parts for line in _part_lines(part)]
    if found.same:
        lines += _wrapped(f"the same on both sides: {'; '.join(found.same)}", "  ")
    return [*lines, "", "  by thread:", *_thread_lines(found)]


def render(found: Explanations) -> str:
    """Everything, ended by a line break."""
    blocks = ["\n".join(render_one(one)) for one in found.explained]
    if found.left_out:
        left = [line for one in found.left_out for line in _wrapped(f"{one.variant}: {one.reason}")]
        blocks.append("\n".join(["not explained:", *left]))
    if not blocks:
        blocks.append("Nothing in this result has a baseline.")
    return "\n\n".join(blocks) + "\n"
