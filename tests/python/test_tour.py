# SPDX-License-Identifier: Apache-2.0
"""The tour does the whole job: every part of it, what it leaves, and what is left when it is ended."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worldgate.experiment.placement import ONE_CORE
from worldgate.experiment.result import read
from worldgate.experiment.tour import NORMAL, placements, tour_experiment
from worldgate.worlds.listing import world_names

Call = Callable[..., Any]

TOUR = [sys.executable, "-u", "-m", "worldgate", "tour", "--quick"]
PARTS = (
    "what makes figures of this machine doubtful",
    "the worlds of this machine",
    "what single things cost on this machine",
    "crossings into these worlds",
    "where the cost of a call comes from",
    "report",
)


@pytest.fixture(scope="module")
def tour(run: Call, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """One quick tour: its output, and the folder that it wrote to."""
    folder = tmp_path_factory.mktemp("tour") / "reports"
    return run("tour", "--quick", "--output", str(folder)), folder


def test_the_tour_has_all_its_parts_in_order(tour: tuple[Any, Path]) -> None:
    outcome, _ = tour
    assert outcome.status == 0, outcome
    heads = re.findall(r"^== (.*)$", outcome.out, re.M)
    assert len(heads) == len(PARTS)
    assert all(head.startswith(part) for head, part in zip(heads, PARTS, strict=True))
    assert "\x1b" not in outcome.out and outcome.err == ""


def test_the_tour_shows_a_ta_answering_or_says_why_a_world_is_skipped(tour: tuple[Any, Path]) -> None:
    outcome, _ = tour
    part = outcome.out.split("== the worlds")[1].split("\n== ")[0]
    answers = {line.split()[0]: line for line in part.splitlines() if "yes, " in line}
    skipped = set(re.findall(r"^  skipped: (\S+?): ", part, re.M))
    assert set(answers) | skipped == set(world_names()) and not set(answers) & skipped
    assert answers["normal"].split()[1] == "none"
    for name, line in answers.items():
        assert float(line.split()[2]) > 0, name
    assert "skipped: emulated:tdx: transition_ns is unknown" in part


def test_the_tour_leaves_a_result_and_a_report_and_says_where(tour: tuple[Any, Path]) -> None:
    outcome, folder = tour
    (result,) = folder.glob("tour-*.json")
    page = result.with_suffix(".html")
    assert sorted(folder.iterdir()) == sorted([result, page])
    assert f"{result}: " in outcome.out and f"{page}: " in outcome.out
    found = read(result)
    assert found.state == "complete" and found.experiment.name == "tour"
    assert found.machine["boot_id"]
    assert "Crossings into the worlds of this machine" in page.read_text()


def test_the_tour_compares_every_world_that_answered(tour: tuple[Any, Path]) -> None:
    _, folder = tour
    found = read(next(folder.glob("tour-*.json")))
    compared = {one.variant for one in found.comparisons} | {one.variant for one in found.skipped}
    assert compared >= {one.name for one in found.experiment.variants if one.baseline}


def test_the_tour_explains_a_call(tour: tuple[Any, Path]) -> None:
    outcome, folder = tour
    part = outcome.out.split("== where the cost")[1].split("\n== ")[0]
    if {one.fidelity for one in read(next(folder.glob("*.json"))).experiment.variants} == {"none"}:
        assert "nothing was measured that could be explained" in part
    else:
        assert "baseline" in part and "measured" in part and "unexplained" in part


def test_every_variant_of_the_tour_has_a_baseline_of_the_same_kind() -> None:
    found = tour_experiment([NORMAL, "compartment", "emulated:sgx1-skylake", "optee"], quick=False)
    variants = {one.name: one for one in found.variants}
    for one in found.variants:
        if one.world != NORMAL:
            assert one.baseline is not None
            base = variants[one.baseline]
            assert (base.world, base.placement, base.options) == (NORMAL, one.placement, one.options)


def test_on_one_processor_the_tour_is_all_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0})
    assert placements("compartment") == placements("emulated:tdx") == [ONE_CORE]
    assert tour_experiment([NORMAL, "compartment"], quick=True).variants


def test_a_folder_that_cannot_be_is_refused_in_one_line(run: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run("tour", "--output", str(tmp_path / "file")).refused_in_one_line


def test_on_a_terminal_the_tour_draws_a_bar_and_takes_it_away(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = [*TOUR, "--output", str(tmp_path)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
    shown = b""
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # the other side has closed it
                break
            if not data:
                break
            shown += data
    os.close(ours)
    text = shown.decode("utf-8", "replace")
    assert process.returncode == 0, text
    assert re.search(r"━+.*round 1 of at most 3: ", text)
    assert text.rstrip().endswith("\x1b[?25h")  # the cursor is there again
    assert "'worldgate report' and 'worldgate explain' read it" in text


def _begin(folder: Path) -> subprocess.Popen[str]:
    words = [*TOUR, "--output", str(folder)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_tour_that_is_interrupted_early_ends_with_130_and_one_line(tmp_path: Path) -> None:
    with _begin(tmp_path) as process:
        assert process.stdout and process.stderr
        assert any(line.startswith("  world ") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (130, "worldgate: interrupted\n")


def test_a_tour_that_is_interrupted_while_measuring_reports_what_is_done_and_can_be_gone_on_with(
    run: Call, tmp_path: Path
) -> None:
    with _begin(tmp_path) as process:
        assert process.stdout and process.stderr
        assert any("each once a round" in line for line in process.stdout)
        # From the first version of the file on, a signal is the engine's.
        end = time.monotonic() + 60
        while not (found := list(tmp_path.glob("tour-*.json"))) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, errors = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130
    assert errors == f"worldgate: interrupted; go on with: worldgate run --resume {found[0]}\n"
    assert "\n== report" in out and found[0].with_suffix(".html").exists()
    kept = read(found[0])
    assert kept.state == "interrupted"
    outcome = run("run", "--resume", str(found[0]))
    assert outcome.status == 0, outcome
    whole = read(found[0])
    assert whole.state == "complete"
    assert whole.samples[: len(kept.samples)] == kept.samples
