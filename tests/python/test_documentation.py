# SPDX-License-Identifier: Apache-2.0
"""Every command that the documents quote is run. A fenced block of `sh` is one script; one that cannot
run here has a comment right above it: <!-- not run here: REASON -->."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
DOCUMENTS = [TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted((TOP / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- not run here: (?P<reason>[^\n]+) -->\n)?^```sh\n(?P<script>.*?)^```$", re.M | re.S
)
SECONDS = 120


@dataclass(frozen=True)
class Block:
    """One fenced block of `sh`."""

    document: Path
    line: int
    script: str
    reason: str | None

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.document.name}:{self.line}"


def blocks(document: Path) -> list[Block]:
    """All blocks of a document."""
    text = document.read_text()
    return [
        Block(document, text.count("\n", 0, found.start("script")) + 1, found["script"], found["reason"])
        for found in BLOCK.finditer(text)
    ]


ALL = [block for document in DOCUMENTS for block in blocks(document)]


@pytest.mark.parametrize("block", [block for block in ALL if block.reason is None], ids=lambda b: b.name)
def test_the_quoted_commands_work(block: Block, tmp_path: Path) -> None:
    if (TOP / "examples").exists():
        shutil.copytree(TOP / "examples", tmp_path / "examples")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{block.name}: {block.script}{done.stdout}{done.stderr}"


def test_no_block_is_exempt_without_a_reason() -> None:
    assert all(len(block.reason.split()) >= 3 for block in ALL if block.reason is not None)


def test_every_command_stands_in_a_block_that_is_looked_at() -> None:
    for document in DOCUMENTS:
        text = document.read_text()
        assert text.count("```sh\n") == len(blocks(document)), document.name
        assert not re.search(r"^```(bash|shell|console)$", text, re.M), f"{document.name}: use ```sh"


def test_the_make_targets_of_the_documents_exist() -> None:
    text = "".join(document.read_text() for document in DOCUMENTS)
    known = {"tour", "test", "soak", "bench", "lint", "format", "clean", "help"}
    assert set(re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", text, re.M))
    assert {a or b for a, b in re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", text, re.M)} <= known
