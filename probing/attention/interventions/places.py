"""Where a readout reads: the positions of every label, and those of the word that the label belongs to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probing.model.batches import Batch


@dataclass(frozen=True, eq=False)
class Places:
    """Where a readout reads in a batch, in the order of its readings: P places in B sentences of at most T subwords.

    rows (P,): the row in the batch of each place. reads (P, T): the share that each position has in the vector that is
    read; rows sum to 1. own (P, T), bool: the positions of the word whose label is read; none where the label is of
    the whole sentence.
    """

    rows: NDArray[np.int64]
    reads: NDArray[np.float32]
    own: NDArray[np.bool_]


def by_position(pool: sparse.csr_matrix, rows: NDArray[np.int64], batch: Batch) -> NDArray[np.float32]:
    """From weights of all positions of a batch, (P, B * T), to those of each place's own sentence, (P, T)."""
    found = np.zeros((len(rows), batch.ids.shape[1]), dtype=np.float32)
    entries = pool.tocoo()
    found[entries.row, entries.col - rows[entries.row] * batch.ids.shape[1]] = entries.data
    return found
