# SPDX-License-Identifier: Apache-2.0
"""Prints three numbers, passed, failed and skipped, of a test log: `meson FILE.json` or `junit FILE.xml`."""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

Counts = tuple[int, int, int]
COUNTED = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
REASON = re.compile(r"^skipped: (.+)$", re.MULTILINE)


def of_program(record: dict[str, str]) -> Counts:
    """One C program: what it says it counted, or itself. One that broke off has failed whatever it said."""
    result = record["result"]
    said = COUNTED.findall(record.get("stdout", ""))
    passed, failed, skipped = map(int, said[-1]) if said else (0, 0, 0)
    if result in ("OK", "EXPECTEDFAIL"):
        return (passed, failed, skipped) if said else (1, 0, 0)
    if result == "SKIP":
        return passed, failed, max(skipped, 1)
    return passed, max(failed, 1), skipped


def print_reasons(record: dict[str, str]) -> None:
    """Why something was skipped: every reason once."""
    reasons = dict.fromkeys(REASON.findall(record.get("stdout", "")))
    if record["result"] == "SKIP" and not reasons:
        reasons = {"it gave no reason": None}
    for reason in reasons:
        print(f"{record['name'].rpartition(':')[2]}: skipped: {reason}", file=sys.stderr)


def of_meson(path: Path) -> Counts:
    """All programs of a run of `meson test`."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        print_reasons(record)
    counts = [of_program(record) for record in records]
    return sum(c[0] for c in counts), sum(c[1] for c in counts), sum(c[2] for c in counts)


def of_junit(path: Path) -> Counts:
    """A run of pytest. An error in set-up or collection is a failure."""
    suites = ElementTree.parse(path).getroot().findall("testsuite")
    total, failed, errors, skipped = (
        sum(int(suite.get(name, "0")) for suite in suites)
        for name in ("tests", "failures", "errors", "skipped")
    )
    return total - failed - errors - skipped, failed + errors, skipped


if __name__ == "__main__":
    print(*{"meson": of_meson, "junit": of_junit}[sys.argv[1]](Path(sys.argv[2])))
