"""The training items that are nearest to a vector, as a probe sees them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.errors import DataError, positive
from probing.probe.fit import Scale


@dataclass(frozen=True, eq=False)
class Neighbours:
    """items (n,): rows of train, nearest first. distances (n,): 1 - cosine, from 0 to 2."""

    items: NDArray[np.int64]
    distances: NDArray[np.float64]


def nearest(train: NDArray[np.float32], query: NDArray[np.float32], scale: Scale, n: int = 10) -> Neighbours:
    """The ``n`` rows of ``train`` (N, D) nearest to ``query`` (D,) by cosine; all rows if there are fewer.

    Both are standardised by ``scale``, as the probe does. Rows that hold NaN (items without a vector) are left out.
    Raises: DataError if nothing is left, or the query holds NaN; ConfigError unless n is positive.
    """
    from sklearn.neighbors import NearestNeighbors

    positive("neighbours", n)
    mean, deviation = scale
    there = np.flatnonzero(np.isfinite(train).all(axis=1))
    if not len(there) or not np.isfinite(query).all():
        raise DataError(
            "nearest sentences: no vector to compare; a text with a word, and training sentences, are expected"
        )
    index = NearestNeighbors(n_neighbors=min(n, len(there)), metric="cosine", algorithm="brute")
    index.fit((train[there] - mean) / deviation)
    distances, rows = index.kneighbors(((query - mean) / deviation)[None])
    return Neighbours(there[rows[0]], distances[0].astype(np.float64))
