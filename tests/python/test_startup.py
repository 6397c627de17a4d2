# SPDX-License-Identifier: Apache-2.0
"""Help is fast, because nothing is imported that it does not need."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 15
RATIO_MAX = 3.0
SLOW_MODULES = (
    "cffi",
    "_cffi_backend",
    "msgspec",
    "numpy",
    "scipy",
    "matplotlib",
    "plotly",
    "rich",
    "shtab",
    "importlib.metadata",
    "subprocess",
)

BARE = """
import argparse
parser = argparse.ArgumentParser(prog="bare", description="A bare argparse program.")
parser.add_argument("--version", action="store_true", help="print the version and exit")
parser.parse_args()
"""


def user_seconds(*words: str) -> float:
    """User time of one process, all its output thrown away."""
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime


def test_help_takes_at_most_three_times_the_user_time_of_a_bare_argparse_program(tmp_path: Path) -> None:
    bare = tmp_path / "bare.py"
    bare.write_text(BARE)
    programs = {"bare": (str(bare), "--help"), "worldgate": ("-m", "worldgate", "--help")}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for words in programs.values():
        user_seconds(*words)  # writes the .pyc files
    for number in range(ROUNDS):
        order = list(programs) if number % 2 else list(reversed(programs))
        for name in order:
            seconds[name].append(user_seconds(*programs[name]))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"medians of {ROUNDS} interleaved rounds, seconds of user time: {medians}")
    assert medians["worldgate"] <= RATIO_MAX * medians["bare"], seconds


def test_help_imports_nothing_slow() -> None:
    program = (
        "import sys\nfrom worldgate.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stderr.split())
    assert "worldgate.cli" in loaded
    assert not loaded & set(SLOW_MODULES)
    assert not {name for name in loaded if name.startswith("worldgate.")} - {"worldgate.cli"}
