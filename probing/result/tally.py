"""From sums per sentence to means with their 95 % intervals, for any number of layers and heads at once."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import Tally
from probing.errors import ProbingError
from probing.result.bootstrap import Counts

_TAILS = (0.025, 0.975)


def rows_of_tally(tally: Tally, seed: int, counts: Counts) -> Iterator[dict[str, Any]]:
    """One row per layer, or per layer and head, without the run's identity; a mean over no item is left out.

    counts (R, N) as drawn by ``bootstrap.resample_counts``. The interval is of a ratio of sums: both the sums and the
    items are resampled.
    """
    mean, low, high = means(tally, counts)
    items = spread(tally).sum(axis=0)
    sentences = (spread(tally) > 0).sum(axis=0)
    for place in np.ndindex(mean.shape):
        if items[place] > 0:
            yield {
                "split": tally.split,
                "target": tally.target,
                "probe": tally.probe,
                "layer": tally.layers[place[0]],
                "head": place[1] if len(place) > 1 else None,
                "seed": seed,
                "metric": tally.metric,
                "value": float(mean[place]),
                "ci_low": float(low[place]),
                "ci_high": float(high[place]),
                "n_items": round(float(items[place])),
                "n_sentences": int(sentences[place]),
            }


def means(tally: Tally, counts: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean and both ends of its interval, each (L,) or (L, H); NaN where there is no item."""
    return _interval(*_both(tally, counts))


def difference(
    a: Tally, b: Tally, counts: Counts
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean of ``a`` minus mean of ``b`` on the same sentences, resampled together; shapes must broadcast."""
    if len(a.sums) != len(b.sums):
        raise ProbingError(f"cannot pair {len(a.sums)} with {len(b.sums)} sentences: want the same sentences")
    (value_a, resampled_a), (value_b, resampled_b) = _both(a, counts), _both(b, counts)
    return _interval(value_a - value_b, resampled_a - resampled_b)


def spread(tally: Tally) -> NDArray[np.float64]:
    """``items`` in the shape of ``sums``."""
    items = tally.items.reshape(tally.items.shape + (1,) * (tally.sums.ndim - tally.items.ndim))
    return np.broadcast_to(items, tally.sums.shape)


def _both(tally: Tally, counts: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n = len(tally.sums)
    if counts.shape[1] != n:
        raise ProbingError(f"resamples of {counts.shape[1]} sentences, sums of {n}: draw them for {n}")
    shape = tally.sums.shape[1:]
    sums, items = tally.sums.reshape(n, -1), spread(tally).reshape(n, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = sums.sum(axis=0) / items.sum(axis=0)
        resampled = (counts @ sums) / (counts @ items)
    return value.reshape(shape), resampled.reshape(-1, *shape)


def _interval(
    value: NDArray[np.float64], resampled: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    low, high = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    defined = np.isfinite(value)
    if defined.any():  # a resample may hold no item of a rare kind
        low[defined], high[defined] = np.nanquantile(resampled[:, defined], _TAILS, axis=0)
    return value, low, high
