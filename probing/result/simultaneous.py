"""Many values at once: intervals that hold together, p-values that count all comparisons, and which may be the best.

All of it comes from the resamples that the values share, so that what varies together is not counted twice: the
studentised maximum of Westfall & Young 1993 and of Romano & Wolf 2005, in one step. Each value's distance from its
resamples is measured in its own standard deviation; the 95 % quantile of the largest one is the half width of all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from probing.result.statistics import Floats

LEVEL = 0.95
ADJUSTED = "_adjusted"  # ends the method's name in rows whose interval holds for their whole family
_NOTHING = 1e-12  # a difference or a deviation below this is a rounding error


@dataclass(frozen=True, eq=False)
class Joint:
    """Simultaneous 95 % intervals of K values: all of them hold with that probability. Each array is (K,).

    p: of each value against 0, two-sided, adjusted for all K. NaN: the value or its spread is undefined.
    """

    low: Floats
    high: Floats
    p: Floats


@dataclass(frozen=True, eq=False)
class Best:
    """Which of L places may be the best, in order of the places.

    members (L,): cannot be told from the best. rival (L,): the place that each one is compared with: of a member, the
    one with the best value; of another, the best of those that are significantly better; -1: none. behind, low, high
    (L,): how much better the rival is, with an interval that is simultaneous over all pairs of the places that were
    left in the step that decided; NaN without a rival.
    """

    members: NDArray[np.bool_]
    rival: NDArray[np.int64]
    behind: Floats
    low: Floats
    high: Floats


def jointly(value: Floats, values: Floats, n_units: Floats | None = None, freedom: Floats | None = None) -> Joint:
    """Simultaneous intervals and adjusted p-values. value: (K,). values: (R, K), the same in each of R resamples.

    A cell of ``values`` that is NaN is left out. A value that is the same in all resamples has an interval of no width.
    n_units (K,): sentences or documents with items. Of few, the spread is unsure, which matters most for the largest of
    many: deviations are then those of Student's t, and the spread that resamples lack is added (n / (n − 1)).
    freedom (K,): the degrees of freedom of the spread, if they are not n − 1: values may be means over few draws, too.
    """
    value, values = np.asarray(value, dtype=float), np.asarray(values, dtype=float)
    spread = _spread(values)
    known = np.isfinite(value) & np.isfinite(spread)
    moved, size = _in_deviations(value, values, spread)
    largest = moved[:, known].max(axis=1, initial=0.0)  # (R,)
    critical, size = _quantile(largest), np.abs(size)
    half = np.full(len(value), critical)
    if n_units is not None:
        lacking = np.sqrt(1 + 1 / np.maximum(n_units - 1, 1))
        freedom = np.maximum(n_units - 1 if freedom is None else freedom, 1)
        half, size = lacking * stdtrit(freedom, ndtr(critical)), -ndtri(stdtr(freedom, -size / lacking))
    half = half * spread
    p = (1 + (largest[:, None] >= size).sum(axis=0)) / (1 + len(largest))
    return Joint(*(np.where(known, each, np.nan) for each in (value - half, value + half, p)))


def best_places(value: Floats, values: Floats, *, lower_is_better: bool = False) -> Best:
    """The places that cannot be told from the best one. value: (L,). values: (R, L).

    The model confidence set of Hansen, Lunde & Nason 2011 with the range statistic: while the largest studentised
    difference between two of the places left exceeds the 95 % quantile of its resamples, the place that is farthest
    behind another one is left out. The set holds all places that are truly best with 95 % probability at least.

    Places whose value is NaN are no members.
    """
    sign = -1.0 if lower_is_better else 1.0
    value, values = sign * np.asarray(value, dtype=float), sign * np.asarray(values, dtype=float)
    gap, gaps = value[:, None] - value, values[:, :, None] - values[:, None, :]  # how much better the first is
    spread = _spread(gaps)
    moved, ahead = _in_deviations(gap, gaps, spread)
    left = np.flatnonzero(np.isfinite(value))
    rival, half = np.full(len(value), -1), np.full(len(value), np.nan)
    critical = np.nan
    while len(left) > 1:
        pairs = np.ix_(left, left)
        critical = _quantile(moved[:, left][:, :, left].reshape(len(moved), -1).max(axis=1))
        behind = ahead[pairs].max(axis=0)
        worst = left[behind.argmax()]
        if behind.max() <= critical:
            break
        better = left[ahead[left, worst] > critical]
        rival[worst] = better[value[better].argmax()]
        half[worst] = critical * spread[rival[worst], worst]
        left = left[left != worst]
    others = left[value[left] < value[left].max(initial=-np.inf)]
    rival[others] = left[value[left].argmax()] if len(others) else -1
    half[others] = critical * spread[rival[others], others]
    behind = np.where(rival >= 0, gap[rival, np.arange(len(value))], np.nan)
    return Best(np.isin(np.arange(len(value)), left), rival, behind, behind - half, behind + half)


def _in_deviations(value: Floats, values: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """How far resamples lie from the value, (R, *K), and the value from 0, (*K), in deviations.

    Without spread the former is 0, and the latter 0 or infinite.
    """
    moving = spread > 0
    divisor = np.where(moving, spread, 1.0)
    moved = np.where(moving & np.isfinite(values), np.abs(values - value) / divisor, 0.0)
    still = np.where(np.abs(value) > _NOTHING, np.copysign(np.inf, value), 0.0)
    return moved, np.where(moving, value / divisor, still)


def _quantile(largest: Floats) -> float:
    """The 95 % quantile of the largest of all, (R,), or the next resample above it."""
    return float(np.quantile(largest, LEVEL, method="higher"))


def _spread(values: Floats) -> Floats:
    """The standard deviation over resamples, (R, K) -> (K,); NaN where fewer than two are defined."""
    defined = np.isfinite(values)
    n = defined.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(defined, values, 0).sum(axis=0) / n
        square = np.where(defined, (values - mean) ** 2, 0).sum(axis=0) / (n - 1)
    spread = np.sqrt(np.where(n > 1, square, np.nan))
    return np.where(spread > _NOTHING, spread, np.where(np.isnan(spread), np.nan, 0.0))
