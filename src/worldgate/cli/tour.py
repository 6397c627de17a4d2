# SPDX-License-Identifier: Apache-2.0
"""See the main job done on this machine, in about two minutes.

What makes figures of this machine doubtful; a TA answering in every world that can be used here; the unit
costs of this machine; crossings into these worlds against the normal world; where their cost comes from; and
a report. The result and the report, one HTML file that works offline, are written to tour-TIMESTAMP.json and
.html. No root is needed. Ctrl-C keeps what was measured.

examples:
  worldgate tour
  worldgate tour --quick --output reports
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from worldgate.cli._live import Screen

if TYPE_CHECKING:
    from worldgate.api import Result
    from worldgate.core import Session
    from worldgate.experiment.engine import Progress
    from worldgate.machine.costs import Limits
    from worldgate.report.tables import Cell

QUESTION = b"Who is there?"
LOOP_COUNT = 2000
LOOP_MOST_NS = 200_000_000
WARM_UP_COUNT = 100
INTERRUPTED = 130
EXPLAINED = 2  # waterfalls that are printed; the report has all


class Seen(NamedTuple):
    """What the tour saw in one world."""

    fidelity: str
    crossing_ns: float
    crossings: int
    profile_ns: float | None
    memory: str | None


class Visits(NamedTuple):
    """Worlds with an answer, and those without, with the reason."""

    answered: list[str]
    skipped: dict[str, str]
    failed: dict[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="where to write (default: the current folder)",
    )
    parser.add_argument("--quick", action="store_true", help="one size and three rounds: half a minute")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    path = _new_file(args.output)
    with Screen() as screen:
        _doctor(screen)
        visits = _worlds(screen)
        limits = _limits(screen)
        result = _crossing(screen, visits.answered, path, args.quick)
        _explanation(screen, result, limits)
        _report(screen, result, limits)
    if result.state != "complete":
        print(f"worldgate: interrupted; go on with: worldgate run --resume {path}", file=sys.stderr)
        return INTERRUPTED
    if visits.failed:
        print(f"worldgate tour: {len(visits.failed)} worlds failed, see above", file=sys.stderr)
    return 1 if visits.failed else 0


def _new_file(folder: Path) -> Path:
    """The result file; that it can be written is known before anything is measured."""
    import os
    import time

    from worldgate.errors import WorldgateError

    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WorldgateError(f"{folder}: this user may not write there; give another folder with --output")
    return folder / f"tour-{time.strftime('%Y%m%d-%H%M%S')}.json"


def _doctor(screen: Screen) -> None:
    from worldgate.api import doctor
    from worldgate.errors import one_line

    screen.head("what makes figures of this machine doubtful")
    warnings = [finding for finding in doctor() if finding.state == "warning"]
    for finding in warnings:
        screen.line(f"  {finding.name}: {one_line(finding.found)}; {finding.meaning}")
        if finding.advice:
            screen.line(f"    -> {one_line(finding.advice)}")
    screen.line("  'worldgate doctor' tells all that it found" if warnings else "  nothing")


def _worlds(screen: Screen) -> Visits:
    """A TA answering in each."""
    from worldgate.errors import Unavailable, WorldgateError, one_line
    from worldgate.worlds.listing import world_names

    screen.head("the worlds of this machine, and a TA answering in each")
    visits = Visits([], {}, {})
    heads = f"{'world':38} {'fidelity':12} {'crossing us':>12} {'profile us':>11}  {'memory':10} answer"
    screen.line(f"  {heads}")
    for name in world_names():
        try:
            screen.line(f"  {_world_line(name, visit(name))}")
            visits.answered.append(name)
        except Unavailable as error:
            visits.skipped[name] = error.reason
        except WorldgateError as error:
            visits.failed[name] = str(error)
    for title, reasons in (("skipped", visits.skipped), ("failed", visits.failed)):
        for name, reason in reasons.items():
            screen.line(f"  {title}: {name}: {one_line(reason.removeprefix(f'{name}: '))}")
    return visits


def _world_line(name: str, seen: Seen) -> str:
    profile = "-" if seen.profile_ns is None else f"{seen.profile_ns / 1e3:.2f}"
    return (
        f"{name:38} {seen.fidelity:12} {seen.crossing_ns / 1e3:12.2f} {profile:>11}  {seen.memory or '-':10} "
        f"yes, {seen.crossings} crossings"
    )


def visit(name: str) -> Seen:
    """Opens the TA in that world, has it answer, and times the way to it."""
    from worldgate.core import CROSSING_TA, Gate, own_ledger
    from worldgate.errors import Unavailable

    with Gate(name) as gate, gate.open(CROSSING_TA) as session:
        before = own_ledger()["crossings"]
        ask(name, session)
        median_ns = session.time_calls(LOOP_COUNT, WARM_UP_COUNT, LOOP_MOST_NS).p50_ns
        crossings = own_ledger()["crossings"] - before
        profile = gate.world.profile
        memory = None
        # A world of hardware does not tell.
        with contextlib.suppress(Unavailable):
            memory = session.world_info().memory
        fidelity = gate.world.fidelity
    return Seen(fidelity, median_ns, crossings, profile.transition_ns.value if profile else None, memory)


def ask(name: str, session: Session) -> None:
    """One question that the TA hands back."""
    from worldgate.core import CROSSING_CALL, CROSSING_ECHO, Memory, Value
    from worldgate.errors import WorldgateError

    text = bytearray(QUESTION)
    operation = Value(CROSSING_ECHO, len(text), "inout")
    session.invoke(CROSSING_CALL, operation, Memory(text, "inout"))
    if (operation.a, operation.b, bytes(text)) != (0, len(QUESTION), QUESTION):
        raise WorldgateError(f"{name}: the TA answered {bytes(text)!r} to {QUESTION!r}; please report it")


def _limits(screen: Screen) -> Limits:
    """Measured now, since what is kept may be of another hour. It is kept only where there is nothing yet."""
    from worldgate.machine.limits import cached, keep, measure

    screen.head("what single things cost on this machine")
    found = measure(quick=True, progress=screen.bar)
    screen.clear()
    if cached() is None:
        keep(found)
    screen.line(
        f"  {len(found.costs)} unit costs, measured quickly; 'worldgate limits' measures and shows them"
    )
    for what, reason in found.absent.items():
        screen.line(f"  not measured: {what}: {reason}")
    return found


def _crossing(screen: Screen, worlds: list[str], path: Path, quick: bool) -> Result:
    from worldgate import api
    from worldgate.cli._experiment import describe
    from worldgate.experiment.tour import tour_experiment

    experiment = tour_experiment(worlds, quick)
    rounds = experiment.design.looks[-1] + experiment.design.warm_up
    screen.head("crossings into these worlds, against the normal world")
    screen.line(f"  {len(experiment.variants)} variants, each once a round, {rounds} rounds with the warm-up")
    done = 0

    def watch(progress: Progress) -> None:
        nonlocal done
        screen.bar(done, rounds * len(experiment.variants), describe(progress))
        done += 1

    result = api.run(experiment, output=path, progress=watch)
    screen.clear()
    for line in _ratios(result):
        screen.line(f"  {line}")
    for one in result.skipped():
        screen.line(f"  skipped: {one['variant']}: {one['reason']}")
    screen.line(f"  result: {path}")
    return result


def _ratios(result: Result) -> list[str]:
    """The round trips of the protected worlds."""
    from worldgate.report.quantity import number, quantity, ratio_text
    from worldgate.report.text import table

    medians = {
        row["variant"]: row["median"] for row in result.summaries() if row["metric"] == "round_trip_ns"
    }

    def told(value: Cell, unit: str) -> str:
        return quantity(value, unit) if isinstance(value, int | float) else "-"

    rows = []
    for row in result.comparisons():
        ratio, low, high = row["ratio"], row["low"], row["high"]
        if row["metric"] != "round_trip_ns" or row["fidelity"] == "none":
            continue
        interval = "-"
        if isinstance(low, int | float) and isinstance(high, int | float):
            interval = f"{number(low)} to {number(high)}"
        rows.append(
            (
                str(row["variant"]),
                str(row["fidelity"]),
                told(medians.get(row["variant"]), "ns"),
                ratio_text(ratio) if isinstance(ratio, int | float) else "-",
                interval,
                str(row["verdict"]),
            )
        )
    if not rows:
        return ["nothing was compared: no world but the normal one was measured"]
    return table(("variant", "fidelity", "round trip", "to normal", "interval", "verdict"), rows, left=2)


def _explanation(screen: Screen, result: Result, limits: Limits) -> None:
    from worldgate.api import explain
    from worldgate.errors import WorldgateError
    from worldgate.report.waterfall_text import render_one

    screen.head("where the cost of a call comes from")
    try:
        found = explain(result, limits)
    except WorldgateError as error:
        screen.line(f"  {error}")
        return
    calls = [one for one in found.explained if one.fidelity != "none" and " call 0 B" in one.variant]
    # One of each fidelity.
    chosen = {one.fidelity: one for one in reversed(calls)}
    for one in list(chosen.values())[::-1][:EXPLAINED]:
        for line in ["", *render_one(one)]:
            screen.line(f"  {line}".rstrip())
    if not chosen:
        screen.line("  nothing was measured that could be explained")


def _report(screen: Screen, result: Result, limits: Limits) -> None:
    from worldgate.api import report_html

    assert result.path is not None
    page = result.path.with_suffix(".html")
    screen.head("report")
    report_html(result, path=page, limits=limits)
    screen.line(f"  {page}: open it in a browser")
    screen.line(f"  {result.path}: 'worldgate report' and 'worldgate explain' read it")
