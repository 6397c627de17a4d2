# SPDX-License-Identifier: Apache-2.0
"""Everything that the commands do, from Python. `import worldgate` offers these names; see docs/python.md.

    import worldgate

    result = worldgate.crossing(worlds=["compartment"], sizes=[0, 4096], quick=True)
    for row in result.comparisons():
        print(row["variant"], row["metric"], row["ratio"])

Every error that a user can mend is a worldgate.WorldgateError. What is measured is in a result file at
once, so that an interruption loses nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from worldgate.errors import WorldgateError
from worldgate.experiment import result as files
from worldgate.experiment.plan import QUICK_ROUNDS, GivenDesign

if TYPE_CHECKING:
    from worldgate.experiment.engine import Progress
    from worldgate.experiment.explanation import Explanations
    from worldgate.experiment.reproduce import Reproduction
    from worldgate.machine.costs import Limits
    from worldgate.machine.finding import Finding
    from worldgate.report.bars import Waterfalls
    from worldgate.report.compare import Comparison
    from worldgate.report.tables import Table
    from worldgate.worlds.listing import WorldStatus

    Watcher = Callable[[Progress], None]

File = str | PathLike[str]
Row = dict[str, str | int | float | None]
HTML_ROWS = 200


class Result:
    """A result file in memory. The tables are lists of dictionaries, one for each row; None is unknown."""

    def __init__(self, file: files.Result, path: Path | None = None) -> None:
        self.file = file  # all of it, as the structs of worldgate.experiment.result
        self.path = path  # where it lies

    def __repr__(self) -> str:
        runs, name = len(self.file.samples), self.file.experiment.name
        return f"<worldgate.Result {name}: {self.file.state}, {runs} runs, {self.path or 'not in a file'}>"

    @property
    def state(self) -> str:
        """complete, interrupted or running."""
        return self.file.state

    def findings(self) -> list[str]:
        """What was found, in plain words."""
        from worldgate.report.findings import findings

        return [one.text for one in findings(self.file)]

    def comparisons(self) -> list[Row]:
        """Each variant against its baseline in each metric: the ratio with its interval, and the verdict."""
        from worldgate.report.tables import comparisons

        return _rows(comparisons(self.file))

    def summaries(self) -> list[Row]:
        """The median of each metric of each variant, with its interval."""
        from worldgate.report.tables import summaries

        return _rows(summaries(self.file))

    def samples(self) -> list[Row]:
        """Every run."""
        from worldgate.report.tables import samples

        return _rows(samples(self.file))

    def ledgers(self) -> list[Row]:
        """What each thread counted in each run."""
        from worldgate.report.tables import ledgers

        return _rows(ledgers(self.file))

    def skipped(self) -> list[Row]:
        """The variants that could not run here, and why."""
        return [{"variant": one.variant, "reason": one.reason} for one in self.file.skipped]

    def tables(self) -> dict[str, list[Row]]:
        """All tables that have rows, as `worldgate report --csv` writes them."""
        from worldgate.report.tables import tables

        return {table.name: _rows(table) for table in tables(self.file)}

    def text(self) -> str:
        """The report that the commands print."""
        from worldgate.report.text import render

        return render(self.file)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from worldgate.report.findings import standing
        from worldgate.report.tables import comparisons, summaries

        table = comparisons(self.file) if self.file.comparisons else summaries(self.file)
        skipped = "".join(f"<li>{escape(f'{one.variant}: {one.reason}')}</li>" for one in self.file.skipped)
        return (
            f"<p><b>{escape(self.file.experiment.title)}</b><br>{escape(standing(self.file))}</p>"
            + _table_html(table)
            + (f"<p>skipped:</p><ul>{skipped}</ul>" if skipped else "")
        )


def _rows(table: Table) -> list[Row]:
    heads = [column.title for column in table.columns]
    cells = zip(*(column.cells for column in table.columns), strict=True)
    return [dict(zip(heads, row, strict=True)) for row in cells]


def _table_html(table: Table) -> str:
    from worldgate.report.quantity import number

    def cell(value: str | int | float | None) -> str:
        return escape(value) if isinstance(value, str) else number(value)

    heads = "".join(f"<th>{escape(column.head)}</th>" for column in table.columns)
    rows = list(zip(*(column.cells for column in table.columns), strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td>{cell(value)}</td>' for value in row)}</tr>" for row in rows[:HTML_ROWS]
    )
    more = f"<p>and {len(rows) - HTML_ROWS} rows more</p>" if len(rows) > HTML_ROWS else ""
    return f"<table><caption>{escape(table.caption)}</caption><tr>{heads}</tr>{body}</table>{more}"


def list_worlds() -> list[WorldStatus]:
    """Every world with its fidelity, and whether it can be used here or why not. As `worldgate worlds`."""
    from worldgate.worlds import listing

    return listing.list_worlds(lambda name: None).worlds


def doctor() -> list[Finding]:
    """What makes figures of this machine doubtful, and what is switched off. As `worldgate doctor`."""
    from worldgate.machine.doctor import examine

    return examine()


def limits(*, quick: bool = False, fresh: bool = False) -> Limits:
    """The unit costs of this machine: those kept since the last boot, or measured now. As `worldgate limits`.

    quick: ones that were measured quickly will do. fresh: measure, whatever is kept."""
    from worldgate.machine import limits as machine_limits

    return machine_limits.get(quick=quick, fresh=fresh)


def read(path: File) -> Result:
    """A result file."""
    return Result(files.read(Path(path)), Path(path))


def read_trace(*paths: File) -> Result:
    """Trace files of one client application, one a process, as a result. As `worldgate trace read`."""
    from worldgate.trace.figures import Figures
    from worldgate.trace.result import make_result

    if not paths:
        raise WorldgateError("there is nothing to read: give a trace file")
    return Result(make_result([Figures(Path(path)) for path in paths], {}))


def run(
    experiment: File | files.Experiment,
    *,
    output: File | None = None,
    quick: bool = False,
    rounds: int | None = None,
    width: float | None = None,
    seed: int | None = None,
    placement: str | None = None,
    progress: Watcher | None = None,
) -> Result:
    """Runs an experiment: a TOML file, or one that was made in Python. As `worldgate run`.

    output is a new file; without it NAME-TIMESTAMP.json in the current folder. rounds: exactly so many,
    instead of planning them from a pilot; quick: six. width: the half-width of the intervals that is asked
    for, as a share. progress is called before each run. Ctrl-C lets the run under way finish and gives back
    what there is; resume() goes on.
    """
    if isinstance(experiment, files.Experiment):
        if quick or placement or (rounds, width, seed) != (None, None, None):
            raise WorldgateError("an experiment made in Python has its design: give output and progress only")
        return _start(experiment, output, progress)
    from worldgate.experiment.plan import from_file, read_file

    given = _given(quick, rounds, width, seed)
    found = from_file(read_file(Path(experiment)), str(experiment), given, placement)
    return _start(found, output, progress)


def resume(path: File, *, progress: Watcher | None = None) -> Result:
    """Goes on with an interrupted result file. As `worldgate run --resume`."""
    from worldgate.experiment import engine
    from worldgate.machine.facts import facts

    return Result(engine.resume(Path(path), machine=facts(), watcher=progress), Path(path))


def crossing(
    worlds: Sequence[str] = (),
    modes: Sequence[str] = (),
    sizes: Sequence[int] = (),
    *,
    operation: str = "nothing",
    kind: str = "round trip",
    depth: int | None = None,
    seconds: float | None = None,
    output: File | None = None,
    quick: bool = False,
    rounds: int | None = None,
    width: float | None = None,
    seed: int | None = None,
    placement: str | None = None,
    progress: Watcher | None = None,
) -> Result:
    """Measures crossings into worlds against the normal world. As `worldgate crossing`, with its defaults for
    whatever is left out; the keywords that are not of this experiment alone are those of run()."""
    from worldgate.cli import crossing as command

    args = argparse.Namespace(
        world=list(worlds) or None,
        mode=list(modes) or None,
        size=list(sizes) or None,
        operation=operation,
        kind=kind,
        depth=depth,
        seconds=command.SECONDS if seconds is None else seconds,
        placement=placement,
    )
    return _start(command.make(args, _given(quick, rounds, width, seed)), output, progress)


def reproduce(
    name: str,
    *,
    output: File | None = None,
    quick: bool = False,
    progress: Watcher | None = None,
) -> tuple[Result, Reproduction]:
    """Runs a named experiment and holds it against what was published. As `worldgate reproduce`."""
    from worldgate.experiment.plan import from_file
    from worldgate.experiment.reproduce import find, judge

    named = find(name)
    found = _start(from_file(named.file, named.source, _given(quick)), output, progress)
    return found, judge(named, found.file)


def explain(result: Result, limits: Limits | None = None) -> Explanations:
    """Where the difference of each variant to its baseline comes from. As `worldgate explain`.

    Without limits, those that are kept since the last boot; they hold for one machine and one boot."""
    from worldgate.experiment.explanation import explain as explain_file
    from worldgate.experiment.knowledge import check_limits, profiles_of
    from worldgate.machine.limits import cached

    known = limits or cached()
    if known is None:
        raise WorldgateError("no unit costs are kept since the last boot; worldgate.limits() measures them")
    check_limits(result.file, known)
    return explain_file(result.file, known, profiles_of(result.file))


def report_html(*results: Result, path: File | None = None, limits: Limits | None = None) -> str:
    """One HTML page that needs nothing else; written to path where one is given. As `worldgate report`.

    With the waterfalls, where limits, or those that are kept since the last boot, hold for the result."""
    from worldgate.report.html import Part, render

    if not results:
        raise WorldgateError("there is nothing to report: give a result")
    names = _names(results)
    parts = [Part(name, one.file, _waterfalls(one, limits)) for name, one in zip(names, results, strict=True)]
    page = render(parts)
    if path is not None:
        Path(path).write_text(page, encoding="utf-8")
    return page


def compare(first: Result, second: Result) -> Comparison:
    """The second file over the first, or why the two cannot be compared. As `worldgate compare`."""
    from worldgate.report.compare import compare as compare_files

    one, two = _names((first, second))
    return compare_files(first.file, second.file, (one, two))


def _names(results: Sequence[Result]) -> list[str]:
    """Names that tell results apart."""
    found = [one.path.stem if one.path else one.file.experiment.name for one in results]
    if len(set(found)) == len(found):
        return found
    return [f"{name} ({number})" for number, name in enumerate(found, start=1)]


def _waterfalls(result: Result, limits: Limits | None) -> Waterfalls:
    from worldgate.report.bars import Waterfalls, waterfalls

    try:
        return waterfalls(explain(result, limits))
    except WorldgateError as error:
        return Waterfalls(reason=str(error))


def _given(
    quick: bool = False, rounds: int | None = None, width: float | None = None, seed: int | None = None
) -> GivenDesign:
    if quick and rounds is not None:
        raise WorldgateError("quick and rounds both say how many rounds: give one of them")
    return GivenDesign(rounds=QUICK_ROUNDS if quick else rounds, width=width, seed=seed)


def _start(experiment: files.Experiment, output: File | None, progress: Watcher | None) -> Result:
    from worldgate.experiment import engine
    from worldgate.machine.doctor import warnings
    from worldgate.machine.facts import facts

    stamp = time.strftime("%Y%m%d-%H%M%S")
    path = Path(output) if output is not None else Path(f"{experiment.name}-{stamp}.json")
    found = engine.run(experiment, path, machine=facts(), warnings=warnings(), watcher=progress)
    return Result(found, path)
