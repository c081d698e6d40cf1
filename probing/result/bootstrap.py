"""95 % percentile bootstrap over sentences: intervals of scores, and of differences between two scores."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from probing.errors import ProbingError
from probing.result.statistics import Floats, Statistics, combine, expand
from probing.rng import generator

Counts = NDArray[np.unsignedinteger]  # (R, N): how often each resample holds each sentence
_TAILS = (0.025, 0.975)
_DRAWN, _MULTIPLIED = 2**18, 2**21  # cells of Counts in one block: at 16 bytes while drawn, at 8 while multiplied
_ROWS = 16  # rows in a block are a multiple of it, so that BLAS treats a row as it would in the whole matrix


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


@dataclass(frozen=True)
class Sums:
    """One metric as sums over N sentences, at one or more places (a place: a layer, or a head of a layer).

    columns: arrays (N, …). formula: their totals over any set of sentences, (…) each, or (R, …) for R resamples -> the
    value at each place, (*places) or (R, *places). items: (N, *places), what was counted in each sentence.
    """

    metric: str
    columns: tuple[Floats, ...]
    formula: Callable[..., Floats]
    items: Floats


def resample_counts(n_sentences: int, n_resamples: int, rng: np.random.Generator) -> Counts:
    """How often each sentence is drawn, with replacement, into each resample: (R, N).

    The type is the smallest that holds the largest count, which is uint8 in practice: 1,000 resamples of 20,000
    sentences take 20 MB. Drawing in blocks gives the same numbers as one draw of (R, N).
    """
    counts: Counts = np.empty((n_resamples, n_sentences), dtype=np.uint8)
    for block in _blocks(counts.shape, _DRAWN):
        drawn = rng.integers(n_sentences, size=counts[block].shape)
        drawn += n_sentences * np.arange(len(drawn))[:, None]
        found = np.bincount(drawn.ravel(), minlength=drawn.size)
        counts = counts.astype(np.promote_types(counts.dtype, np.min_scalar_type(int(found.max()))), copy=False)
        counts[block] = found.reshape(drawn.shape)
    return counts


@lru_cache(maxsize=2)
def counts_of(n_sentences: int, n_resamples: int, *purpose: str) -> Counts:
    """The counts that ``generator(0, *purpose)`` draws: (R, N), read-only because they are shared.

    Everything that is measured on the same sentences for the same purpose is resampled alike, so that it can be paired.
    """
    counts = resample_counts(n_sentences, n_resamples, generator(0, *purpose))
    counts.flags.writeable = False
    return counts


def interval(statistics: Statistics, counts: Counts) -> Score:
    """The score over all sentences with its interval; see ``intervals``."""
    [score] = intervals(_sums(statistics), counts)
    return score


def paired(a: Statistics, b: Statistics, counts: Counts) -> Score:
    """The difference a − b on the same sentences: layers, models, task and control; see ``differences``."""
    [score] = differences(_sums(a), _sums(b), counts)
    return score


def intervals(sums: Sums, counts: Counts) -> list[Score]:
    """Per place the value over all sentences with its percentile interval (Efron & Tibshirani 1993, ch. 13).

    Places are in the order of ``np.ndindex``. Resamples in which the metric is undefined are left out of the interval.
    NSpr and DSpr give every sentence length the same weight, and a length with one sentence is missing from a third of
    the resamples: their interval leans to the common lengths.

    Raises ProbingError if ``counts`` are for another number of sentences.
    """
    return _scores(*_values(sums, counts), sums.items)


def differences(a: Sums, b: Sums, counts: Counts) -> list[Score]:
    """Per place the difference a − b with its interval; both sides are resampled together. Places must broadcast.

    Items are those of the side that has fewer. Raises ProbingError if the two differ in metric or in number of
    sentences: sentence i must be the same sentence on both sides.
    """
    if a.metric != b.metric or len(a.items) != len(b.items):
        seen = " and ".join(f"{s.metric} of {len(s.items)} sentences" for s in (a, b))
        raise ProbingError(f"cannot pair {seen}: want one metric on the same sentences; score both on them")
    (value_a, resampled_a), (value_b, resampled_b) = (_values(s, counts) for s in (a, b))
    return _scores(value_a - value_b, resampled_a - resampled_b, np.minimum(a.items, b.items))


def _sums(statistics: Statistics) -> Sums:
    formula = partial(combine, statistics.metric)
    return Sums(statistics.metric, (expand(statistics),), formula, statistics.items)


def _values(sums: Sums, counts: Counts) -> tuple[Floats, Floats]:
    """The value, (*places), and its resamples, (R, *places)."""
    n = len(sums.items)
    if counts.shape[1] != n:
        raise ProbingError(
            f"resamples of {counts.shape[1]} sentences, statistics of {n}: draw them with resample_counts({n}, …)"
        )
    value = sums.formula(*(column.sum(axis=0) for column in sums.columns))
    return np.asarray(value), sums.formula(*(_resampled(counts, column) for column in sums.columns))


def _resampled(counts: Counts, column: Floats) -> Floats:
    """Total of each resample: (R, N) @ (N, …) -> (R, …)."""
    flat = column.reshape(len(column), -1)
    totals = [counts[block].astype(np.float64) @ flat for block in _blocks(counts.shape, _MULTIPLIED)]
    return np.concatenate(totals).reshape(len(counts), *column.shape[1:])


def _blocks(shape: tuple[int, ...], cells: int) -> Iterator[slice]:
    """Slices of the rows of a matrix, each of about ``cells`` cells."""
    n_blocks = -(-shape[0] * shape[1] // cells) or 1
    rows = -(-shape[0] // (n_blocks * _ROWS)) * _ROWS
    return (slice(start, min(start + rows, shape[0])) for start in range(0, shape[0], rows))


def _scores(value: Floats, resampled: Floats, items: Floats) -> list[Score]:
    scores = []
    for place in np.ndindex(value.shape):
        defined = resampled[:, *place]
        defined = defined[np.isfinite(defined)]
        low, high = np.quantile(defined, _TAILS) if len(defined) else (np.nan, np.nan)
        n = items[:, *place]
        scores.append(Score(float(value[place]), float(low), float(high), round(float(n.sum())), int((n > 0).sum())))
    return scores
