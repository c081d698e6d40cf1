"""95 % intervals from resampled values: bias-corrected and accelerated, and widened for few units.

A percentile interval is too narrow for few units (it takes the spread for known), and it lies on the wrong side of a
skewed distribution: accuracies near 1 are covered from one side only. Both are mended here, for every interval alike.
What the intervals cover is measured by ``python -m pipelines.coverage``.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from probing.result.statistics import Floats

Z = float(special.ndtri(0.975))
_ENDS = np.array([-Z, Z])
_MOST_BIAS = 0.5  # of z0: beyond it the resampled values say that the value is not in their middle at all


def ends(value: Floats, values: Floats, widened: Floats) -> tuple[Floats, Floats]:
    """Lower and upper end of the 95 % interval at each place, (P,) each.

    value (P,): over all sentences. values (R, P): in each resample; what is not finite is left out. widened (P,):
    ``widening``. NaN where no resample has a value.

    The levels are those of BCa (Efron 1987): z0 from the share of resampled values below the value, and the
    acceleration, a sixth of the skewness of the influences of the units, from the resampled values, which have the same
    skewness because they are sums over drawn units. The ends are then moved away from the value by ``widened``; an
    interval of few resamples that would leave out its value reaches it.
    """
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=0)  # NaN last
    n_defined = np.isfinite(ordered).sum(axis=0)
    below, equal = ((ordered < value).sum(axis=0), (ordered == value).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        bias = special.ndtri((below + equal / 2) / n_defined).clip(-_MOST_BIAS, _MOST_BIAS)
        shifted = bias + _ENDS[:, None]  # (2, P)
        levels = special.ndtr(bias + shifted / (1 - _skewness(ordered) / 6 * shifted))
    low, high = value + widened * (_quantile(ordered, levels, n_defined) - value)
    return np.minimum(low, value), np.maximum(high, value)


def widening(n_units: Floats, freedom: Floats) -> Floats:
    """By what the ends of an interval are moved away from the value (Hesterberg 2015, section 5.3).

    n_units: resamples of n units have n/(n − 1) times too little variance. freedom: the quantile is that of Student's
    t with so many degrees of freedom. 1 where there is one unit or none, whose spread nothing can tell.
    """
    n, degrees = np.maximum(n_units, 2), np.maximum(freedom, 1)
    factor = special.stdtrit(degrees, 0.975) / Z * np.sqrt(1 + 1 / (n - 1))
    return np.asarray(np.where(n_units > 1, factor, 1.0))


def _skewness(ordered: Floats) -> Floats:
    """Skewness of each column, without NaN; 0 where all values are equal."""
    n = np.maximum(np.isfinite(ordered).sum(axis=0), 1)
    centred = ordered - np.nansum(ordered, axis=0) / n
    second, third = (np.nansum(centred**power, axis=0) / n for power in (2, 3))
    return np.asarray(np.where(second > 0, third / np.where(second > 0, second, 1) ** 1.5, 0.0))


def _quantile(ordered: Floats, levels: Floats, n_defined: NDArray[np.integer]) -> Floats:
    """Quantiles of the first ``n_defined`` values of each sorted column, between values linearly: (K, P)."""
    at = levels * (n_defined - 1)
    at = np.where(np.isfinite(at) & (n_defined > 0), at, 0)
    under = np.floor(at).astype(np.int64)
    over = np.minimum(under + 1, np.maximum(n_defined - 1, 0))
    low, high = (np.take_along_axis(ordered, place, axis=0) for place in (under, over))
    return np.asarray(low + (at - under) * (high - low))
