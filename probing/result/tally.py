"""Measurements of tallies: means of attention methods with their 95 % intervals, per layer or per layer and head."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from probing.axes import Tally
from probing.errors import ProbingError
from probing.result.bootstrap import Resampled, Score, Sums, resampled, scores
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.statistics import Floats


def measure_tallies(tallies: Iterable[Tally], seed: int, resampling: Resampling) -> list[Measurement]:
    """One measurement per layer, or per layer and head, of every tally; a mean over no item is left out.

    The interval is that of a ratio of sums: both the sums and the items are resampled. ``seed`` is the run's and only
    noted; all tallies over the same sentences share their resamples.
    """
    measured = []
    for tally in tallies:
        found = scores(resampled_tally(tally, resampling))
        for place, score in zip(np.ndindex(tally.sums.shape[1:]), found, strict=True):
            if score.n_sentences:
                layer, head = tally.layers[place[0]], place[1] if len(place) > 1 else None
                where = (tally.split, tally.target, layer, head, seed, tally.metric)
                measured.append(Measurement(*where, **vars(score), probe=tally.probe))
    return measured


def tally_difference(a: Tally, b: Tally, resampling: Resampling) -> list[Score]:
    """Mean of ``a`` minus mean of ``b`` at each place, resampled together.

    Raises ProbingError if they differ in metric or in number of sentences; both must be over the same sentences.
    """
    return scores(resampled_tally(a, resampling) - resampled_tally(b, resampling))


def resampled_tally(tally: Tally, resampling: Resampling) -> Resampled:
    """The means of a tally at its places and in each resample; all tallies on these sentences share them."""
    return resampled(sums_of(tally), resampling.counts("bootstrap", "attention"))


def mean_over_heads(tally: Tally) -> Tally:
    """The mean over the heads of each layer, to be measured with an interval of its own: (N, L, H) -> (N, L).

    The mean of the ends of the heads' intervals is no interval of their mean, because heads vary together.

    Raises ProbingError if the tally has no heads, or if its heads count different items: the mean of their means is
    then no ratio of sums.
    """
    if tally.sums.ndim != 3:
        raise ProbingError(f"{tally.metric} has sums of shape {tally.sums.shape}; expected: (sentences, layers, heads)")
    items = tally.items
    if items.ndim == 3:
        if (items != items[:, :, :1]).any():
            raise ProbingError(f"{tally.metric}: heads of a layer count different items, so they have no common mean")
        items = items[:, :, 0]
    return replace(tally, sums=tally.sums.mean(axis=2), items=items)


def sums_of(tally: Tally) -> Sums:
    """A tally as sums that can be resampled; means of shares keep to 0 and 1, and what is never negative to 0."""
    items = tally.items.reshape(tally.items.shape + (1,) * (tally.sums.ndim - tally.items.ndim))
    items = np.broadcast_to(items, tally.sums.shape)
    least = 0.0 if tally.sums.min(initial=0) >= 0 else -np.inf
    most = 1.0 if least == 0 and (tally.sums <= items).all() else np.inf
    return Sums(tally.metric, (tally.sums, items), _ratio, items, (least, most))


def _ratio(sums: Floats, items: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / items)
