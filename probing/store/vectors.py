"""From stored subword rows to the vectors of words, sentences, edges or mentions, one layer at a time."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, IntArray, Level, Split
from probing.errors import ConfigError
from probing.model.pooling import Pooling, pooling_weights
from probing.store.encoding import BITS, rounded
from probing.store.item_pools import PlacesOf, Pool, item_pools, sentence_of_items
from probing.store.layout import StoreFile


class Vectors:
    """Vectors of a store, for the items that a task labels.

    An item is a word (levels word and pair), a sentence, or one of ``places``, with the vectors of its parts side by
    side (``item_pools``); ``product``: of its two parts also their product, element by element. Items are numbered in
    corpus order. ``available`` tells which items have a vector at all: a word that the tokenizer swallows or that was
    cut off has none. ``bits``: to how many significant bits the store has rounded numbers. ``width``: of an item's
    vector, D. ``layers``: those that there are.
    """

    def __init__(
        self,
        store: StoreFile,
        level: Level,
        vector: str,
        cls_position: str,
        places: PlacesOf | None = None,
        product: bool = False,
    ) -> None:
        self._store, index = store, store.index
        if places is None:
            parts = (index.word, index.start, index.length, index.n_words)
            self._pools = [pooling_weights(*parts, Pooling(level, vector, cls_position), index.last_word)]
            per_sentence = np.ones_like(index.n_words) if level == "sentence" else index.n_words
        else:
            self._pools = item_pools(index, vector, cls_position, places)
            per_sentence = np.bincount(sentence_of_items(places), minlength=len(index.n_words))
        self.product = product and len(self._pools) > 1
        self.layers, self.width = store.layers, store.width * len(self._pools) * (3 if self.product else 2) // 2
        self.bits = BITS[store.dtype]
        self.available: NDArray[np.bool_] = np.all([np.diff(pool.indptr) > 0 for pool in self._pools], axis=0)
        self._bounds = {s: _bounds(per_sentence, index.split == i) for i, s in enumerate(SPLITS)}

    def select(self, keep: NDArray[np.bool_]) -> "Vectors":
        """The same vectors for the items where ``keep`` (items,) is true, numbered from 0 again."""
        chosen = object.__new__(Vectors)
        chosen.__dict__.update(self.__dict__)
        chosen._pools = [pool[keep] for pool in self._pools]
        chosen.available = self.available[keep]
        total = np.concatenate([[0], np.cumsum(keep)])
        chosen._bounds = {s: (int(total[a]), int(total[b])) for s, (a, b) in self._bounds.items()}
        return chosen

    @property
    def pools(self) -> Sequence[Pool]:
        """Of each part of an item the stored subwords of its vector, (N, S) with their weights."""
        return self._pools

    @property
    def stored_width(self) -> int:
        """The width of a subword's vector."""
        return self._store.width

    def subwords(self, layer: int, rows: IntArray) -> NDArray[np.float32]:
        """The vectors (n, D) of stored subwords of one layer; ``rows``: their columns in ``pools``, ascending."""
        found = np.empty((len(rows), self.stored_width), np.float32)
        begin = self._store.index.block
        edges = np.searchsorted(rows, begin)
        for block in np.flatnonzero(np.diff(edges)).tolist():
            start, stop = edges[block : block + 2]
            found[start:stop] = self._store.block(layer, block)[rows[start:stop] - begin[block]]
        return found

    @property
    def subwords_gb(self) -> float:
        """How much memory one layer of all stored subwords takes, in GB."""
        return int(self._store.index.block[-1]) * self.stored_width * np.float32().nbytes / 1e9

    def bounds(self, split: Split) -> tuple[int, int]:
        """First and one past the last item of ``split``."""
        return self._bounds[split]

    def layer(self, layer: int) -> dict[Split, NDArray[np.float32]]:
        """Vectors of one layer per split, (N, D), from one sequential read; NaN for items that have none.

        Splits share no memory, so that one can be kept without the others.
        """
        found = {}
        for split, (start, stop) in self._bounds.items():
            found[split] = np.empty((stop - start, self.width), np.float32)
            found[split][~self.available[start:stop]] = np.nan  # all others are written below
        for items, vectors in self._pooled(layer, self._pools):
            for split, (start, stop) in self._bounds.items():
                inside = (items >= start) & (items < stop)
                found[split][items[inside] - start] = vectors[inside]
        return found

    def pick(self, layer: int, items: IntArray) -> NDArray[np.float32]:
        """Vectors (n, D) of these items of one layer, in the order given; NaN for items that have none.

        Only the batches that hold one of them are read, one at a time.
        """
        found = np.full((len(items), self.width), np.nan, np.float32)
        rows = np.asarray(items, dtype=np.int64)
        for places, vectors in self._pooled(layer, [pool[rows] for pool in self._pools]):
            found[places] = vectors
        return found

    def _pooled(self, layer: int, pools: Sequence[Pool]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Per batch of the store: which rows of the pools take their vector from it, and these vectors (N, D)."""
        there = np.flatnonzero(np.all([np.diff(pool.indptr) for pool in pools], axis=0))
        first_row = pools[0].indices[pools[0].indptr[there]]  # those of one sentence are in one batch
        block_of = np.searchsorted(self._store.index.block, first_row, side="right") - 1
        order = there[np.argsort(block_of, kind="stable")]
        edges = np.searchsorted(np.sort(block_of), np.arange(len(self._store.index.block)))
        for block, (start, stop) in enumerate(zip(edges, edges[1:], strict=False)):
            if stop > start:
                items = order[start:stop]
                rows, values = self._store.index.block[block : block + 2], self._store.block(layer, block)
                parts = [pool[items][:, rows[0] : rows[1]] @ values for pool in pools]
                if self._store.as_pooled:
                    parts = [rounded(part[None], self._store.dtype)[0] for part in parts]
                yield items, self._beside(parts)

    def _beside(self, parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The vectors of an item's parts, (N, D) each, in one row, after them the product of both halves if asked."""
        if self.product:
            half = len(parts) // 2
            parts = [*parts, *(one * other for one, other in zip(parts[:half], parts[half:], strict=True))]
        return parts[0] if len(parts) == 1 else np.hstack(parts)


def rows_of(store: StoreFile, number: int) -> NDArray[np.float32]:
    """All layers' rows of one sentence, (L, rows, D), from the one batch that holds them, its checksum verified."""
    start = int(store.index.start[number])
    block = int(np.searchsorted(store.index.block, start, side="right")) - 1
    first = start - int(store.index.block[block])
    rows = slice(first, first + int(store.index.length[number]))
    return np.stack([store.block(layer, block)[rows] for layer in store.layers])


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
