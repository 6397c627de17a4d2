# SPDX-License-Identifier: Apache-2.0
"""What a command shows while an experiment runs: one line on a terminal, nothing elsewhere."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import fake_path
import pytest

from worldgate.cli._experiment import describe
from worldgate.experiment.engine import Progress

EXPERIMENT = """
schema = "worldgate.experiment/1"
name = "shown"
path = "fake"
title = "An experiment that is watched"
baseline = "normal ns=100"
[[variants]]
world = "normal"
options.ns = [100, 200]
"""


@pytest.mark.parametrize(
    ("progress", "says"),
    [
        (Progress("a", 0, None, True, None), "warm-up: a"),
        (Progress("a", 2, None, False, None), "pilot, round 3: a"),
        (Progress("a", 5, 12, False, 42.4), "round 6 of at most 12: a, at most 42 s left"),
        (Progress("a", 5, 12, False, 600), "round 6 of at most 12: a, at most 10 min left"),
        (Progress("a", 5, 12, False, 9000), "round 6 of at most 12: a, at most 2.5 h left"),
    ],
)
def test_the_line_says_the_round_the_variant_and_the_time_left(progress: Progress, says: str) -> None:
    assert describe(progress) == says


def test_a_terminal_is_shown_one_line_that_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "e.toml").write_text(EXPERIMENT)
    ours, theirs = pty.openpty()
    words = [sys.executable, fake_path.__file__, "run", "e.toml", "--output", "r.json"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # what a terminal whose other side is closed gives at its end
            pass
        out = process.stdout.read() if process.stdout else ""
    os.close(ours)
    lines = shown.decode().split("\n")
    assert process.returncode == 0 and "200" in out, shown
    assert "\rwarm-up: normal ns=" in lines[0] and "\rround 6 of at most 8: normal ns=" in lines[0]
    assert lines[0].endswith("\rresult: r.json\r") and lines[1:] == [""]


def test_what_is_no_terminal_is_shown_only_where_the_result_is(tmp_path: Path) -> None:
    (tmp_path / "e.toml").write_text(EXPERIMENT)
    words = [sys.executable, fake_path.__file__, "run", "e.toml", "--output", "r.json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == "result: r.json\n"
