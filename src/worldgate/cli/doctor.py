# SPDX-License-Identifier: Apache-2.0
"""Say what makes figures of this machine doubtful, what is switched off, and what to do.

Nothing is changed and no root is needed. Each thing is good, a warning (figures of this machine are
doubtful, or good for less), absent (what stands beside it is switched off, and nothing else) or unknown
(this machine, or this user, cannot tell).

examples:
  worldgate doctor
  worldgate doctor --all
  worldgate doctor --json
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.machine.finding import Finding

_STATES = ("good", "warning", "absent", "unknown")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print all findings as JSON")
    parser.add_argument("--all", action="store_true", help="say of what is good what it means, too")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    import worldgate
    from worldgate.machine.doctor import SCHEMA, Report, examine

    report = Report(schema=SCHEMA, worldgate=worldgate.__version__, findings=examine())
    if args.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(report)).decode())
        return 0
    for line in lines(report.findings, args.all):
        print(line)
    return 0


def lines(findings: list[Finding], whole: bool = False) -> list[str]:
    """The table, a theme at a time, and the sums."""
    from worldgate.errors import one_line

    width = max(len(finding.name) for finding in findings)
    text: list[str] = []
    for theme in dict.fromkeys(finding.theme for finding in findings):
        text += ["", f"{theme}:"] if text else [f"{theme}:"]
        for finding in (finding for finding in findings if finding.theme == theme):
            text.append(f"  {finding.state:7}  {finding.name:{width}}  {one_line(finding.found)}")
            beside = " " * (width + 13)
            if whole or finding.state != "good":
                means = "switches off: " if finding.state == "absent" else ""
                text.append(f"{beside}{means}{finding.meaning}")
            if finding.advice:
                text.append(f"{beside}-> {one_line(finding.advice)}")
    sums = {state: sum(finding.state == state for finding in findings) for state in _STATES}
    return [*text, "", ", ".join(f"{count} {state}" for state, count in sums.items())]
