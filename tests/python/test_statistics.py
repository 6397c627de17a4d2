# SPDX-License-Identifier: Apache-2.0
"""The statistics: each against another way to the same number, and the whole procedure on simulated
experiments with the real planner and the real rule of stopping."""

import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import stats

from worldgate.experiment import statistics
from worldgate.experiment.statistics import Floats

SEED = 20260101
EXPERIMENTS = 2000
MOST_ROUNDS = 150
PILOT = 5
CONFIDENCE, WIDTH, MARGIN = 0.95, 0.05, 0.02
SHARED = 0.10  # deviation of the noise that a round shares

Noise = Callable[[Generator, tuple[int, int, int]], Floats]


def normal(generator: Generator, shape: tuple[int, int, int]) -> Floats:
    return 0.03 * generator.standard_normal(shape)


def lognormal(generator: Generator, shape: tuple[int, int, int]) -> Floats:
    """Skewed, with a long tail of slow runs."""
    noise: Floats = 0.012 * np.exp(generator.standard_normal(shape))
    return noise


def heavy(generator: Generator, shape: tuple[int, int, int]) -> Floats:
    """Student's t with three degrees of freedom."""
    noise: Floats = 0.015 * generator.standard_t(3, shape)
    return noise


def drifting(generator: Generator, shape: tuple[int, int, int]) -> Floats:
    """A machine that gets slower from run to run; the order within a round is random."""
    place = generator.permuted(np.broadcast_to(np.arange(2.0), shape), axis=-1)
    runs = 2 * np.arange(shape[1])[None, :, None] + place
    noise: Floats = 0.01 * runs + 0.02 * generator.standard_normal(shape)
    return noise


NOISES = [normal, lognormal, heavy, drifting]


def log_ratios(noise: Noise, ratio: float, seed: int = SEED) -> Floats:
    """Of EXPERIMENTS experiments with two variants: noise shared by the round, and each run's own."""
    generator = np.random.default_rng(seed)
    shape = (EXPERIMENTS, MOST_ROUNDS, 2)
    logs = SHARED * generator.standard_normal((*shape[:2], 1)) + noise(generator, shape)
    difference: Floats = logs[:, :, 1] - logs[:, :, 0] + math.log(ratio)
    return difference


class Ends(NamedTuple):
    """How each experiment ended."""

    rounds: NDArray[np.int_]
    mean: Floats
    half: Floats

    def cover(self, ratio: float) -> float:
        return float(np.mean(np.abs(self.mean - math.log(ratio)) <= self.half))

    def found_slower(self) -> float:
        """What the engine would call slower."""
        said = statistics.is_narrow(self.half, WIDTH) & ~statistics.is_within(self.mean, self.half, MARGIN)
        return float(np.mean(said & (self.mean > self.half)))


def ends_of(logs: Floats) -> Ends:
    """Plans every experiment from its pilot and looks at the declared counts, as the engine does."""
    deviations = logs[:, :PILOT].std(axis=1, ddof=1)
    looks = np.array(
        [statistics.plan_looks([float(s)], PILOT, WIDTH, CONFIDENCE, MOST_ROUNDS) for s in deviations]
    )
    each = statistics.corrected_confidence(CONFIDENCE, statistics.LOOKS)
    ends = Ends(np.zeros(len(logs), int), np.zeros(len(logs)), np.zeros(len(logs)))
    open_ones = np.ones(len(logs), bool)
    for number in range(looks.shape[1]):
        for count in np.unique(looks[open_ones, number]):
            these = open_ones & (looks[:, number] == count)
            part = logs[these, :count]
            ends.rounds[these] = count
            ends.mean[these], ends.half[these] = part.mean(axis=1), statistics.t_half_width(part, each)
        open_ones &= ~statistics.is_settled(ends.mean, ends.half, WIDTH, MARGIN)
    return ends


@cache
def simulated(noise: Noise, ratio: float) -> Ends:
    ends = ends_of(log_ratios(noise, ratio))
    print(
        f"seed {SEED}, {noise.__name__}, ratio {ratio}: covered {ends.cover(ratio):.4f}, found slower "
        f"{ends.found_slower():.4f}, rounds {ends.rounds.mean():.1f}"
    )
    return ends


@pytest.mark.parametrize("ratio", [1.0, 1.05, 2.0])
@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.__name__)
def test_intervals_cover_in_93_of_100_experiments_that_stop_by_the_rule(noise: Noise, ratio: float) -> None:
    assert simulated(noise, ratio).cover(ratio) >= 0.93


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.__name__)
def test_a_true_difference_of_5_percent_is_found_with_the_rounds_that_were_planned(noise: Noise) -> None:
    assert simulated(noise, 1.05).found_slower() >= 0.90


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.__name__)
def test_no_difference_is_seldom_called_one(noise: Noise) -> None:
    assert simulated(noise, 1.0).found_slower() <= 0.05


def test_an_uncorrected_bootstrap_that_stops_when_narrow_covers_less() -> None:
    """So the tests above can fail."""
    logs = log_ratios(normal, 1.05)
    generator = np.random.default_rng(SEED)
    covered, open_ones = np.zeros(len(logs), bool), np.ones(len(logs), bool)
    for count in range(PILOT, 60):
        weights = generator.multinomial(count, np.full(count, 1 / count), size=400) / count
        low, high = np.quantile(logs[:, :count] @ weights.T, [0.025, 0.975], axis=1)
        stops = open_ones & ((high - low) / 2 <= math.log1p(WIDTH))
        covered[stops] = ((low <= math.log(1.05)) & (math.log(1.05) <= high))[stops]
        open_ones &= ~stops
    share = float(covered[~open_ones].mean())
    print(f"seed {SEED}: the naive rule covers {share:.4f} of {np.sum(~open_ones)} that stopped")
    assert open_ones.mean() < 0.01
    assert share < 0.90


def test_noise_that_a_round_shares_falls_out() -> None:
    generator = np.random.default_rng(SEED)
    shared, own = generator.normal(0, 0.1, 50), generator.normal(0, 0.01, (2, 50))
    alone = statistics.t_half_width(own[1] - own[0], 0.95)
    together = statistics.t_half_width((shared + own[1]) - (shared + own[0]), 0.95)
    assert together == pytest.approx(alone)


values = st.lists(st.floats(-10, 10).filter(lambda x: x == 0 or abs(x) > 1e-6), min_size=2, max_size=30)


@given(values)
def test_the_interval_is_students(found: list[float]) -> None:
    logs = np.array(found)
    if logs.std() < 1e-6:
        return
    low, high = stats.t.interval(0.95, len(logs) - 1, loc=logs.mean(), scale=stats.sem(logs))
    assert float(statistics.t_half_width(logs, 0.95)) == pytest.approx((high - low) / 2)


def test_one_round_has_no_interval() -> None:
    assert math.isinf(float(statistics.t_half_width(np.array([0.1]), 0.95)))
    assert statistics.bootstrap_interval(np.array([0.1, 0.2]), 0.95, 1) is None


@pytest.mark.parametrize("count", [3, 6, 20, 49])
def test_the_signed_rank_test_is_that_of_scipy(count: int) -> None:
    logs = np.random.default_rng(count).normal(0.3, 1, count)
    assert statistics.signed_rank_p(logs) == pytest.approx(stats.wilcoxon(logs, method="exact").pvalue)


@given(st.lists(st.integers(-3, 3).filter(bool), min_size=1, max_size=8))
def test_the_signed_rank_test_is_exact_with_ties(whole: list[int]) -> None:
    logs = np.array(whole, dtype=float)
    ranks = stats.rankdata(np.abs(logs))
    middle = ranks.sum() / 2
    sums = [
        sum(rank for rank, up in zip(ranks, ups, strict=True) if up)
        for ups in itertools.product((0, 1), repeat=len(ranks))
    ]
    far = abs(ranks[logs > 0].sum() - middle)
    expected = sum(abs(total - middle) >= far - 1e-9 for total in sums) / len(sums)
    assert statistics.signed_rank_p(logs) == pytest.approx(expected)


def test_rounds_without_a_difference_have_no_rank() -> None:
    assert statistics.signed_rank_p(np.zeros(7)) is None
    assert statistics.signed_rank_p(np.array([0.0, 1.0, 2.0])) == statistics.signed_rank_p(
        np.array([1.0, 2.0])
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_bootstrap_is_near_that_of_scipy_and_repeats_with_its_seed(seed: int) -> None:
    logs = np.random.default_rng(seed).exponential(1, 25)
    found = statistics.bootstrap_interval(logs, 0.95, seed)
    assert found is not None and found == statistics.bootstrap_interval(logs, 0.95, seed)
    theirs = stats.bootstrap((logs,), np.mean, confidence_level=0.95, method="BCa").confidence_interval
    assert found.low == pytest.approx(theirs.low, abs=0.05)
    assert found.high == pytest.approx(theirs.high, abs=0.05)


def test_a_bootstrap_without_noise_is_one_point() -> None:
    assert statistics.bootstrap_interval(np.full(6, 0.5), 0.95, 1) == (0.5, 0.5)


@pytest.mark.parametrize(("count", "rank"), [(5, 0), (6, 1), (8, 1), (9, 2), (20, 6), (100, 40)])
def test_the_interval_of_a_median_is_the_one_of_the_tables(count: int, rank: int) -> None:
    found = statistics.median_interval(np.arange(1.0, count + 1), 0.95)
    assert found == ((rank, count + 1 - rank) if rank else None)


@pytest.mark.parametrize("deviation", [0.02, 0.05, 0.1])
def test_the_plan_is_the_fewest_rounds_with_that_power(deviation: float) -> None:
    each = statistics.corrected_confidence(CONFIDENCE, statistics.LOOKS)
    needed = statistics.rounds_needed(deviation, WIDTH, each, 1000)
    generator = np.random.default_rng(SEED)
    power = []
    for count in (needed - 1, needed):
        logs = generator.normal(math.log1p(WIDTH), deviation, (20_000, count))
        power.append(np.mean(logs.mean(axis=1) > statistics.t_half_width(logs, each)))
    assert power[1] >= 0.89 and power[0] < 0.91


@given(st.floats(0, 3), st.integers(3, 20), st.integers(0, 500))
def test_looks_are_three_and_lie_between_the_pilot_and_the_most(
    deviation: float, pilot: int, extra: int
) -> None:
    most = max(pilot, 6) + 2 + extra
    looks = statistics.plan_looks([deviation], pilot, WIDTH, CONFIDENCE, most)
    assert len(looks) == 3 and looks == sorted(set(looks))
    assert max(pilot, 6) <= looks[0] and looks[-1] <= most


def test_a_pilot_without_noise_asks_for_the_fewest_rounds() -> None:
    assert statistics.plan_looks([0.0], PILOT, WIDTH, CONFIDENCE, 60) == [6, 7, 8]
    assert statistics.plan_looks([], PILOT, WIDTH, CONFIDENCE, 60) == [6, 7, 8]
