"""From stored subword rows to the vectors of words or sentences, one layer at a time."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probing.axes import SPLITS, IntArray, Level, Split
from probing.errors import ConfigError
from probing.store.layout import StoreFile


class Vectors:
    """Word or sentence vectors of a store, for the items that a task labels.

    An item is a word (levels word and pair) or a sentence; items are numbered in corpus order. ``available``
    tells which items have a vector at all: a word that the tokenizer swallows or that was cut off has none.
    """

    def __init__(self, store: StoreFile, level: Level, vector: str, cls_position: str) -> None:
        self._store = store
        self.n_layers, self.width = store.n_layers, store.width
        pool = _sentence_pool if level == "sentence" else _word_pool
        self._pool = pool(store, vector, cls_position)  # (items, S)
        self.available: NDArray[np.bool_] = np.diff(self._pool.indptr) > 0
        index = store.index
        per_sentence = np.ones_like(index.n_words) if level == "sentence" else index.n_words
        self._bounds = {s: _bounds(per_sentence, index.split == i) for i, s in enumerate(SPLITS)}

    def select(self, keep: NDArray[np.bool_]) -> "Vectors":
        """The same vectors for the items where ``keep`` (items,) is true, numbered anew."""
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
        """Vectors of one layer per split, (N, D), from one sequential read; NaN for items that have none."""
        vectors = np.empty((self._pool.shape[0], self.width), np.float32)
        vectors[~self.available] = np.nan
        for block, items, weights in self._blocks:
            vectors[items] = weights @ self._store.block(layer, block)  # (S, D) -> (W, D)
        return {split: vectors[start:stop] for split, (start, stop) in self._bounds.items()}

    @property
    def _blocks(self) -> Iterator[tuple[int, NDArray[np.int64], sparse.csr_matrix]]:
        """Per batch of the store: the items in it, and the weights that pool its rows."""
        there = np.flatnonzero(self.available)
        first_row = self._pool.indices[self._pool.indptr[there]]
        block_of = np.searchsorted(self._store.index.block, first_row, side="right") - 1
        order = there[np.argsort(block_of, kind="stable")]
        edges = np.searchsorted(np.sort(block_of), np.arange(len(self._store.index.block)))
        for block, (start, stop) in enumerate(zip(edges, edges[1:], strict=False)):
            if stop > start:
                items = order[start:stop]
                rows = self._store.index.block[block : block + 2]
                yield block, items, self._pool[items][:, rows[0] : rows[1]]


def rows_of(store: StoreFile, number: int) -> NDArray[np.float32]:
    """All layers' rows of one sentence, (L, rows, D), from the one batch that holds them, its checksum verified."""
    start = int(store.index.start[number])
    block = int(np.searchsorted(store.index.block, start, side="right")) - 1
    first = start - int(store.index.block[block])
    rows = slice(first, first + int(store.index.length[number]))
    return np.stack([store.block(layer, block)[rows] for layer in range(store.n_layers)])


def check_layers(layers: Sequence[int], n_layers: int) -> None:
    """Raise ConfigError for a layer that the model lacks."""
    if wrong := [layer for layer in layers if not 0 <= layer < n_layers]:
        raise ConfigError(
            f"layers={','.join(map(str, wrong))}: the model has layers 0 (embedding output) to {n_layers - 1}; "
            "type layers=all or a list of these, e.g. layers=[0,1]"
        )


def _word_pool(store: StoreFile, vector: str, cls_position: str) -> sparse.csr_matrix:
    """Weights (words, S) that pool the subwords of each word: all alike, the first, or the last."""
    index = store.index
    first_word = np.concatenate([[0], np.cumsum(index.n_words)])
    rows = np.flatnonzero(index.word >= 0)
    items = first_word[_sentence_of_row(store)[rows]] + index.word[rows]
    return _weights(items, rows, vector, (int(first_word[-1]), len(index.word)))


def _sentence_pool(store: StoreFile, vector: str, cls_position: str) -> sparse.csr_matrix:
    """Weights (sentences, S): the mean over words' subwords, the last of them, or the model's cls position."""
    index = store.index
    shape = (len(index.length), len(index.word))
    if vector == "cls":
        items = np.flatnonzero(index.length)
        first = index.start[items]
        rows = first if cls_position == "first" else first + index.length[items] - 1
        return _weights(items, rows, "mean", shape)
    rows = np.flatnonzero(index.word >= 0)
    return _weights(_sentence_of_row(store)[rows], rows, vector, shape)


def _sentence_of_row(store: StoreFile) -> NDArray[np.int64]:
    order = np.argsort(store.index.start, kind="stable")
    return np.repeat(order, store.index.length[order])


def _weights(items: IntArray, rows: IntArray, vector: str, shape: tuple[int, int]) -> sparse.csr_matrix:
    order = np.lexsort((rows, items))
    items, rows = items[order], rows[order]
    if vector != "mean":
        change = np.diff(items, prepend=-1) if vector == "first" else np.diff(items, append=-1)
        items, rows = items[change != 0], rows[change != 0]
    weights = (1.0 / np.bincount(items, minlength=shape[0])[items]).astype(np.float32)
    return sparse.csr_matrix((weights, (items, rows)), shape=shape)


def _bounds(per_sentence: NDArray[np.int64], members: NDArray[np.bool_]) -> tuple[int, int]:
    ends = np.concatenate([[0], np.cumsum(per_sentence)])
    where = np.flatnonzero(members)
    return (int(ends[where[0]]), int(ends[where[-1] + 1])) if len(where) else (0, 0)
