"""How many sentences it takes to tell two scores apart, and which difference a test set can tell.

Power of a two-sided test of a difference that is normally distributed, as in Card et al. 2020 (*With little power comes
great responsibility*), with the variance of the paired difference of the very metric: the jackknife over sentences, and
over documents where they are known (Efron & Tibshirani 1993, ch. 11). The ratio of the two is the design effect (Kish
1965): by how much more than sentences drawn alone the sentences of whole documents vary.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from probing.result.statistics import Floats, Statistics, combine, expand


@dataclass(frozen=True)
class Spread:
    """How much a paired difference varies. ``deviation``: of it, times the root of the number of sentences, if these
    were drawn one by one. ``design_effect``: variance with whole documents ÷ variance with single sentences.
    """

    deviation: float
    design_effect: float = 1.0

    def standard_error(self, n_sentences: float) -> float:
        """Of the difference on so many sentences."""
        return float(self.deviation * np.sqrt(self.design_effect / n_sentences))

    def power(self, difference: float, n_sentences: float, level: float) -> float:
        """The probability that a true ``difference`` is found on so many sentences, at a two-sided ``level``."""
        shift = abs(difference) / self.standard_error(n_sentences)
        critical = norm.isf(level / 2)
        return float(norm.sf(critical - shift) + norm.cdf(-critical - shift))

    def sentences(self, difference: float, power: float, level: float) -> float:
        """How many sentences find a true ``difference`` with this power; the other tail is left out (below 1e-5)."""
        return float(self.design_effect * (self.deviation * _shift(power, level) / difference) ** 2)

    def difference(self, n_sentences: float, power: float, level: float) -> float:
        """The smallest true difference that so many sentences find with this power."""
        return _shift(power, level) * self.standard_error(n_sentences)


def spread_of(a: Statistics, b: Statistics, units: NDArray[np.int64]) -> tuple[float, Spread]:
    """The difference a − b of one metric on the same N sentences, and how much it varies; units (N,): documents."""
    sides = [(side.metric, expand(side)) for side in (a, b)]
    difference = float(np.subtract(*(combine(metric, values.sum(axis=0)) for metric, values in sides)))
    single = _jackknife(sides, np.arange(len(units)))
    effect = _jackknife(sides, units) / single if single > 0 else 1.0
    return difference, Spread(float(np.sqrt(single * len(units))), float(effect))


def of_disagreement(share: float, items: float) -> Spread:
    """The spread of a difference in accuracy between two that have one right where the other is wrong for this share.

    items: per sentence. It is that of independent items: sqrt(share / items), an upper bound for a given share.
    """
    return Spread(float(np.sqrt(share / items)))


def _jackknife(sides: list[tuple[str, Floats]], units: NDArray[np.int64]) -> float:
    """Variance of the difference when whole units are drawn."""
    places = np.unique(units, return_inverse=True)[1]
    n_units = int(places.max()) + 1
    without = []
    for metric, values in sides:
        sums = np.zeros((n_units, values.shape[1]))
        np.add.at(sums, places, values)
        without.append(combine(metric, values.sum(axis=0) - sums))
    left_out = without[0] - without[1]
    return float((n_units - 1) / n_units * ((left_out - left_out.mean()) ** 2).sum())


def _shift(power: float, level: float) -> float:
    """How many standard errors a difference must have."""
    return float(norm.isf(level / 2) + norm.ppf(power))
