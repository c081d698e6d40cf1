"""NSpr and DSpr as linear functions of the sentences, so that a resample needs no sentence of every length.

Both give every sentence length the same weight, also one that a single sentence has. A resample of sentences lacks that
length in a third of the cases, and the mean over the lengths that it has is of other lengths than the value is: its
centre moves, and the spread within lengths is lost. Instead each sentence gets its influence on the value, and a
resample is the value plus the influences that it holds more or less often (the linearisation of survey statistics,
Deville 1999; Wolter 2007, chapter 6). The interval is of the macro-average of the population's means of those lengths
that the scored sentences have.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from probing.result.statistics import RANK_METRICS, Floats, Statistics, combine, expand

_LENDING = 4  # sentences of neighbouring lengths that tell the spread of a length with one sentence


def summands(statistics: Statistics) -> tuple[Floats, Callable[[Floats], Floats], float]:
    """Columns (N, K), the metric's value from their totals over any set of sentences, (..., K) -> (...), and the
    degrees of freedom of its variance, infinite if they are those of the sentences.

    For rank metrics one column, the influences; over all sentences the value is that of ``combine``.
    """
    metric = statistics.metric
    if metric not in RANK_METRICS:
        return expand(statistics), lambda totals: combine(metric, totals), np.inf
    value, (influence, freedom) = float(combine(metric, expand(statistics).sum(axis=0))), influences(statistics)
    whole = influence.sum()
    return influence[:, None], lambda totals: value + totals[..., 0] - whole, freedom


def influences(statistics: Statistics) -> tuple[Floats, float]:
    """What each sentence adds to NSpr or DSpr beyond a usual sentence of its length, (N,); 0 for one without items.

    The deviations from the mean of n sentences are smaller than those from the population's: they are multiplied by
    the root of n / (n − 1). A length with one sentence tells nothing of its spread and borrows it from its neighbours
    (collapsed strata, Wolter 2007, section 2.5). Also the degrees of freedom of their variance (Satterthwaite 1946):
    most of it may be that of a few rare lengths.
    """
    rho, rows, length = (statistics.values[:, column] for column in range(3))
    influence, scored, unsure, n_alone = np.zeros(len(rows)), rows > 0, 0.0, 0
    lengths, n_sentences = np.unique(length[scored], return_counts=True)
    for one, n in zip(lengths, n_sentences, strict=True):
        same = scored & (length == one)
        of = same if n > 1 else _with_neighbours(one, length, scored)
        freedom = max(int(of.sum()) - 1, 1)
        deviation = (rho[same] - rows[same] * rho[of].sum() / rows[of].sum()) * np.sqrt(1 + 1 / freedom)
        if n == 1:  # longer sentences are harder than their neighbours: all alone would deviate to one side
            n_alone += 1
            deviation = np.abs(deviation) * (-1) ** n_alone
        influence[same] = deviation / (rows[same].sum() * len(lengths))
        unsure += (influence[same] ** 2).sum() ** 2 / freedom
    return influence, float((influence**2).sum() ** 2 / unsure) if unsure else np.inf


def _with_neighbours(one: float, length: Floats, scored: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The sentences of one length and of the nearest others, as many lengths as have _LENDING sentences."""
    away = np.where(scored, np.abs(length - one), np.inf)
    others = np.sort(away[np.isfinite(away)])
    return np.asarray(away <= others[min(_LENDING, len(others) - 1)])
