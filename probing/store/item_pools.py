"""Which stored subwords make up the vector of an edge, a mention or a pair of mentions, and with what weight."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probing.axes import SPLITS, IntArray, Places, Split
from probing.model.pooling import Pooling, pooling_weights
from probing.store.file_index import Index
from probing.task.labels import LAST_PROMPT

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
    ``first``, ``last``: the first subword of its first word, the last one of its last word. ``prompt``, ``answer``: as
    ``mean``; ``last_prompt``: the subword before its first word, of a template too, or the last one of a sentence where
    no word follows. The row of a part without subwords is empty. The file must hold the sentences of ``places`` in the
    same order. Raises: ConfigError for ``cls`` where there is none.
    """
    parts = (index.word, index.start, index.length, index.n_words)
    sentence = sentence_of_items(places)
    if vector == "cls":
        whole = pooling_weights(*parts, Pooling("sentence", "cls", cls_position), index.last_word)
        return [whole[sentence]]
    of_word = vector if vector in ("first", "last") else "mean"
    words = pooling_weights(*parts, Pooling("word", of_word, cls_position), index.last_word)  # (W, S)
    spans = [found.spans for split in SPLITS for found in places[split]]
    if not len(sentence):
        return [words[:0]]
    first_word = np.concatenate([[0], np.cumsum(index.n_words)])[sentence]
    ends = np.concatenate(spans) + first_word[:, None, None]  # (N, K, 2), words of the whole corpus
    n_parts = ends.shape[1]
    if vector == LAST_PROMPT:
        return [_before(index, np.concatenate(spans)[:, 0, 0], sentence)]
    if vector == "ends":
        return [words[ends[:, k, side] - side] for k in range(n_parts) for side in (0, 1)]
    if vector in ("first", "last"):
        return [words[ends[:, k, 0] if vector == "first" else ends[:, k, 1] - 1] for k in range(n_parts)]
    return [_means(words, ends[:, k]) for k in range(n_parts)]


def _before(index: Index, words: IntArray, sentence: NDArray[np.int64]) -> Pool:
    """The subword before a word of each item's sentence, (N,) and (N,) -> (N, S); none if the word was cut off.

    Of a sentence without that word, the last subword; none if the sentence may have been cut off.
    """
    cut = index.length.max(initial=0) if index.counts.get("truncated_sentences") else None
    rows = np.full(len(words), -1, dtype=np.int64)
    for item, (word, number) in enumerate(zip(words.tolist(), sentence.tolist(), strict=True)):
        start, length = int(index.start[number]), int(index.length[number])
        later = np.flatnonzero(index.word[start : start + length] >= word)
        whole = word == index.n_words[number] and length != cut
        place = int(later[0]) if len(later) else length if whole else 0
        rows[item] = start + place - 1 if place else -1
    found = np.flatnonzero(rows >= 0)
    weights = np.ones(len(found), np.float32)
    return sparse.csr_matrix((weights, (found, rows[found])), shape=(len(words), len(index.word)))


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
