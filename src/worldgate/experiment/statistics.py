# SPDX-License-Identifier: Apache-2.0
"""The statistics of paired rounds, as numbers only: no samples, no files, no words.

Noise that a whole round shares falls out of the difference of two logarithms of one round, so all that is
said of a ratio is said of its paired log-ratios. An array is one experiment, or many along its first axes;
rounds are along the last axis.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Numbers = Floats | float

LOOKS = 3  # at most so many
FIRST_LOOK_MIN = 6  # a signed-rank test of five rounds cannot reach 5 %
POWER = 0.90  # with which a true difference of the width is found
# The deviation of a pilot is itself uncertain. The plan takes its upper limit at this confidence, so that
# the power holds on the average over all pilots that could have been seen.
PILOT_CONFIDENCE = 0.80
RESAMPLES = 10_000


class Interval(NamedTuple):
    low: float
    high: float


def corrected_confidence(confidence: float, looks: int) -> float:
    """The confidence of each interval when there are so many looks (Bonferroni).

    Whatever decides at which look to stop, the interval shown misses only if the interval of some look
    misses, and that has at most the sum of their probabilities. So the promise holds under every rule of
    stopping, one that waits until the interval is narrow included. The number of looks is fixed; the counts
    come from the deviation of the pilot, which for normal noise says nothing of its mean. What little the
    pilot's reuse costs is far less than the sum gives away; a test simulates the whole procedure.
    """
    return 1 - (1 - confidence) / looks


def t_half_width(logs: Floats, confidence: float) -> Floats:
    """Half the width of Student's interval of the mean; infinite for one round."""
    count = logs.shape[-1]
    if count < 2:
        return np.full(logs.shape[:-1], np.inf)
    quantile = float(special.stdtrit(count - 1, (1 + confidence) / 2))
    half: Floats = quantile * logs.std(axis=-1, ddof=1) / math.sqrt(count)
    return half


def is_narrow(half: Numbers, width: float) -> NDArray[np.bool_]:
    """The interval reaches at most so far above the ratio, as a share of it."""
    return np.asarray(half <= math.log1p(width))


def is_different(mean: Numbers, half: Numbers) -> NDArray[np.bool_]:
    """The interval does not hold 1."""
    return np.asarray(np.abs(mean) > half)


def is_within(mean: Numbers, half: Numbers, margin: float) -> NDArray[np.bool_]:
    """The interval lies inside 1 / (1 + margin) to 1 + margin."""
    return np.asarray(np.abs(mean) + half <= math.log1p(margin))


def is_settled(mean: Numbers, half: Numbers, width: float, margin: float) -> NDArray[np.bool_]:
    """More rounds are not needed: narrow enough, and something can be said. Narrow alone is not enough: an
    interval that is just as wide as a difference finds it only every other time."""
    return is_narrow(half, width) & (is_different(mean, half) | is_within(mean, half, margin))


def bootstrap_interval(logs: Floats, confidence: float, seed: int) -> Interval | None:
    """The BCa interval of the mean of one experiment, over its rounds; none for fewer than three."""
    count = logs.shape[-1]
    if count < 3:
        return None
    mean = float(logs.mean())
    if float(np.ptp(logs)) == 0:
        return Interval(mean, mean)
    draws = np.random.default_rng(seed).integers(0, count, size=(RESAMPLES, count))
    means = logs[draws].mean(axis=1)
    below = float(np.count_nonzero(means < mean) + np.count_nonzero(means == mean) / 2) / RESAMPLES
    bias = float(special.ndtri(min(max(below, 1 / RESAMPLES), 1 - 1 / RESAMPLES)))
    centred = logs - mean  # of the mean, the jackknife's acceleration is that of the values
    acceleration = float((centred**3).sum() / (6 * (centred**2).sum() ** 1.5))
    quantile = float(special.ndtri((1 + confidence) / 2))
    shares = []
    for z in (bias - quantile, bias + quantile):
        shares.append(float(special.ndtr(bias + z / (1 - acceleration * z))))
    low, high = np.quantile(means, shares)
    return Interval(float(low), float(high))


def signed_rank_p(logs: Floats) -> float | None:
    """Wilcoxon's signed-rank test, two-sided, exact for every count and with ties (mid-ranks). Rounds
    without any difference are left out; none where nothing is left."""
    values = logs[logs != 0]
    count = len(values)
    if count == 0:
        return None
    _, which, often = np.unique(np.abs(values), return_inverse=True, return_counts=True)
    ends = np.cumsum(often)
    doubled = (2 * ends - often + 1)[which]  # twice the mid-rank: whole numbers
    total = int(doubled.sum())
    # Every sign is as likely as the other: the distribution of the sum of the positive ranks.
    shares = np.zeros(total + 1)
    shares[0] = 1
    for rank in doubled:
        moved = np.zeros_like(shares)
        moved[rank:] = shares[: total + 1 - rank]
        shares = (shares + moved) / 2
    positive = int(doubled[values > 0].sum())
    tail = float(shares[: min(positive, total - positive) + 1].sum())
    return min(1.0, 2 * tail)


def median_interval(values: Floats, confidence: float) -> Interval | None:
    """The interval of the median by order statistics; none where there are too few values for it."""
    count = len(values)
    rank = 0  # the largest whose miss on both sides together is rare enough
    while rank < count // 2 and 2 * float(special.bdtr(rank, count, 0.5)) <= 1 - confidence:
        rank += 1
    if rank == 0:
        return None
    ordered = np.sort(values)
    return Interval(float(ordered[rank - 1]), float(ordered[count - rank]))


def upper_deviation(deviation: float, rounds: int) -> float:
    """What the true deviation hardly exceeds, given that of a pilot of so many rounds."""
    freedom = rounds - 1
    return deviation * math.sqrt(freedom / float(special.chdtri(freedom, PILOT_CONFIDENCE)))


def _suffices(count: int, deviation: float, width: float, confidence: float) -> bool:
    """So many rounds: the interval is narrow enough and the difference is found."""
    quantile = float(special.stdtrit(count - 1, (1 + confidence) / 2))
    difference = math.log1p(width) * math.sqrt(count)
    if difference < quantile * deviation:
        return False
    shift = difference / deviation if deviation > 0 else math.inf
    # So far out the distribution cannot be computed, and the difference is always found.
    return shift > quantile + 20 or 1 - float(special.nctdtr(count - 1, shift, quantile)) >= POWER


def rounds_needed(deviation: float, width: float, confidence: float, most: int) -> int:
    """The fewest rounds with which the interval, at this confidence, is narrow enough and a true difference
    of the width is found with the power; at most `most`. deviation: of the log-ratios, the true one."""
    counts = range(2, most)
    place = bisect_left(counts, True, key=lambda count: _suffices(count, deviation, width, confidence))
    return 2 + place


def declare_looks(needed: int, pilot: int, most: int) -> list[int]:
    """Rounds at each of the three looks: half, three quarters and all of what is needed, rounded up. The
    first is not before the pilot's end, the last not beyond `most`."""
    last = min(max(needed, max(FIRST_LOOK_MIN, pilot) + LOOKS - 1), most)
    first = min(max(math.ceil(last / 2), FIRST_LOOK_MIN, pilot), last - 2)
    second = min(max(math.ceil(last * 3 / 4), first + 1), last - 1)
    return [first, second, last]


def plan_looks(deviations: list[float], pilot: int, width: float, confidence: float, most: int) -> list[int]:
    """The looks of an experiment, from the deviation of the log-ratios of each comparison in its pilot."""
    each = corrected_confidence(confidence, LOOKS)
    worst = upper_deviation(max(deviations, default=0.0), pilot)
    return declare_looks(rounds_needed(worst, width, each, most), pilot, most)
