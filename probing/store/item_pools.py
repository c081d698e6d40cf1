"""Which stored subwords make up the vector of an edge, a mention or a pair of mentions, and with what weight."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probing.axes import SPLITS, Places, Split
from probing.model.pooling import Pooling, pooling_weights
from probing.store.file_index import Index

PlacesOf = Mapping[Split, Sequence[Places]]
Pool: TypeAlias = sparse.csr_matrix  # (items, S)


def sentence_of_items(places: PlacesOf) -> NDArray[np.int64]:
    """The number of each item's sentence, train first, (N,)."""
    counts = [len(found.words) for split in SPLITS for found in places[split]]
    return np.repeat(np.arange(len(counts)), counts)


def item_pools(index: Index, vector: str, cls_position: str, places: PlacesOf) -> list[Pool]:
    """Weights (N, S) for each of the vectors that stand side by side in the vector of an item.

    vector: of each part of an item. ``mean``: over the subwords of its words. ``ends``: the vectors (means) of its
    first and of its last word, two for each part. ``cls``: one vector, that of the sentence, whatever the parts.
    ``first``, ``last``: of the subwords of a part's first word. The row of a part without subwords is empty. The file
    must hold the sentences of ``places`` in the same order. Raises: ConfigError for ``cls`` where there is none.
    """
    parts = (index.word, index.start, index.length, index.n_words)
    sentence = sentence_of_items(places)
    if vector == "cls":
        whole = pooling_weights(*parts, Pooling("sentence", "cls", cls_position), index.last_word)
        return [whole[sentence]]
    of_word = "mean" if vector == "ends" else vector
    words = pooling_weights(*parts, Pooling("word", of_word, cls_position), index.last_word)  # (W, S)
    spans = [found.spans for split in SPLITS for found in places[split]]
    if not len(sentence):
        return [words[:0]]
    first_word = np.concatenate([[0], np.cumsum(index.n_words)])[sentence]
    ends = np.concatenate(spans) + first_word[:, None, None]  # (N, K, 2), words of the whole corpus
    n_parts = ends.shape[1]
    if vector == "ends":
        return [words[ends[:, k, side] - side] for k in range(n_parts) for side in (0, 1)]
    if vector != "mean":
        return [words[ends[:, k, 0]] for k in range(n_parts)]
    return [_means(words, ends[:, k]) for k in range(n_parts)]


def _means(words: Pool, spans: NDArray[np.int64]) -> Pool:
    """Each row the mean over the subwords of some words in a row: (W, S) and (N, 2) -> (N, S).

    A subword that belongs to several of the words counts once.
    """
    lengths = spans[:, 1] - spans[:, 0]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    columns = np.arange(ends[-1]) + np.repeat(spans[:, 0] - ends[:-1], lengths)
    members = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(spans), words.shape[0]))
    found = (members @ words.astype(bool).astype(np.float32)).tocsr()
    found.sort_indices()
    counts = np.diff(found.indptr)
    found.data = np.repeat(1 / np.maximum(counts, 1), counts).astype(np.float32)
    return found
