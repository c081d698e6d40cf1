"""Many values at once: intervals that hold together, p-values that count all comparisons, and which may be the best.

All of it comes from the resamples that the values share, so that what varies together is not counted twice: the
studentised maximum of Westfall & Young 1993 and of Romano & Wolf 2005, in one step. Each value's distance from its
resamples is measured in its own standard deviation; the 95 % quantile of the largest one is the half width of all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.result.statistics import Floats

LEVEL = 0.95
_NOTHING = 1e-12  # a difference or a deviation below this is a rounding error


@dataclass(frozen=True)
class Joint:
    """Simultaneous 95 % intervals of K values: all of them hold with that probability. Each array is (K,).

    p: of each value against 0, two-sided, adjusted for all K. NaN: the value or its spread is undefined.
    """

    low: Floats
    high: Floats
    p: Floats


@dataclass(frozen=True)
class Best:
    """Which of L places may be the best, in order of the places.

    members (L,): not significantly worse than any other place. worse_than (L,): of the places that are significantly
    better than this one, the one with the best value; -1 for members. by, low, high (L,): how much better that place
    is, with the simultaneous interval; NaN for members.
    """

    members: NDArray[np.bool_]
    worse_than: NDArray[np.int64]
    by: Floats
    low: Floats
    high: Floats


def jointly(value: Floats, values: Floats) -> Joint:
    """Simultaneous intervals and adjusted p-values. value: (K,). values: (R, K), the same in each of R resamples.

    A cell of ``values`` that is NaN is left out. A value that is the same in all resamples has an interval of no width.
    """
    value, values = np.asarray(value, dtype=float), np.asarray(values, dtype=float)
    spread = _spread(values)
    known = np.isfinite(value) & np.isfinite(spread)
    moving = known & (spread > 0)
    moved = np.abs(values[:, moving] - value[moving]) / spread[moving]  # (R, moving)
    largest = np.where(np.isfinite(moved), moved, 0.0).max(axis=1, initial=0.0)  # (R,)
    half = np.quantile(largest, LEVEL, method="higher") * spread if len(largest) else np.full(len(value), np.nan)
    size = np.where(np.abs(value) > _NOTHING, np.inf, 0.0)  # in deviations
    size[moving] = np.abs(value[moving]) / spread[moving]
    p = (1 + (largest[:, None] >= size).sum(axis=0)) / (1 + len(largest))
    return Joint(*(np.where(known, each, np.nan) for each in (value - half, value + half, p)))


def best_places(value: Floats, values: Floats, *, lower_is_better: bool = False) -> Best:
    """The places that cannot be told from the best one. value: (L,). values: (R, L).

    A place is left out if another one is better by a difference whose interval, simultaneous over all pairs of places,
    lies above 0. So the set holds the truly best place (all of them, if several are equal) with 95 % probability at
    least, and all that is said to be worse is worse with the same probability. Comparing each place with the best alone
    (Hsu 1984) gives smaller sets, but of several equal places it may then exclude one too often.

    Places whose value is NaN are no members.
    """
    sign = -1.0 if lower_is_better else 1.0
    value, values = sign * np.asarray(value, dtype=float), sign * np.asarray(values, dtype=float)
    a, b = np.triu_indices(len(value), 1)
    joint = jointly(value[a] - value[b], values[:, a] - values[:, b])
    low, high = (np.full((len(value),) * 2, np.nan) for _ in range(2))
    low[a, b], high[a, b] = joint.low, joint.high  # of a − b
    low[b, a], high[b, a] = -joint.high, -joint.low
    better = low > _NOTHING  # (L, L): the first is better than the second; NaN is not
    rank = np.where(better, value[:, None], -np.inf)
    rival = np.where(better.any(axis=0), rank.argmax(axis=0) if len(value) else 0, -1)
    members = np.isfinite(value) & (rival < 0)
    here = np.arange(len(value))
    by, low, high = (
        np.where(rival >= 0, table[rival, here], np.nan) for table in (value[:, None] - value[None, :], low, high)
    )
    return Best(members, rival, by, low, high)


def _spread(values: Floats) -> Floats:
    """The standard deviation over resamples, (R, K) -> (K,); NaN where fewer than two are defined."""
    defined = np.isfinite(values)
    n = defined.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(defined, values, 0).sum(axis=0) / n
        square = np.where(defined, (values - mean) ** 2, 0).sum(axis=0) / (n - 1)
    spread = np.sqrt(np.where(n > 1, square, np.nan))
    return np.where(spread > _NOTHING, spread, np.where(np.isnan(spread), np.nan, 0.0))
