# SPDX-License-Identifier: Apache-2.0
"""Published figures beside measured ones. A named experiment is an experiment file with statements of what
was published; each is held against the samples of a result, or it is said why it cannot be.

    found = judge(find(name), result)

The measured side is an interval. All of it within what was published: it agrees; all of it outside: it
disagrees; else the samples cannot tell.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from worldgate.errors import WorldgateError, one_line
from worldgate.experiment import statistics
from worldgate.experiment.comparison import Pair, Samples
from worldgate.experiment.plan import File, builtin_folder, from_file, parse_file, read_file
from worldgate.experiment.result import Experiment, Fidelity, Metric, Result, Variant

SCHEMA = "worldgate.reproduction/1"
Outcome = Literal["agrees", "agrees by construction", "disagrees", "not judged"]


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was published of one metric of a variant, or of its ratio to another one."""

    text: str
    source: str
    fidelity: Fidelity  # of what was published
    variant: str
    metric: str
    against: str | None = None  # the statement is about the ratio to this variant
    value: float | None = None  # with the tolerance, a share of it
    tolerance: float | None = None
    at_least: float | None = None  # or bounds; one alone is an order
    at_most: float | None = None
    although: str = ""  # why a figure of another fidelity may be held against it; empty: it may not
    built_in: str = ""  # what of it went into the profile, so that agreement comes by construction
    why_different: str = ""  # why a difference is to be expected

    def bounds(self) -> tuple[float, float]:
        """What agrees lies between them."""
        if self.value is not None and self.tolerance is not None:
            return self.value * (1 - self.tolerance), self.value * (1 + self.tolerance)
        low, high = self.at_least, self.at_most
        return -math.inf if low is None else low, math.inf if high is None else high


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement and what was measured of it. None: nothing."""

    statement: Statement
    unit: str  # empty: a ratio
    outcome: Outcome
    reason: str
    fidelity: Fidelity | None  # of the measured figure
    measured: float | None = None
    low: float | None = None
    high: float | None = None


class Reproduction(msgspec.Struct, frozen=True, kw_only=True):
    """Published against measured."""

    schema: str
    name: str
    title: str
    judgements: list[Judgement]
    doubts: list[str]  # what the doctor warned of, so that a figure may be this machine's state of the moment


class Named(NamedTuple):
    """An experiment with what was published about it."""

    file: File
    source: str  # the file's path, for messages
    statements: list[Statement]


class _Measured(NamedTuple):
    """A figure with its interval."""

    value: float
    low: float
    high: float


def names() -> list[str]:
    """The experiments that come with the package."""
    return sorted(path.stem for path in builtin_folder().glob("*.toml"))


def find(name: str) -> Named:
    """The experiment of that name, or in a file whose path ends in .toml."""
    if name.endswith(".toml"):
        return _named(read_file(Path(name)), name)
    known = names()
    if name not in known:
        from difflib import get_close_matches

        close = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean '{close[0]}'?" if close else "'worldgate reproduce' lists them"
        raise WorldgateError(f"no experiment is called '{one_line(name)[:60]}'; {hint}")
    path = builtin_folder() / f"{name}.toml"
    return _named(parse_file(path.read_bytes(), str(path)), str(path))


def _wrong(source: str, key: str, problem: str) -> WorldgateError:
    return WorldgateError(f"{one_line(source)}: {key}: {one_line(problem)}; see 'worldgate reproduce --help'")


def _named(file: File, source: str) -> Named:
    if not file.published:
        raise WorldgateError(
            f"{one_line(source)}: published: there is nothing to hold the figures against; "
            "add [[published]], or use 'worldgate run'"
        )
    statements = [
        _statement(table, source, f"published[{number}]") for number, table in enumerate(file.published)
    ]
    _check_names(from_file(file, source), statements, source)
    return Named(file, source, statements)


def _statement(table: dict[str, Any], source: str, key: str) -> Statement:
    try:
        found = msgspec.convert(table, Statement)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at `")
        for old, new in (
            ("Object contains unknown field", "unknown key, remove it:"),
            ("Object missing required field", "missing key, add it:"),
        ):
            problem = problem.replace(old, new)
        raise _wrong(source, key + where.rstrip("`").removeprefix("$"), problem) from None
    for name in ("text", "source", "although", "built_in", "why_different"):
        text = getattr(found, name)
        if not text.isprintable() or (name in ("text", "source") and not text.strip()):
            raise _wrong(source, f"{key}.{name}", "write one plain line")
    _check_figures(found, source, key)
    return found


def _check_figures(found: Statement, source: str, key: str) -> None:
    figures = {name: getattr(found, name) for name in ("value", "tolerance", "at_least", "at_most")}
    for name, figure in figures.items():
        if figure is not None and not (math.isfinite(figure) and figure > 0):
            raise _wrong(source, f"{key}.{name}", f"{figure:g} is no figure: write a number above 0")
    bounded = found.at_least is not None or found.at_most is not None
    if (found.value is None) != (found.tolerance is None) or (found.value is not None) == bounded:
        raise _wrong(source, key, "give either value and tolerance, or at_least, at_most or both")
    if found.tolerance is not None and found.tolerance >= 1:
        raise _wrong(source, f"{key}.tolerance", f"{found.tolerance:g}: write a share of the value below 1")
    low, high = found.bounds()
    if low > high:
        raise _wrong(source, f"{key}.at_least", f"{low:g} is more than at_most, {high:g}: exchange them")


def _check_names(experiment: Experiment, statements: list[Statement], source: str) -> None:
    variants = [variant.name for variant in experiment.variants]
    metrics = [metric.name for metric in experiment.metrics]
    for number, found in enumerate(statements):
        for key, name, known in (
            ("variant", found.variant, variants),
            ("against", found.against, variants),
            ("metric", found.metric, metrics),
        ):
            if name is not None and name not in known:
                from difflib import get_close_matches

                close = get_close_matches(name, known, n=1, cutoff=0.0)[0]
                text = f"there is no '{name[:60]}' in this experiment; is '{close}' meant?"
                raise _wrong(source, f"published[{number}].{key}", text)
        if found.against == found.variant:
            raise _wrong(source, f"published[{number}].against", "is the variant itself: name another one")


def judge(named: Named, result: Result) -> Reproduction:
    """Holds every statement against the result of that experiment."""
    if result.experiment.name != named.file.name:
        raise WorldgateError(
            f"the result is of experiment '{one_line(result.experiment.name)[:60]}', "
            f"not of '{named.file.name}'"
        )
    return Reproduction(
        schema=SCHEMA,
        name=named.file.name,
        title=named.file.title,
        judgements=[_judge(statement, result) for statement in named.statements],
        doubts=[one.name for one in result.warnings],
    )


def _judge(statement: Statement, result: Result) -> Judgement:
    variants = {variant.name: variant for variant in result.experiment.variants}
    metric = next((one for one in result.experiment.metrics if one.name == statement.metric), None)
    sides = [variants.get(name) for name in (statement.variant, statement.against) if name is not None]
    known = [side for side in sides if side is not None]
    if metric is None or len(known) < len(sides):
        return _not_judged(statement, "", None, "not measured: this result has other variants or metrics")
    unit = "" if statement.against else metric.unit
    fidelity = _fidelity(known)
    skipped = {one.variant: one.reason for one in result.skipped}
    for side in known:
        if side.name in skipped:
            return _not_judged(statement, unit, fidelity, f"skipped: {side.name}: {skipped[side.name]}")
    measured = _measure(statement, metric, known, result)
    if measured is None:
        return _not_judged(
            statement, unit, fidelity, "not measured: too few rounds have a figure for an interval"
        )
    outcome, reason = _outcome(statement, fidelity, measured)
    return Judgement(
        statement=statement,
        unit=unit,
        outcome=outcome,
        reason=reason,
        fidelity=fidelity,
        measured=measured.value,
        low=measured.low,
        high=measured.high,
    )


def _not_judged(statement: Statement, unit: str, fidelity: Fidelity | None, reason: str) -> Judgement:
    return Judgement(statement=statement, unit=unit, outcome="not judged", reason=reason, fidelity=fidelity)


def _fidelity(sides: list[Variant]) -> Fidelity | None:
    """That of the protected side; None: there are two, and a figure of both is neither's."""
    kinds = {side.fidelity for side in sides if side.fidelity != "none"}
    if len(kinds) > 1:
        return None
    return kinds.pop() if kinds else "none"


def _measure(statement: Statement, metric: Metric, sides: list[Variant], result: Result) -> _Measured | None:
    """A ratio by pairs of a round, a figure by its median; None where there is no interval."""
    design = result.experiment.design
    confidence = statistics.corrected_confidence(design.confidence, max(len(design.looks), 1))
    samples = Samples(result.samples)
    if len(sides) == 2:
        logs = samples.log_ratios(Pair(sides[0], sides[1].name, metric))
        half = float(statistics.t_half_width(logs, confidence)) if len(logs) > 1 else math.inf
        if not math.isfinite(half):
            return None
        mean = float(logs.mean())
        with np.errstate(over="ignore"):
            return _Measured(*(float(np.exp(end)) for end in (mean, mean - half, mean + half)))
    values = samples.values(sides[0].name, metric.name)
    # The looks are about ratios: a median's interval is that of the summaries.
    interval = statistics.median_interval(values, design.confidence)
    return _Measured(float(np.median(values)), interval.low, interval.high) if interval else None


def _outcome(statement: Statement, fidelity: Fidelity | None, measured: _Measured) -> tuple[Outcome, str]:
    if fidelity is None:
        return "not judged", "the figure mixes two fidelities"
    if fidelity != statement.fidelity and not statement.although:
        return (
            "not judged",
            f"the fidelity differs: published of {_told(statement.fidelity)}, measured of {_told(fidelity)}",
        )
    low, high = statement.bounds()
    notes = []
    if fidelity != statement.fidelity:
        notes.append(f"{_told(statement.fidelity)} against {_told(fidelity)}: {statement.although}")
    if statement.built_in:
        notes.append(f"by construction: {statement.built_in}")
    if low <= measured.low and measured.high <= high:
        return "agrees by construction" if statement.built_in else "agrees", "; ".join(notes)
    if measured.high < low or high < measured.low:
        if statement.why_different:
            notes.append(f"to be expected: {statement.why_different}")
        return "disagrees", "; ".join(notes)
    reach = "the interval lies on both sides of a bound: measure more rounds"
    return "not judged", "; ".join(["inconclusive: " + reach, *notes])


def _told(fidelity: Fidelity) -> str:
    return "no protection" if fidelity == "none" else f"fidelity {fidelity}"
