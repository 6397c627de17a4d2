# SPDX-License-Identifier: Apache-2.0
"""Results as one HTML file that needs nothing else: what was found in words, plots, tables, the machine.

Everything that comes from a result is hostile: text is escaped, data is JSON without a character that HTML
knows, and the page's policy lets only the scripts run that were put here, by their hashes, and forbids every
request."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Any

from worldgate.errors import one_line
from worldgate.experiment.result import Result
from worldgate.report.bars import Waterfalls
from worldgate.report.compare import Comparison, compare
from worldgate.report.findings import Finding, fact_text, findings, standing
from worldgate.report.pack import pack
from worldgate.report.plots import Figure, figures
from worldgate.report.quantity import quantity
from worldgate.report.tables import Column, Table, numbers, tables, text

SCRIPTS = ("inflate.js", "table.js", "page.js")
HOW_TO_SORT = (
    "A click on a head sorts, a second one the other way, a third one not at all. The fields below the heads "
    "filter: a part of the text, or of numbers what is like &gt; 10, &lt;= 3, 5 or 1 .. 3. Numbers are shown "
    "with seven digits; the exact one appears when you point at it."
)
FIRST_FINDINGS = 6  # on the first screen
FIDELITY_TEXT = {
    "none": "no protection",
    "hardware": "a trusted world of real hardware",
    "compartment": "a sealed process on this machine, no trusted hardware",
    "emulated": "the known costs of a platform, executed on this machine",
}


@dataclass(frozen=True)
class Part:
    """One result and what belongs to it."""

    name: str
    result: Result
    waterfalls: Waterfalls


class _Page:
    """Collects the data blocks that the body refers to."""

    def __init__(self) -> None:
        self.blocks: list[str] = []

    def json(self, name: str, value: Any) -> str:
        """A block of JSON in which nothing ends a script element; gives back its id."""
        data = json.dumps(value, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
        for sign in "<>&":
            data = data.replace(sign, f"\\u{ord(sign):04x}")
        self.blocks.append(f'<script type="application/json" id="{name}">{data}</script>')
        return name

    def table(self, name: str, table: Table) -> str:
        """The place of a table, its rows packed into blocks."""
        specs = []
        for place, column in enumerate(table.columns):
            packed = pack(column)
            specs.append({"head": one_line(column.head), "kind": packed.kind})
            self.blocks += [
                f'<script type="text/plain" id="{name}-{place}-{part}">{data}</script>'
                for part, data in enumerate(packed.parts)
            ]
        self.json(name, {"caption": table.caption, "rows": table.count, "columns": specs})
        return f'<div data-table="{name}"></div>'

    def figure(self, name: str, figure: Figure) -> str:
        options = "".join(
            f'<option value="{self.json(f"{name}-{place}", spec)}">{_text(choice)}</option>'
            for place, (choice, spec) in enumerate(figure.plots.items())
        )
        return (
            f'<figure class="plot" id="{name}" aria-labelledby="{name}-title">'
            f'<h3 id="{name}-title">{_text(figure.title)}</h3>'
            f"<label>{figure.choice} <select>{options}</select></label>"
            f'<div class="canvas" role="img" aria-label="{_text(figure.title)}"></div>'
            "<figcaption></figcaption></figure>"
        )


def _text(value: str) -> str:
    return escape(one_line(value), quote=True)


def badge(fidelity: str) -> str:
    title = escape(FIDELITY_TEXT.get(fidelity, ""), quote=True)
    return f'<span class="badge {escape(fidelity, quote=True)}" title="{title}">{escape(fidelity)}</span>'


def _finding(one: Finding) -> str:
    tags = f'<span class="verdict">{_text(one.kind)}</span>{badge(one.fidelity)}'
    return f'<li><span class="tags">{tags}</span><span class="said">{_text(one.text)}</span></li>'


def _findings(result: Result) -> str:
    found = findings(result)
    if not found:
        return "<p>Nothing is compared in this file.</p>"
    first, rest = found[:FIRST_FINDINGS], found[FIRST_FINDINGS:]
    body = f'<ul class="findings">{"".join(map(_finding, first))}</ul>'
    if rest:
        items = "".join(map(_finding, rest))
        body += f'<details><summary>{len(rest):,} more</summary><ul class="findings">{items}</ul></details>'
    return body


def _warnings(result: Result) -> str:
    items = "".join(
        f'<p class="warning"><strong>{_text(one.name)}</strong>: {_text(one.text)} '
        f"<em>{_text(one.advice)}</em></p>"
        for one in result.warnings
    )
    return items or "<p>The doctor had nothing to warn of.</p>"


def _skipped(result: Result) -> str:
    rows = "".join(
        f"<tr><th scope=row>{_text(one.variant)}</th><td>{_text(one.reason)}</td></tr>"
        for one in result.skipped
    )
    if not rows:
        return "<p>Nothing was skipped.</p>"
    heads = "<thead><tr><th scope=col>variant</th><th scope=col>reason</th></tr></thead>"
    return f'<table class="plain">{heads}<tbody>{rows}</tbody></table>'


def _facts(result: Result) -> str:
    rows = "".join(
        f"<dt>{_text(name)}</dt><dd>{_text(fact_text(value))}</dd>" for name, value in result.machine.items()
    )
    return f'<dl class="facts">{rows}</dl>' if rows else "<p>The file holds no facts about the machine.</p>"


def _panel(title: str, body: str) -> str:
    return f'<section class="panel"><h3>{title}</h3>{body}</section>'


def _summary(part: Part, alone: bool) -> str:
    """What was found: the first screen."""
    result = part.result
    title = "What was found" if alone else f"What was found in {_text(part.name)}"
    warned = ""
    if result.warnings:
        names = ", ".join(_text(one.name) for one in result.warnings)
        told = f"The doctor warned of this machine: {names}. What it means for these figures stands below."
        warned = f'<p class="warning">{told}</p>'
    about = f"{_text(result.experiment.title)}. {_text(standing(result))}"
    return (
        f'<section class="panel"><h2>{title}</h2><p class="muted">{about}</p>'
        f"{warned}{_findings(result)}</section>"
    )


def _details(page: _Page, part: Part, place: int, alone: bool) -> str:
    """Everything else of one result."""
    result = part.result
    drawn = figures(result, part.waterfalls.drawn)
    body = [] if alone else [f"<h2>{_text(part.name)}</h2>"]
    if not part.waterfalls.drawn:
        body.append(_panel("Where the cost comes from", f"<p>{_text(part.waterfalls.reason)}</p>"))
    body += [page.figure(f"plot{place}-{figure.name}", figure) for figure in drawn]
    made = tables(result)
    if made:
        body.append(f"<h2>Tables</h2><p class=muted>{HOW_TO_SORT}</p>")
    for table in made:
        body.append(f"<h3>{_text(table.caption)}</h3>{page.table(f'table{place}-{table.name}', table)}")
    body += [
        _panel("Skipped", _skipped(result)),
        _panel("Warnings of the doctor", _warnings(result)),
        _panel("The machine", _facts(result)),
    ]
    return "".join(body)


def _beside(page: _Page, parts: Sequence[Part]) -> str:
    """Every other result held against the first."""
    first = parts[0]
    body = [f"<h2>Side by side</h2><p>Each result is held against {_text(first.name)}, "]
    for place, other in enumerate(parts[1:], start=1):
        found = compare(first.result, other.result, (first.name, other.name))
        if place == 1:
            body.append(
                f"{_text(found.method)}; whatever changed on the machine in between counts as difference.</p>"
            )
        body.append(f"<h3>{_text(other.name)}</h3>")
        if found.notes:
            body.append(f'<p class="muted">Also different: {_text("; ".join(found.notes))}.</p>')
        body.append(page.table(f"beside{place}", _changes(found)))
    return f'<section class="panel">{"".join(body)}</section>'


def _changes(found: Comparison) -> Table:
    rows = found.changes
    columns: list[Column] = [
        text("variant", (one.variant for one in rows)),
        text("metric", (one.metric for one in rows)),
        text("fidelity", (one.fidelity for one in rows)),
        text("verdict", (one.verdict for one in rows)),
        text("first median", (quantity(one.first_median, one.unit) for one in rows)),
        text("second median", (quantity(one.second_median, one.unit) for one in rows)),
        numbers("ratio", "", (one.ratio for one in rows)),
        numbers("low", "", (one.low for one in rows)),
        numbers("high", "", (one.high for one in rows)),
        text("why not", (one.reason for one in rows)),
    ]
    return Table("beside", f"{found.second} against {found.first}", columns)


def _file(name: str) -> str:
    return (resources.files("worldgate.report") / "page" / name).read_text(encoding="utf-8")


def plotly_script() -> str:
    """plotly.js as its Python package brings it."""
    return (resources.files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")


def _policy(scripts: Sequence[str]) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _fill(template: str, values: Mapping[str, str]) -> str:
    """One pass: what is put in is never looked at again."""
    return re.sub(r"@@([A-Z]+)@@", lambda found: values[found[1]], template)


def render(parts: Sequence[Part]) -> str:
    """The whole page."""
    page = _Page()
    alone = len(parts) == 1
    first = parts[0].result
    content = [_summary(part, alone) for part in parts]
    if not alone:
        content.append(_beside(page, parts))
    content += [_details(page, part, place, alone) for place, part in enumerate(parts)]
    # A line end of Windows would be another one in the page than in the hash.
    scripts = [script.replace("\r\n", "\n") for script in (plotly_script(), "\n".join(map(_file, SCRIPTS)))]
    title = first.experiment.name if alone else f"{len(parts)} results"
    subtitle = (
        f"Worldgate {first.worldgate}, {first.started}, seed {first.experiment.design.seed}"
        if alone
        else ", ".join(part.name for part in parts)
    )
    values = {
        "POLICY": _policy(scripts),
        "TITLE": _text(title),
        "SUBTITLE": _text(subtitle),
        "STYLE": _file("page.css"),
        "CONTENT": "\n".join(content),
        "VERSION": _text(first.worldgate),
        "SCRIPTS": "".join(f"<script>{script}</script>\n" for script in scripts),
        "DATA": "\n".join(page.blocks),
    }
    return _fill(_file("page.html"), values)
