"""95 % bootstrap over sentences or documents: intervals of scores, and of differences between two scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from probing.errors import ProbingError
from probing.result.confidence import ends, widening
from probing.result.counts import Counts as Counts
from probing.result.counts import blocks, totals
from probing.result.counts import n_units_in as n_units_in
from probing.result.linearised import summands
from probing.result.statistics import LIMITS, UNLIMITED, Floats, Statistics
from probing.rng import generator

_DRAWN = 2**18  # cells of Counts in one block while they are drawn, at 16 bytes each


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


@dataclass(frozen=True, eq=False)
class Sums:
    """One metric as sums over N sentences, at one or more places (a place: a layer, or a head of a layer).

    columns: arrays (N, …). formula: their totals over any set of sentences, (…) each, or (R, …) for R resamples -> the
    value at each place, (*places) or (R, *places). items: (N, *places), what was counted in each sentence. limits: the
    smallest and the largest value that the metric can have. freedom: degrees of freedom of its variance, if they are
    fewer than those of the sentences with items.
    """

    metric: str
    columns: tuple[Floats, ...]
    formula: Callable[..., Floats]
    items: Floats
    limits: tuple[float, float] = UNLIMITED
    freedom: float = np.inf


def resample_counts(n_sentences: int, n_resamples: int, rng: np.random.Generator) -> Counts:
    """How often each sentence (or document) is drawn, with replacement, into each resample: (R, N).

    The type is the smallest that holds the largest count, which is uint8 in practice: 1,000 resamples of 20,000
    sentences take 20 MB. Drawing in blocks gives the same numbers as one draw of (R, N).
    """
    counts: Counts = np.empty((n_resamples, n_sentences), dtype=np.uint8)
    for block in blocks(counts.shape, _DRAWN):
        drawn = rng.integers(n_sentences, size=counts[block].shape)
        drawn += n_sentences * np.arange(len(drawn))[:, None]
        found = np.bincount(drawn.ravel(), minlength=drawn.size)
        counts = counts.astype(np.promote_types(counts.dtype, np.min_scalar_type(int(found.max()))), copy=False)
        counts[block] = found.reshape(drawn.shape)
    return counts


@dataclass(frozen=True, eq=False)
class Resampled:
    """A metric at one or more places, and in each of R resamples: ``value`` (*places), ``values`` (R, *places).

    items: (N, *places), what was counted in each of the N sentences. n_units (*places): how many of the units that are
    drawn (sentences, or documents) have an item. limits: the smallest and the largest possible value. freedom: as in
    ``Sums``. draws: of what else the values are means (draws of a control), as the variance of that mean (*places) and
    its degrees of freedom.
    """

    metric: str
    value: Floats
    values: Floats
    items: Floats
    n_units: Floats
    limits: tuple[float, float] = UNLIMITED
    freedom: float = np.inf
    draws: tuple[tuple[Floats, int], ...] = ()

    def __sub__(self, other: "Resampled") -> "Resampled":
        """The difference on the same sentences and resamples; places must broadcast.

        Items are those of the side that has fewer. Raises ProbingError if the two differ in metric or in number of
        sentences: sentence i must be the same sentence on both sides.
        """
        if self.metric != other.metric or len(self.items) != len(other.items):
            seen = " and ".join(f"{s.metric} of {len(s.items)} sentences" for s in (self, other))
            raise ProbingError(f"cannot pair {seen}: a pair needs one metric on the same sentences; score both on them")
        items, n_units = np.minimum(self.items, other.items), np.minimum(self.n_units, other.n_units)
        (a_low, a_high), (b_low, b_high) = self.limits, other.limits
        limits, freedom = (a_low - b_high, a_high - b_low), min(self.freedom, other.freedom)
        value, values, draws = self.value - other.value, self.values - other.values, self.draws + other.draws
        return Resampled(self.metric, value, values, items, n_units, limits, freedom, draws)


def resampled(measured: Statistics | Sums, counts: Counts) -> Resampled:
    """The metric over all sentences and in each resample. Raises ProbingError if ``counts`` are of other sentences.

    Sentences that every resample holds equally often are of one unit.
    """
    sums = measured if isinstance(measured, Sums) else _sums(measured)
    n = len(sums.items)
    if counts.shape[1] != n:
        raise ProbingError(
            f"resamples of {counts.shape[1]} sentences, statistics of {n}: draw them with resample_counts({n}, …)"
        )
    value = np.asarray(sums.formula(*(column.sum(axis=0) for column in sums.columns)))
    values = sums.formula(*(totals(counts, c) for c in sums.columns))
    n_units = n_units_in(counts, sums.items)
    return Resampled(sums.metric, value, values, sums.items, n_units, sums.limits, sums.freedom)


def mean_over_draws(draws: Sequence[Resampled], *purpose: str) -> Resampled:
    """The mean over draws (of a control task, of seeds), resampled as a whole: sentences and draws are drawn anew.

    A resample is the mean of the draws on its sentences, plus the draws' differences from the mean of all, each with a
    random weight (wild bootstrap, Liu 1988), so that they add the variance of a mean of D draws. Draws differ on the
    scored sentences by chance too, which the sentences already tell: the differences are made smaller, so that their
    variance is the rest. One draw stays as it is: its interval is of that draw. All that has the same number of draws
    gets the same weights, so that layers can be paired, unless ``purpose`` differs.
    """
    n_draws = len(draws)
    if n_draws == 1:
        return draws[0]
    of_draws, values = np.stack([draw.value for draw in draws]), np.stack([draw.values for draw in draws])
    mean, means = of_draws.mean(axis=0), values.mean(axis=0)
    between = of_draws.var(axis=0, ddof=1)
    by_chance = np.nanvar(values - means, axis=1).sum(axis=0) / (n_draws - 1)
    smaller = np.sqrt(np.clip(1 - by_chance / np.where(between > 0, between, 1), 0, 1))
    rng = generator(0, "draws", *purpose, str(n_draws))
    weights = rng.standard_normal((values.shape[1], n_draws)) / np.sqrt(n_draws * (n_draws - 1))
    resamples = means + np.tensordot(weights, smaller * (of_draws - mean), axes=1)
    return replace(draws[0], value=mean, values=resamples, draws=((between / n_draws, n_draws - 1),))


def one_more_draw(draws: Sequence[Resampled], *purpose: str) -> Resampled:
    """The mean over two draws or more as a forecast of another: its spread is that of the mean and of a single one.

    What lies outside of its interval is more than one more draw of the same kind. purpose: as in ``mean_over_draws``.
    """
    mean, n_draws = mean_over_draws(draws, *purpose), len(draws)
    apart = mean.values - np.mean([draw.values for draw in draws], axis=0)  # as far as a mean of n draws varies
    [(variance, freedom)] = mean.draws
    values = mean.values + (np.sqrt(n_draws + 1) - 1) * apart
    return replace(mean, values=values, draws=((variance * (n_draws + 1), freedom),))


def interval(statistics: Statistics, counts: Counts) -> Score:
    """The score over all sentences with its interval; see ``scores``."""
    [score] = scores(resampled(statistics, counts))
    return score


def scores(found: Resampled) -> list[Score]:
    """Per place the value over all sentences with its interval, see ``confidence.ends``; it keeps to the limits.

    Places are in the order of ``np.ndindex``. Resamples in which the metric is undefined are left out of the interval.
    """
    value, values = found.value.ravel(), found.values.reshape(len(found.values), -1)
    n_units = found.n_units.ravel()
    low, high = ends(value, values, widening(n_units, degrees(found)))
    n_items = found.items.reshape(len(found.items), -1)
    counted = zip(n_items.sum(axis=0), (n_items > 0).sum(axis=0), strict=True)
    least, most = found.limits
    return [
        Score(float(value[at]), float(max(low[at], least)), float(min(high[at], most)), round(float(n)), int(sentences))
        for at, (n, sentences) in enumerate(counted)
    ]


def degrees(found: Resampled) -> Floats:
    """Degrees of freedom of the variance of each place, (P,): of the units and of the draws together.

    Satterthwaite 1946: a variance is the sum of one part per kind of draw and of the rest, which is that of the units.
    """
    values, n_units = found.values.reshape(len(found.values), -1), found.n_units.ravel()
    whole = np.nanvar(np.where(np.isfinite(values), values, np.nan), axis=0) if found.draws else np.ones(len(n_units))
    parts = [(np.minimum(np.ravel(variance), whole), freedom) for variance, freedom in found.draws]
    rest = np.maximum(whole - sum((part for part, _ in parts), np.zeros(len(whole))), 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        unsure = rest**2 / np.minimum(n_units - 1, found.freedom) + sum(
            (part**2 / n for part, n in parts), np.zeros(len(whole))
        )
        return np.asarray(np.where(unsure > 0, whole**2 / unsure, np.inf))


def _sums(statistics: Statistics) -> Sums:
    columns, formula, freedom = summands(statistics)
    limits = LIMITS.get(statistics.metric, UNLIMITED)
    return Sums(statistics.metric, (columns,), formula, statistics.items, limits, freedom)
