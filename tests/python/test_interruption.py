# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, SIGTERM and kill -9 at random moments of a running experiment: the file is always readable and
holds every finished run, and going on ends with the same set of runs."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import fake_path
import pytest

from worldgate.experiment.result import Result, read

EXPERIMENT = """
schema = "worldgate.experiment/1"
name = "ended"
path = "fake"
title = "An experiment that is ended"
baseline = "normal ns=100"
[options]
seconds = 0.02
noise = 0.001
log = "{log}"
[[variants]]
world = "normal"
options.ns = [100, 120, 140, 160]
[design]
seed = 11
"""
VARIANTS, ROUNDS = 4, 6
SECONDS = 60
LONGEST = 0.9  # a whole experiment takes a little less


class Bench:
    """An experiment file, its result file, and the log of what the path did in the process that runs last."""

    def __init__(self, folder: Path) -> None:
        self.file, self.output, self.log = folder / "e.toml", folder / "r.json", folder / "log"
        self.file.write_text(EXPERIMENT.format(log=self.log))

    def start(self) -> subprocess.Popen[str]:
        """Begins, or goes on where there is a result; returns once the first run has begun."""
        self.log.unlink(missing_ok=True)
        words = ["--resume", str(self.output)] if self.output.exists() else [
            str(self.file), "--output", str(self.output)
        ]  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, fake_path.__file__, "run", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + SECONDS
        while not self.log.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        return process

    def logged(self, what: str) -> int:
        return sum(line.startswith(what) for line in self.log.read_text().splitlines())

    def result(self) -> Result:
        return read(self.output)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def runs(result: Result) -> list[tuple[str, int, int]]:
    return [(sample.variant, sample.round, sample.order) for sample in result.samples]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, int]]:
    """The runs of the experiment that nobody ends."""
    bench = Bench(tmp_path_factory.mktemp("whole"))
    process = bench.start()
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, out + err
    found = bench.result()
    assert found.state == "complete" and len(found.samples) == VARIANTS * ROUNDS
    return runs(found)


def go_on(bench: Bench) -> Result:
    process = bench.start()
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, out + err
    return bench.result()


@pytest.mark.parametrize("turn", range(5))
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_lets_the_run_finish_and_keeps_everything(
    bench: Bench,
    whole: list[tuple[str, int, int]],
    number: signal.Signals,
    turn: int,
    generator: random.Random,
) -> None:
    for _ in range(turn + 1):
        delay = generator.uniform(0, LONGEST)
    process = bench.start()
    time.sleep(delay)
    process.send_signal(number)
    out, err = process.communicate(timeout=SECONDS)
    result = bench.result()
    assert bench.logged("begun") == bench.logged("finished")
    assert len(result.samples) == max(0, bench.logged("finished") - VARIANTS), f"after {delay} s"
    if result.state == "interrupted":
        assert process.returncode == 128 + number, out + err
        assert f"go on with: worldgate run --resume {bench.output}" in err
        assert "Traceback" not in err
    else:
        assert result.state == "complete"
    done = go_on(bench)
    assert done.state == "complete" and runs(done) == whole


@pytest.mark.parametrize("turn", range(5))
def test_a_kill_leaves_a_file_with_every_finished_run(
    bench: Bench, whole: list[tuple[str, int, int]], turn: int, generator: random.Random
) -> None:
    for _ in range(turn + 1):
        delay = generator.uniform(0, LONGEST)
    process = bench.start()
    time.sleep(delay)
    process.kill()
    process.communicate(timeout=SECONDS)
    result = bench.result()
    finished, kept = bench.logged("finished") - VARIANTS, len(result.samples)
    # The last run may have been killed between its end and the file; every other was kept before the next
    # began.
    assert max(0, bench.logged("begun") - VARIANTS - 1) <= kept <= max(0, finished), f"after {delay} s"
    assert kept >= finished - 1
    assert runs(result) == whole[:kept]
    done = go_on(bench)
    assert done.state == "complete" and runs(done) == whole
    assert len(done.comparisons) == 2 * (VARIANTS - 1)


def test_any_sequence_of_ends_comes_to_the_same_set_of_runs(
    bench: Bench, whole: list[tuple[str, int, int]], generator: random.Random
) -> None:
    kinds = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
    ends = []
    for _ in range(6):
        process = bench.start()
        ends.append((generator.choice(kinds).name, generator.uniform(0, LONGEST / 3)))
        time.sleep(ends[-1][1])
        process.send_signal(signal.Signals[ends[-1][0]])
        process.communicate(timeout=SECONDS)
        kept = bench.result().samples
        assert len({(sample.variant, sample.round) for sample in kept}) == len(kept), ends
    assert runs(go_on(bench)) == whole, ends


def test_a_second_ctrl_c_abandons_a_long_run(bench: Bench) -> None:
    bench.file.write_text(bench.file.read_text().replace("seconds = 0.02", "seconds = 50"))
    process = bench.start()
    for _ in range(2):
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS / 2)
    assert process.returncode == 130, err
    assert "finishing the run under way; the same again abandons it" in err and "Traceback" not in err
    assert bench.result().state == "interrupted"
