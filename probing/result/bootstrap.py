"""95 % percentile bootstrap over sentences or documents: intervals of scores, and of differences between two scores."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

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


@dataclass(frozen=True)
class Resampled:
    """A metric at one or more places, and in each of R resamples: ``value`` (*places), ``values`` (R, *places).

    items: (N, *places), what was counted in each of the N sentences.
    """

    metric: str
    value: Floats
    values: Floats
    items: Floats

    def __sub__(self, other: "Resampled") -> "Resampled":
        """The difference on the same sentences and resamples; places must broadcast.

        Items are those of the side that has fewer. Raises ProbingError if the two differ in metric or in number of
        sentences: sentence i must be the same sentence on both sides.
        """
        if self.metric != other.metric or len(self.items) != len(other.items):
            seen = " and ".join(f"{s.metric} of {len(s.items)} sentences" for s in (self, other))
            raise ProbingError(f"cannot pair {seen}: want one metric on the same sentences; score both on them")
        items = np.minimum(self.items, other.items)
        return Resampled(self.metric, self.value - other.value, self.values - other.values, items)


def resampled(measured: Statistics | Sums, counts: Counts) -> Resampled:
    """The metric over all sentences and in each resample. Raises ProbingError if ``counts`` are of other sentences."""
    sums = measured if isinstance(measured, Sums) else _sums(measured)
    n = len(sums.items)
    if counts.shape[1] != n:
        raise ProbingError(
            f"resamples of {counts.shape[1]} sentences, statistics of {n}: draw them with resample_counts({n}, …)"
        )
    value = np.asarray(sums.formula(*(column.sum(axis=0) for column in sums.columns)))
    return Resampled(sums.metric, value, sums.formula(*(_totals(counts, c) for c in sums.columns)), sums.items)


def mean_over_draws(draws: Sequence[Resampled], *purpose: str) -> Resampled:
    """The mean over draws (of a control task, of seeds), resampled as a whole: sentences and draws are drawn anew.

    Each resample takes the mean of D − 1 of the D draws, with replacement, so that the variance over draws is that of a
    mean of D (Rao & Wu 1988, with n − 1 units per resample). One draw stays as it is: its interval is of that draw.
    All that has the same number of draws picks the same ones, so that layers can be paired, unless ``purpose`` differs.
    """
    n_draws = len(draws)
    if n_draws == 1:
        return draws[0]
    value = np.mean([draw.value for draw in draws], axis=0)
    values = np.stack([draw.values for draw in draws], axis=-1)  # (R, *places, D)
    rng = generator(0, "draws", *purpose, str(n_draws))
    picked = rng.multinomial(n_draws - 1, np.full(n_draws, 1 / n_draws), size=len(values)) / (n_draws - 1)
    mean = np.einsum("r...d,rd->r...", values, picked)
    return Resampled(draws[0].metric, value, mean, draws[0].items)


def interval(statistics: Statistics, counts: Counts) -> Score:
    """The score over all sentences with its interval; see ``scores``."""
    [score] = scores(resampled(statistics, counts))
    return score


def paired(a: Statistics, b: Statistics, counts: Counts) -> Score:
    """The difference a − b on the same sentences (layers, models, task and control) with its interval."""
    [score] = scores(resampled(a, counts) - resampled(b, counts))
    return score


def scores(found: Resampled) -> list[Score]:
    """Per place the value over all sentences with its percentile interval (Efron & Tibshirani 1993, ch. 13).

    Places are in the order of ``np.ndindex``. Resamples in which the metric is undefined are left out of the interval.
    """
    made = []
    for place in np.ndindex(found.value.shape):
        defined = found.values[:, *place]
        defined = defined[np.isfinite(defined)]
        low, high = np.quantile(defined, _TAILS) if len(defined) else (np.nan, np.nan)
        n, value = found.items[:, *place], float(found.value[place])
        made.append(Score(value, float(low), float(high), round(float(n.sum())), int((n > 0).sum())))
    return made


def _sums(statistics: Statistics) -> Sums:
    formula = partial(combine, statistics.metric)
    return Sums(statistics.metric, (expand(statistics),), formula, statistics.items)


def _totals(counts: Counts, column: Floats) -> Floats:
    """Total of each resample: (R, N) @ (N, …) -> (R, …)."""
    flat = column.reshape(len(column), -1)
    totals = [counts[block].astype(np.float64) @ flat for block in _blocks(counts.shape, _MULTIPLIED)]
    return np.concatenate(totals).reshape(len(counts), *column.shape[1:])


def _blocks(shape: tuple[int, ...], cells: int) -> Iterator[slice]:
    """Slices of the rows of a matrix, each of about ``cells`` cells."""
    n_blocks = -(-shape[0] * shape[1] // cells) or 1
    rows = -(-shape[0] // (n_blocks * _ROWS)) * _ROWS
    return (slice(start, min(start + rows, shape[0])) for start in range(0, shape[0], rows))
