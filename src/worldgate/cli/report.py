# SPDX-License-Identifier: Apache-2.0
"""Report what result files found: text, HTML, figures, CSV.

Without an option the report is printed as text. --html writes one file that holds everything it needs and
fetches nothing; --figures writes figures for print, --csv one file for each kind of table. Nothing is
measured. Of several results, each is also held against the first, where the two can be compared.

The waterfall from the baseline to the protected figure needs the unit costs of the machine that measured:
those that 'worldgate limits' keeps, or the ones of --limits.

examples:
  worldgate report crossing.json
  worldgate report crossing.json --html crossing.html
  worldgate report crossing.json --figures figures --format pdf,svg
  worldgate report before.json after.json --csv tables
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.experiment.result import Result
    from worldgate.machine.costs import Limits
    from worldgate.report.bars import Waterfalls
    from worldgate.report.html import Part

FORMATS = ("pdf", "svg", "png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", metavar="RESULT", nargs="+", help="a result file")
    parser.add_argument("--html", metavar="FILE", help="write one HTML file")
    parser.add_argument("--figures", metavar="DIR", help="write figures for print into this folder")
    parser.add_argument(
        "--format", metavar="LIST", type=_formats, help="of the figures: pdf, svg, png (all three)"
    )
    parser.add_argument("--csv", metavar="DIR", help="write the tables as CSV files into this folder")
    parser.add_argument("--limits", metavar="FILE", help="the unit costs that the waterfall needs")
    parser.set_defaults(run=run)


def _formats(text: str) -> list[str]:
    chosen = [word.strip() for word in text.split(",")]
    wrong = [word for word in chosen if word not in FORMATS]
    if wrong:
        raise argparse.ArgumentTypeError(f"unknown format '{wrong[0]}'; use {', '.join(FORMATS)}")
    return list(dict.fromkeys(chosen))


def _parts(args: argparse.Namespace) -> list[Part]:
    """The results under names that tell them apart."""
    from worldgate.experiment.knowledge import read_limits
    from worldgate.experiment.result import read
    from worldgate.report.html import Part

    paths = [Path(word) for word in args.results]
    short = [path.stem for path in paths]
    names = short if len(set(short)) == len(short) else list(args.results)
    results = [read(path) for path in paths]
    limits = read_limits(Path(args.limits)) if args.limits else None
    return [
        Part(name, result, _waterfalls(result, limits)) for name, result in zip(names, results, strict=True)
    ]


def _waterfalls(result: Result, limits: Limits | None) -> Waterfalls:
    """From the unit costs that were named, else from those that this machine keeps, where they fit."""
    from worldgate.errors import WorldgateError
    from worldgate.experiment.explanation import explain
    from worldgate.experiment.knowledge import check_limits, profiles_of
    from worldgate.machine.limits import cached
    from worldgate.report.bars import NO_LIMITS, Waterfalls, waterfalls

    chosen = limits or cached()
    if chosen is None:
        return NO_LIMITS
    try:
        check_limits(result, chosen)
        return waterfalls(explain(result, chosen, profiles_of(result)))
    except WorldgateError as error:
        return Waterfalls(reason=str(error))


def run(args: argparse.Namespace) -> int:
    from worldgate.errors import WorldgateError

    if args.format and not args.figures:
        raise WorldgateError("--format is for figures; add --figures DIR")
    if len(set(args.results)) < len(args.results):
        raise WorldgateError("the same result file is named twice")
    parts = _parts(args)
    written: list[Path] = []
    if args.html:
        written.append(_write_html(parts, Path(args.html)))
    if args.figures:
        from worldgate.report.figures import write as write_figures

        for part in parts:
            folder = Path(args.figures) if len(parts) == 1 else Path(args.figures) / Path(part.name).stem
            written += write_figures(part.result, part.waterfalls, folder, args.format or FORMATS)
    if args.csv:
        from worldgate.report.table import write as write_tables

        written += write_tables([(part.name, part.result) for part in parts], Path(args.csv))
    if args.html or args.figures or args.csv:
        for path in written:
            print(path)
        return 0
    _print_text(parts)
    return 0


def _write_html(parts: list[Part], path: Path) -> Path:
    from worldgate.report.html import render

    path.write_text(render(parts), encoding="utf-8")
    return path


def _print_text(parts: list[Part]) -> None:
    from worldgate.cli.compare import render as render_comparison
    from worldgate.report.compare import compare
    from worldgate.report.text import render

    print("\n".join(render(part.result) for part in parts), end="")
    for other in parts[1:]:
        found = compare(parts[0].result, other.result, (parts[0].name, other.name))
        print(f"\nside by side\n{render_comparison(found, [], None)}", end="")
