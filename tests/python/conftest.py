# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python package share."""

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

SECONDS = 120


@dataclass(frozen=True)
class Outcome:
    """What a command left."""

    status: int
    out: str
    err: str

    @property
    def refused_in_one_line(self) -> bool:
        """Exit status 2, one line on stderr, nothing on stdout."""
        return self.status == 2 and self.out == "" and self.err.count("\n") == 1 and self.err.endswith("\n")


def _call(*words: str) -> Outcome:
    from worldgate.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(words)
        except SystemExit as end:  # argparse's way out
            status = end.code if isinstance(end.code, int) else 1
    return Outcome(status, out.getvalue(), err.getvalue())


def _run(*words: str) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "worldgate", *words],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def call() -> Callable[..., Outcome]:
    """Runs a command inside the test's process."""
    return _call


@pytest.fixture(scope="session")
def run() -> Callable[..., Outcome]:
    """Runs a command as a user would."""
    return _run


@pytest.fixture
def own_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's profiles, empty."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "worldgate" / "profiles"
    folder.mkdir(parents=True)
    return folder
