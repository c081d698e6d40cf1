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


def layer_gb(vectors: Vectors) -> float:
    """How much memory the vectors of all items in one layer take, in GB."""
    return gigabytes(sum(stop - start for start, stop in map(vectors.bounds, SPLITS)), vectors.width)


def groups(layers: Sequence[int], per_layer: float, memory_gb: float) -> Iterator[Sequence[int]]:
    """The layers, as many at a time as fit into ``memory_gb`` at ``per_layer`` GB each; at least one."""
    at_once = max(1, int(memory_gb / per_layer) - 1)  # while a layer is read, it is in memory twice
    for begin in range(0, len(layers), at_once):
        yield layers[begin : begin + at_once]
