"""How often resamples hold sentences, (R, N): totals over resamples, block by block, and the units that were drawn."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from probing.result.statistics import Floats
from probing.rng import generator

Counts = NDArray[np.unsignedinteger]  # (R, N): how often each resample holds each sentence
_MULTIPLIED = 2**21  # cells of Counts in one block while they are multiplied, at 8 bytes each
_ROWS = 16  # rows in a block are a multiple of it, so that BLAS treats a row as it would in the whole matrix
_TOLD = 64  # resamples that tell units apart


def totals(counts: Counts, column: Floats) -> Floats:
    """Total of each resample: (R, N) @ (N, …) -> (R, …)."""
    flat = column.reshape(len(column), -1)
    totals = [counts[block].astype(np.float64) @ flat for block in blocks(counts.shape, _MULTIPLIED)]
    return np.concatenate(totals).reshape(len(counts), *column.shape[1:])


def blocks(shape: tuple[int, ...], cells: int) -> Iterator[slice]:
    """Slices of the rows of a matrix, each of about ``cells`` cells."""
    n_blocks = -(-shape[0] * shape[1] // cells) or 1
    rows = -(-shape[0] // (n_blocks * _ROWS)) * _ROWS
    return (slice(start, min(start + rows, shape[0])) for start in range(0, shape[0], rows))


def n_units_in(counts: Counts, items: Floats) -> Floats:
    """How many units have an item, (*places); units are told by their counts in the first resamples."""
    weights = generator(0, "units").integers(2**63, size=min(len(counts), _TOLD), dtype=np.uint64)
    unit = np.unique(weights @ counts[:_TOLD].astype(np.uint64), return_inverse=True)[1]
    order = np.argsort(unit, kind="stable")
    starts = np.flatnonzero(np.diff(unit[order], prepend=-1))
    return np.asarray(np.logical_or.reduceat(items[order] > 0, starts).sum(axis=0), dtype=np.float64)
