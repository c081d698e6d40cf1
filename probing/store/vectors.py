"""From stored subword rows to the vectors of words or sentences, one layer at a time."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probing.axes import SPLITS, IntArray, Level, Split
from probing.errors import ConfigError
from probing.model.pooling import Pooling, pooling_weights
from probing.store.encoding import BITS, NARROW, ROUNDED
from probing.store.layout import StoreFile


class Vectors:
    """Word or sentence vectors of a store, for the items that a task labels.

    An item is a word (levels word and pair) or a sentence; items are numbered in corpus order. ``available``
    tells which items have a vector at all: a word that the tokenizer swallows or that was cut off has none.
    ``bits``: to how many significant bits the store has rounded numbers.
    """

    def __init__(self, store: StoreFile, level: Level, vector: str, cls_position: str) -> None:
        self._store = store
        self.n_layers, self.width = store.n_layers, store.width
        self.bits = BITS[NARROW if store.provenance.get(ROUNDED) else store.dtype]
        index, pooling = store.index, Pooling(level, vector, cls_position)
        parts = (index.word, index.start, index.length, index.n_words)
        self._pool = pooling_weights(*parts, pooling, index.last_word)  # (items, S)
        self.available: NDArray[np.bool_] = np.diff(self._pool.indptr) > 0
        per_sentence = np.ones_like(index.n_words) if level == "sentence" else index.n_words
        self._bounds = {s: _bounds(per_sentence, index.split == i) for i, s in enumerate(SPLITS)}

    def select(self, keep: NDArray[np.bool_]) -> "Vectors":
        """The same vectors for the items where ``keep`` (items,) is true, numbered from 0 again."""
        chosen = object.__new__(Vectors)
        chosen.__dict__.update(self.__dict__)
        chosen._pool = self._pool[keep]
        chosen.available = self.available[keep]
        total = np.concatenate([[0], np.cumsum(keep)])
        chosen._bounds = {s: (int(total[a]), int(total[b])) for s, (a, b) in self._bounds.items()}
        return chosen

    def bounds(self, split: Split) -> tuple[int, int]:
        """First and one past the last item of ``split``."""
        return self._bounds[split]

    def layer(self, layer: int) -> dict[Split, NDArray[np.float32]]:
        """Vectors of one layer per split, (N, D), from one sequential read; NaN for items that have none.

        Splits share no memory, so that one can be kept without the others.
        """
        found = {
            split: np.full((stop - start, self.width), np.nan, np.float32)
            for split, (start, stop) in self._bounds.items()
        }
        for items, vectors in self._pooled(layer, self._pool):
            for split, (start, stop) in self._bounds.items():
                inside = (items >= start) & (items < stop)
                found[split][items[inside] - start] = vectors[inside]
        return found

    def pick(self, layer: int, items: IntArray) -> NDArray[np.float32]:
        """Vectors (n, D) of these items of one layer, in the order given; NaN for items that have none.

        Only the batches that hold one of them are read, one at a time.
        """
        found = np.full((len(items), self.width), np.nan, np.float32)
        for places, vectors in self._pooled(layer, self._pool[np.asarray(items, dtype=np.int64)]):
            found[places] = vectors
        return found

    def _pooled(self, layer: int, pool: sparse.csr_matrix) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Per batch of the store: which rows of ``pool`` take their vector from it, and these vectors (W, D)."""
        there = np.flatnonzero(np.diff(pool.indptr))
        first_row = pool.indices[pool.indptr[there]]
        block_of = np.searchsorted(self._store.index.block, first_row, side="right") - 1
        order = there[np.argsort(block_of, kind="stable")]
        edges = np.searchsorted(np.sort(block_of), np.arange(len(self._store.index.block)))
        for block, (start, stop) in enumerate(zip(edges, edges[1:], strict=False)):
            if stop > start:
                items = order[start:stop]
                rows = self._store.index.block[block : block + 2]
                yield items, pool[items][:, rows[0] : rows[1]] @ self._store.block(layer, block)  # (S, D) -> (W, D)


def rows_of(store: StoreFile, number: int) -> NDArray[np.float32]:
    """All layers' rows of one sentence, (L, rows, D), from the one batch that holds them, its checksum verified."""
    start = int(store.index.start[number])
    block = int(np.searchsorted(store.index.block, start, side="right")) - 1
    first = start - int(store.index.block[block])
    rows = slice(first, first + int(store.index.length[number]))
    return np.stack([store.block(layer, block)[rows] for layer in range(store.n_layers)])


def check_layers(layers: Sequence[int], n_layers: int) -> None:
    """Raise ConfigError for a layer that the model does not have."""
    if wrong := [layer for layer in layers if not 0 <= layer < n_layers]:
        raise ConfigError(
            f"layers={','.join(map(str, wrong))}: the model has layers 0 (embedding output) to {n_layers - 1}; "
            "type layers=all or a list of these, e.g. layers=[0,1]"
        )


def _bounds(per_sentence: NDArray[np.int64], members: NDArray[np.bool_]) -> tuple[int, int]:
    ends = np.concatenate([[0], np.cumsum(per_sentence)])
    where = np.flatnonzero(members)
    return (int(ends[where[0]]), int(ends[where[-1] + 1])) if len(where) else (0, 0)
