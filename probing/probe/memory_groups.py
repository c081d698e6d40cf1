"""Layers in groups whose vectors fit into memory together."""

from collections.abc import Iterator, Sequence

import numpy as np

from probing.axes import SPLITS
from probing.store.vectors import Vectors


def gigabytes(n_items: int, width: int) -> float:
    """How much memory one layer of so many vectors takes, in GB.

    >>> gigabytes(1_000_000, 250)
    1.0
    """
    return n_items * width * np.float32().nbytes / 1e9


def groups(layers: Sequence[int], vectors: Vectors, memory_gb: float) -> Iterator[Sequence[int]]:
    """The layers, as many at a time as fit into ``memory_gb``; at least one."""
    n_items = sum(stop - start for start, stop in map(vectors.bounds, SPLITS))
    # while a layer is read, it is in memory twice
    at_once = max(1, int(memory_gb / gigabytes(n_items, vectors.width)) - 1)
    for begin in range(0, len(layers), at_once):
        yield layers[begin : begin + at_once]
