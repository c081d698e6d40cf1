"""Metrics as sums over sentences, so that a bootstrap is a matrix product and runs can be paired.

Each metric first reduces every sentence to a few numbers (``Statistics``); ``combine`` turns their sum
over any set of sentences into the value. Columns of ``Statistics.values``, which a run may write to disk:

==============  ==================  ===============  ==========  ==========
metric          s0                  s1               s2          s3
==============  ==================  ===============  ==========  ==========
accuracy        correct             items            0           0
r2              squared error       items            sum of y    sum of y²
nspr, dspr      sum of rho          rows counted     words       0
nspr_mean, …    as nspr and dspr; every sentence (of dspr: every word) counts alike
root_accuracy   1 if correct        1 if counted     0           0
uuas            edges in common     gold edges       0           0
uas             right heads         words            0           0
code lengths    bits                labels           uniform     0
==============  ==================  ===============  ==========  ==========

Code lengths are ``codelength_bits`` and ``compression``: the bits of the uniform code divided by those of the probe.
``macro_f1`` has 3 C columns instead (true positives, predicted and gold items of each of C classes).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.errors import one_of

Floats = NDArray[np.float64]
SHORTEST, LONGEST = 5, 50  # sentence lengths that NSpr and DSpr average over (Hewitt & Manning 2019)
RANK_METRICS = ("nspr", "dspr")
MEANS = {"nspr": "nspr_mean", "dspr": "dspr_mean"}  # the same over all sentences alike, whatever their lengths
UNLIMITED = (-np.inf, np.inf)


@dataclass(frozen=True, eq=False)
class Statistics:
    """One metric's sufficient statistics: values (n_sentences, k), columns as above.

    For rank metrics: in ``constant_gold`` rows all gold values are equal, and these rows are left out; in
    ``constant_predicted`` rows all predicted values are equal, and these count as correlation 0. Reports state both.
    """

    metric: str
    values: Floats
    constant_gold: int = 0
    constant_predicted: int = 0

    def __post_init__(self) -> None:
        """Raise ConfigError unless ``metric`` is one of METRICS."""
        one_of("metric", self.metric, METRICS)

    @property
    def items(self) -> Floats:
        """How many items were counted in each sentence: (n_sentences,)."""
        if self.metric == "macro_f1":
            return np.asarray(self.values[:, -self.values.shape[1] // 3 :].sum(axis=1))
        return np.asarray(self.values[:, 1])


def expand(statistics: Statistics) -> Floats:
    """Columns whose sum over sentences ``combine`` accepts: (n_sentences, k) -> (n_sentences, K).

    Only rank metrics change: each of their columns becomes one column per sentence length.
    """
    if statistics.metric not in RANK_METRICS:
        return statistics.values
    scored = np.flatnonzero(statistics.items)
    length = statistics.values[scored, 2].astype(int) - SHORTEST
    spread = np.zeros((len(statistics.values), 2, LONGEST - SHORTEST + 1))
    spread[scored, :, length] = statistics.values[scored, :2]
    return spread.reshape(len(spread), -1)


def combine(metric: str, totals: Floats) -> Floats:
    """The metric's value from the summed columns of ``expand``: (..., K) -> (...).

    NaN where it is undefined: without any item, or for ``r2`` if all gold values are equal.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return METRICS[metric](totals)


def _ratio(totals: Floats) -> Floats:
    return np.asarray(totals[..., 0] / totals[..., 1])


def _r2(totals: Floats) -> Floats:
    sse, n, y, yy = (totals[..., c] for c in range(4))
    spread = yy - y**2 / n
    # A difference of two large sums: if all values are equal, the rest is a rounding error and not variance.
    return np.asarray(1 - sse / np.where(spread > 1e-10 * yy, spread, np.nan))


def _macro_f1(totals: Floats) -> Floats:
    hits, predicted, gold = np.moveaxis(totals.reshape(*totals.shape[:-1], 3, -1), -2, 0)
    f1 = np.where(gold > 0, 2 * hits / (predicted + gold), 0)
    return np.asarray(f1.sum(axis=-1) / (gold > 0).sum(axis=-1))


def _mean_over_lengths(totals: Floats) -> Floats:
    rho, rows = np.moveaxis(totals.reshape(*totals.shape[:-1], 2, -1), -2, 0)
    means = np.where(rows > 0, rho / rows, 0)
    return np.asarray(means.sum(axis=-1) / (rows > 0).sum(axis=-1))


METRICS: dict[str, Callable[[Floats], Floats]] = {
    "accuracy": _ratio,
    "macro_f1": _macro_f1,
    "r2": _r2,
    "nspr": _mean_over_lengths,
    "dspr": _mean_over_lengths,
    "nspr_mean": _ratio,
    "dspr_mean": _ratio,
    "root_accuracy": _ratio,
    "uuas": _ratio,
    "uas": _ratio,
    "codelength_bits": lambda totals: np.asarray(totals[..., 0]),
    "compression": lambda totals: np.asarray(totals[..., 2] / totals[..., 0]),
}

# the smallest and the largest value of a metric
LIMITS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("accuracy", "macro_f1", "root_accuracy", "uuas", "uas"), (0.0, 1.0)),
    **dict.fromkeys((*RANK_METRICS, *MEANS.values()), (-1.0, 1.0)),
    "r2": (-np.inf, 1.0),
    "codelength_bits": (0.0, np.inf),
    "compression": (0.0, np.inf),
}
