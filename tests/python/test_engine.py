# SPDX-License-Identifier: Apache-2.0
"""The engine: rounds, looks, what is skipped, what is kept, and that it goes on where it was ended."""

import math
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fake_path
import pytest
from msgspec.structs import replace

from worldgate import paths
from worldgate.errors import WorldgateError
from worldgate.experiment import comparison, engine
from worldgate.experiment.engine import Progress
from worldgate.experiment.interruption import Stop
from worldgate.experiment.plan import Block, GivenDesign, Plan, make_design, make_experiment
from worldgate.experiment.result import Experiment, Result, Sample, read, write

PLAN = Plan("tested", "fake", "A test", names="{ns}", baseline="100")


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(paths, "PATHS", dict(paths.PATHS))
    monkeypatch.setattr(fake_path, "PATHS", paths.PATHS)
    fake_path.install()
    yield


def experiment(*nss: int, seed: int = 1, plan: Plan = PLAN, **options: Any) -> Experiment:
    """One variant for each ns; the first is of 100 and the baseline. Options that begin with design_ are the
    design's."""
    given = GivenDesign(
        seed=seed, **{k.removeprefix("design_"): v for k, v in options.items() if k.startswith("design_")}
    )
    others = {k: v for k, v in options.items() if not k.startswith("design_")}
    block = Block(world="normal", options={"ns": [100, *nss], **others})
    return make_experiment(plan, [block], make_design(given))


def start(tmp_path: Path, asked: Experiment, **more: Any) -> Result:
    return engine.run(asked, tmp_path / "result.json", machine={"kernel": "x"}, warnings=[], **more)


def runs(result: Result) -> list[tuple[str, int, int]]:
    return [(sample.variant, sample.round, sample.order) for sample in result.samples]


def test_every_round_runs_every_variant_once_in_an_order_of_its_own(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(110, 120, 130, design_rounds=12))
    assert result.state == "complete" and result.finished is not None
    rounds = [[run for run in runs(result) if run[1] == number] for number in range(12)]
    for number, found in enumerate(rounds):
        assert sorted(name for name, _, _ in found) == ["100", "110", "120", "130"], number
        assert [order for _, _, order in found] == [0, 1, 2, 3]
    assert len({tuple(name for name, _, _ in found) for found in rounds}) > 4


def test_the_seed_alone_makes_the_order(tmp_path: Path) -> None:
    found = []
    for number, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found.append(runs(start(folder, experiment(110, 120, design_rounds=5, seed=seed))))
    assert found[0] == found[1] != found[2]


def test_warm_up_rounds_are_run_and_thrown_away(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(110, design_rounds=2, design_warm_up=3))
    assert fake_path.PATH.runs == {"100": 5, "110": 5}
    assert len(result.samples) == 4


def test_a_clear_difference_ends_at_the_first_look(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(200, noise=0.01))
    assert result.experiment.design.looks[0] == max(run[1] for run in runs(result)) + 1
    latency, rate = result.comparisons
    assert (latency.metric, latency.verdict, latency.looks) == ("latency", "slower", 1)
    assert (rate.metric, rate.verdict) == ("rate", "slower")
    assert latency.ratio == pytest.approx(2, rel=0.02) and rate.ratio == pytest.approx(0.5, rel=0.02)
    assert latency.low is not None and latency.high is not None and latency.low < 2 < latency.high


def test_a_variant_that_is_quicker_is_called_faster_whichever_way_is_better(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(50, noise=0.001))
    assert [found.verdict for found in result.comparisons] == ["faster", "faster"]


def test_a_difference_inside_the_margin_is_none(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(101, noise=0.0001))
    assert [found.verdict for found in result.comparisons] == ["no difference", "no difference"]


def test_what_is_too_noisy_for_the_rounds_is_inconclusive_and_says_why(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(101, noise=0.3, design_most_rounds=12))
    assert max(run[1] for run in runs(result)) == 11
    for found in result.comparisons:
        assert found.verdict == "inconclusive" and "wider than the 5 % asked for" in found.text
    assert result.comparisons[0].looks == 3


def test_a_difference_that_may_or_may_not_matter_is_inconclusive_and_says_how_large_it_is(
    tmp_path: Path,
) -> None:
    result = start(tmp_path, experiment(101, noise=0.02, design_rounds=10, design_margin=0.0))
    assert result.comparisons[0].verdict == "inconclusive"
    assert "the interval holds 1" in result.comparisons[0].text


def test_the_rounds_that_are_asked_for_are_the_rounds_that_are_run(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(200, noise=0.01, design_rounds=9))
    assert len(result.samples) == 18 and result.experiment.design.looks == [9]


def test_a_metric_that_is_neither_good_nor_bad_is_summed_up_but_not_compared(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(200, design_rounds=6))
    assert {found.metric for found in result.summaries} == {"latency", "rate"}  # bytes is unknown, not zero
    assert {found.metric for found in result.comparisons} == {"latency", "rate"}


def test_a_summary_holds_the_median_and_its_interval(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(design_rounds=8, noise=0.05))
    found = result.summaries[0]
    values = sorted(float(sample.metrics["latency"] or 0) for sample in result.samples)
    assert found.count == 8 and (found.low, found.high) == (values[0], values[-1])
    assert found.median == pytest.approx((values[3] + values[4]) / 2)


def test_what_is_unavailable_is_skipped_with_its_reason_and_the_others_go_on(tmp_path: Path) -> None:
    blocks = [
        Block(world="normal", options={"ns": [100, 200]}),
        Block(world="normal", options={"ns": 300, "absent": 1}),
    ]
    asked = make_experiment(PLAN, blocks, make_design(GivenDesign(seed=1, rounds=4)))
    result = start(tmp_path, asked)
    assert [(found.variant, found.reason) for found in result.skipped] == [("300", "it is absent here")]
    assert result.state == "complete" and len(result.samples) == 8
    assert {found.variant for found in result.comparisons} == {"200"}


def test_a_variant_that_becomes_unavailable_keeps_its_samples_and_has_no_statistics(tmp_path: Path) -> None:
    blocks = [
        Block(world="normal", options={"ns": 100}),
        Block(world="normal", options={"ns": 300, "absent": 4}),
    ]
    result = start(tmp_path, make_experiment(PLAN, blocks, make_design(GivenDesign(seed=1, rounds=6))))
    assert sum(sample.variant == "300" for sample in result.samples) == 2
    assert {found.variant for found in result.summaries} == {"100"} and result.comparisons == []


def test_a_comparison_whose_baseline_is_skipped_says_so(tmp_path: Path) -> None:
    blocks = [
        Block(world="normal", options={"ns": 100, "absent": 1}),
        Block(world="normal", options={"ns": 300}),
    ]
    result = start(tmp_path, make_experiment(PLAN, blocks, make_design(GivenDesign(seed=1, rounds=3))))
    (found,) = result.comparisons
    assert found.ratio is None and found.text == "skipped, because its baseline was: it is absent here"
    assert found.verdict == "inconclusive"


def test_an_experiment_that_can_run_nothing_ends(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(200, absent=1))
    assert result.state == "complete" and result.samples == [] and len(result.skipped) == 2


@pytest.mark.parametrize(("how", "error"), [("broken", WorldgateError), ("fault", ZeroDivisionError)])
def test_any_other_error_ends_the_experiment_and_keeps_everything(
    tmp_path: Path, how: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as raised:
        start(
            tmp_path,
            experiment(
                200, design_rounds=9, broken=4 if how == "broken" else 0, fault=4 if how == "fault" else 0
            ),
        )
    result = read(tmp_path / "result.json")
    assert result.state == "interrupted" and len(result.samples) in (4, 5)
    assert result.summaries and all("interrupted" in found.text for found in result.comparisons)
    if how == "broken":
        assert "in round 2 failed: it broke; mend it" in str(raised.value)


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("mine")
    with pytest.raises(WorldgateError, match="exists already"):
        start(tmp_path, experiment(200))
    assert (tmp_path / "result.json").read_text() == "mine"


def test_a_metric_that_is_not_declared_is_a_fault_of_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = experiment(200)
    first = replace(asked, metrics=asked.metrics[:1])
    with pytest.raises(RuntimeError, match="does not declare"):
        start(tmp_path, first)


def test_a_figure_that_is_no_number_becomes_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fake_path.FakePath.run

    def run(self: fake_path.FakePath, variant: Any) -> Sample:
        return replace(whole(self, variant), metrics={"latency": math.nan})

    monkeypatch.setattr(fake_path.FakePath, "run", run)
    result = start(tmp_path, experiment(200, design_rounds=2))
    assert [sample.metrics for sample in result.samples] == [{"latency": None}] * 4
    assert result.summaries == [] and result.comparisons == []


def test_progress_tells_the_round_the_variant_and_the_time_left(tmp_path: Path) -> None:
    seen: list[Progress] = []
    start(tmp_path, experiment(200, noise=0.01, seconds=0.002), watcher=seen.append)
    assert [found.warm_up for found in seen[:3]] == [True, True, False]
    assert seen[2].rounds is None and seen[2].seconds_left is None
    assert seen[-1].rounds is not None and seen[-1].seconds_left is not None
    assert 0.002 <= seen[-1].seconds_left < 60
    assert seen[-1].variant in ("100", "200")


class StopAfter:
    """A watcher that asks for the end when so many runs have begun."""

    def __init__(self, runs_begun: int) -> None:
        self.stop, self.left = Stop(), runs_begun

    def __call__(self, progress: Progress) -> None:
        self.left -= 1
        if self.left == 0:
            self.stop.signal = 2


@pytest.mark.parametrize("after", [1, 3, 7, 12, 13, 14, 20])
def test_an_experiment_goes_on_to_the_same_set_of_runs(tmp_path: Path, after: int) -> None:
    asked = experiment(110, 120, 130, noise=0.001)
    (tmp_path / "whole").mkdir()
    whole = start(tmp_path / "whole", asked)
    watcher = StopAfter(after)
    result = start(tmp_path, asked, watcher=watcher, stop=watcher.stop)
    assert result.state == "interrupted"
    assert len(result.samples) == max(0, after - 4)  # the run under way was finished; four were warm-up
    assert runs(result) == runs(whole)[: len(result.samples)]
    fake_path.PATH.runs.clear()
    done = engine.resume(tmp_path / "result.json", asked)
    assert done.state == "complete" and runs(done) == runs(whole)
    assert done.experiment == whole.experiment
    assert read(tmp_path / "result.json") == done
    assert len(done.comparisons) == 6


def test_resuming_does_not_plan_again(tmp_path: Path) -> None:
    asked = experiment(101, noise=0.03)
    watcher = StopAfter(2 + 2 * 5 + 1)  # the pilot is over
    begun = start(tmp_path, asked, watcher=watcher, stop=watcher.stop)
    looks = begun.experiment.design.looks
    assert len(looks) == 3
    # A pilot that would plan otherwise.
    write(
        replace(begun, samples=[replace(s, metrics={"latency": 100.0}) for s in begun.samples]),
        tmp_path / "result.json",
    )
    assert engine.resume(tmp_path / "result.json", asked).experiment.design.looks == looks


def test_a_look_that_was_passed_is_not_looked_at_again(tmp_path: Path) -> None:
    asked = experiment(101, noise=0.03)
    watcher = StopAfter(2 + 2 * 5 + 1)
    begun = start(tmp_path, asked, watcher=watcher, stop=watcher.stop)
    first, second, _ = begun.experiment.design.looks
    sample = begun.samples[0]
    values = {"100": 100.0, "101": 200.0}  # any look would end it
    samples = [
        replace(sample, variant=name, round=number, order=0, metrics={"latency": values[name]})
        for number in range(first + 1)
        for name in values
    ]
    write(replace(begun, samples=samples), tmp_path / "result.json")
    done = engine.resume(tmp_path / "result.json", asked)
    assert max(run[1] for run in runs(done)) + 1 == second


def test_another_experiment_is_not_gone_on_with(tmp_path: Path) -> None:
    watcher = StopAfter(5)
    start(tmp_path, experiment(110), watcher=watcher, stop=watcher.stop)
    before = (tmp_path / "result.json").read_bytes()
    for other, word in (
        (experiment(111), "variants"),
        (experiment(110, seed=2), "design"),
        (experiment(110, design_rounds=7), "design"),
        (replace(experiment(110), title="Another"), "title"),
    ):
        with pytest.raises(WorldgateError, match=rf"another experiment \(not the same: {word}"):
            engine.resume(tmp_path / "result.json", other)
    assert (tmp_path / "result.json").read_bytes() == before


def test_a_file_of_another_version_is_not_gone_on_with(tmp_path: Path) -> None:
    watcher = StopAfter(5)
    begun = start(tmp_path, experiment(110), watcher=watcher, stop=watcher.stop)
    write(replace(begun, worldgate="0.0.1"), tmp_path / "result.json")
    with pytest.raises(WorldgateError, match=r"was begun by Worldgate 0\.0\.1"):
        engine.resume(tmp_path / "result.json")


def test_a_file_of_another_machine_is_not_gone_on_with(tmp_path: Path) -> None:
    watcher = StopAfter(5)
    start(tmp_path, experiment(110), watcher=watcher, stop=watcher.stop)
    with pytest.raises(WorldgateError, match=r"another machine \(kernel x, here y\)"):
        engine.resume(tmp_path / "result.json", machine={"kernel": "y"})
    done = engine.resume(tmp_path / "result.json", machine={"kernel": "x", "load": 1.0})
    assert done.state == "complete"


def test_a_complete_file_is_left_as_it_is(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(110, design_rounds=2))
    before = (tmp_path / "result.json").stat().st_mtime_ns
    assert engine.resume(tmp_path / "result.json") == result
    assert (tmp_path / "result.json").stat().st_mtime_ns == before


def test_a_second_signal_abandons_the_run_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(self: fake_path.FakePath, variant: Any) -> Sample:
        os.kill(os.getpid(), 2)
        os.kill(os.getpid(), 2)
        raise AssertionError("the second signal should have ended this")

    monkeypatch.setattr(fake_path.FakePath, "run", run)
    stop = Stop()
    result = start(tmp_path, experiment(110), stop=stop)
    assert (result.state, stop.status, result.samples) == ("interrupted", 130, [])


@pytest.mark.parametrize("cut", range(3))
def test_after_any_sequence_of_ends_the_set_of_runs_is_the_same(
    tmp_path: Path, cut: int, generator: random.Random
) -> None:
    asked = experiment(110, 120, noise=0.001, seed=cut)
    (tmp_path / "whole").mkdir()
    whole = start(tmp_path / "whole", asked)
    watcher = StopAfter(generator.randint(1, 9))
    result = start(tmp_path, asked, watcher=watcher, stop=watcher.stop)
    while result.state == "interrupted":
        fake_path.PATH.runs.clear()
        watcher = StopAfter(generator.randint(1, 9))
        result = engine.resume(tmp_path / "result.json", asked, watcher=watcher, stop=watcher.stop)
    assert runs(result) == runs(whole)


def test_a_placement_that_this_process_cannot_have_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    block = Block(world="normal", placement="two cores", options={"ns": 100})
    asked = make_experiment(PLAN, [block], make_design(GivenDesign(seed=1, rounds=2)))
    result = start(tmp_path, asked)
    assert "one processor only" in result.skipped[0].reason


def test_the_statistics_come_from_the_samples_alone(tmp_path: Path) -> None:
    result = start(tmp_path, experiment(150, noise=0.01, design_rounds=8))
    bare = replace(result, summaries=[], comparisons=[], samples=list(reversed(result.samples)))
    assert comparison.summaries(bare) == result.summaries
    assert comparison.comparisons(bare) == result.comparisons
