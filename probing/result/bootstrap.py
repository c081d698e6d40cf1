"""95 % percentile bootstrap over sentences, for one score or for the difference of two."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.errors import ProbingError
from probing.result.statistics import Floats, Statistics, combine, expand

Counts = NDArray[np.float32]  # (R, n_sentences): how often each resample holds each sentence
_TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Score:
    """A value, its 95 % interval, and what was counted; all in the metric's own unit.

    ``n_sentences`` are the sentences with at least one item. NaN: undefined, see ``statistics.combine``.
    """

    value: float
    ci_low: float
    ci_high: float
    n_items: int
    n_sentences: int


def resample_counts(n_sentences: int, n_resamples: int, rng: np.random.Generator) -> Counts:
    """How often each sentence is drawn, with replacement, into each resample: (R, n_sentences)."""
    drawn = rng.integers(n_sentences, size=(n_resamples, n_sentences))
    drawn += n_sentences * np.arange(n_resamples)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=n_resamples * n_sentences)
    return counts.reshape(n_resamples, n_sentences).astype(np.float32)


def interval(statistics: Statistics, counts: Counts) -> Score:
    """The score over all sentences with its percentile interval (Efron & Tibshirani 1993, ch. 13).

    The same ``counts`` serve every layer and metric of a run. Resamples in which the metric is undefined
    are left out of the interval. NSpr and DSpr give every length one vote, and a length with one sentence
    is missing from a third of the resamples: their interval leans to the common lengths.

    Raises ProbingError where ``counts`` are for another number of sentences.
    """
    value, resampled = _values(statistics, counts)
    return _score(value, resampled, statistics.items)


def paired(a: Statistics, b: Statistics, counts: Counts) -> Score:
    """The difference a − b on the same sentences, resampled together: layers, models, task and control.

    Items are those of the side that has fewer. Raises ProbingError where the two differ in metric or in
    number of sentences: sentence i must be the same sentence on both sides.
    """
    if a.metric != b.metric or len(a.values) != len(b.values):
        seen = " and ".join(f"{s.metric} of {len(s.values)} sentences" for s in (a, b))
        raise ProbingError(f"cannot pair {seen}: want one metric on one list of sentences; score both on it")
    (value_a, resampled_a), (value_b, resampled_b) = (_values(s, counts) for s in (a, b))
    return _score(value_a - value_b, resampled_a - resampled_b, np.minimum(a.items, b.items))


def _values(statistics: Statistics, counts: Counts) -> tuple[float, Floats]:
    sums = expand(statistics)
    if counts.shape[1] != len(sums):
        raise ProbingError(
            f"resamples of {counts.shape[1]} sentences, statistics of {len(sums)}: "
            f"draw them with resample_counts({len(sums)}, …)"
        )
    return float(combine(statistics.metric, sums.sum(axis=0))), combine(statistics.metric, counts @ sums)


def _score(value: float, resampled: Floats, items: NDArray[Any]) -> Score:
    defined = resampled[np.isfinite(resampled)]
    low, high = np.quantile(defined, _TAILS) if len(defined) else (np.nan, np.nan)
    return Score(value, float(low), float(high), round(float(items.sum())), int((items > 0).sum()))
