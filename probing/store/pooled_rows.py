"""A file of word or sentence vectors instead of subwords: the same layout with one row for each item."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from probing.model.pooling import Pooling, pooling_weights
from probing.store.encoding import rounded
from probing.store.file_index import Content, Index

Rows = Callable[[int], NDArray[np.float32]]


def pooled(content: Content, rows: Rows, how: Pooling) -> tuple[Content, Rows]:
    """From what a file of all subwords would hold, and what gives its batches, both for the file of pooled vectors.

    An item without a subword has no row. Subwords are rounded as their file would round them before they are pooled, so
    that what is pooled from that file and rounded once more is the same.
    """
    index = content.index
    weights = pooling_weights(index.word, index.start, index.length, index.n_words, how, index.last_word)  # (items, S)
    n_items = np.ones_like(index.n_words) if how.level == "sentence" else index.n_words
    sentence = np.repeat(np.arange(len(n_items)), n_items)
    there = np.flatnonzero(np.diff(weights.indptr))
    order = there[np.argsort(index.start[sentence[there]], kind="stable")]  # of batches, then of words
    block = np.searchsorted(index.start[sentence[order]], index.block)

    def of_batch(batch: int) -> NDArray[np.float32]:
        items, (first, last) = order[slice(*block[batch : batch + 2])], index.block[batch : batch + 2]
        part = weights[items][:, first:last]
        return np.stack([part @ layer for layer in rounded(rows(batch), content.dtype)])

    n_layers, _, width = content.shape
    found = _index(index, order, sentence[order], n_items)
    shape = (n_layers, len(order), width)
    return replace(content, index=replace(found, block=block.astype(np.int64)), shape=shape), of_batch


def _index(index: Index, items: NDArray[np.int64], sentence: NDArray[np.int64], n_items: NDArray[np.int64]) -> Index:
    """The index of the rows ``items``, whose sentences are ``sentence``; a sentence has ``n_items`` with its own."""
    start = np.zeros_like(index.start)
    own, first = np.unique(sentence, return_index=True)
    start[own] = first
    word = (items - (np.cumsum(n_items) - n_items)[sentence]).astype(np.int32)
    return replace(
        index,
        start=start,
        length=np.bincount(sentence, minlength=len(start)).astype(np.int64),
        word=word,
        subword=np.full(len(items), -1, np.int32),
        last_word=None if index.last_word is None else word,
    )
