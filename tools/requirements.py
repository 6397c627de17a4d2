# SPDX-License-Identifier: Apache-2.0
"""Prints the requirements of groups of pyproject.toml, one a line: build, runtime, or an extra's name."""

import sys
import tomllib
from pathlib import Path
from typing import Any


def requirements(project: dict[str, Any], group: str) -> list[str]:
    """The requirements of one group; an extra that names the package itself stands for that other extra."""
    if group == "build":
        return list(project["build-system"]["requires"])
    if group == "runtime":
        return list(project["project"]["dependencies"])
    found: list[str] = []
    for line in project["project"]["optional-dependencies"][group]:
        name, bracket, extra = line.partition("[")
        itself = bracket and name == project["project"]["name"]
        found += requirements(project, extra.rstrip("]")) if itself else [line]
    return found


def main(groups: list[str]) -> None:
    """Prints every requirement once, in order of its first mention."""
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    print("\n".join(dict.fromkeys(line for group in groups for line in requirements(project, group))))


if __name__ == "__main__":
    main(sys.argv[1:])
