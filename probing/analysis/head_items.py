"""What a classifier's head reads of a corpus: one vector for each item that has a label."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probing.attention.interventions.model_head import as_fine_tuned
from probing.axes import IntArray, Progress, Sentence
from probing.model.encoder import Encoder
from probing.model.maps import usable
from probing.model.pooling import Pooling, pooling_weights
from probing.model.saved_head import ModelHead
from probing.model.subwords import Subwords

_CHUNK = 64  # sentences whose hidden states of all layers are in memory at a time


@dataclass(frozen=True, eq=False)
class HeadItems:
    """The N items of a split. vectors (N, D): as the head reads them. labels: the items' classes, cut by sentence.

    left_out: how many items have no vector, by reason.
    """

    vectors: NDArray[np.float32]
    labels: Sequence[IntArray]
    left_out: Mapping[str, int]


def head_items(
    encoder: Encoder, sentences: Sequence[Sentence], labels: Sequence[IntArray], on_progress: Progress
) -> HeadItems:
    """The vectors that ``encoder.head`` reads; labels: per sentence (1,), or (W,) for a head that classifies words.

    A negative label is none. A sentence that does not fit into one input is left out, and so is a word without a
    subword: a classifier in transformers does not read them either.
    """
    head = encoder.head
    assert head is not None
    subwords = as_fine_tuned(encoder, encoder.tokenize_sentences(sentences))
    fits = usable(encoder, subwords)
    vectors, kept, left_out = [np.zeros((0, encoder.width), np.float32)], [], Counter[str]()
    for first in range(0, len(sentences), _CHUNK):
        on_progress("reading sentences", first, len(sentences))
        last = min(first + _CHUNK, len(sentences))
        part = subwords.part(first, last)
        pool = _pool(part, head)
        known = [np.asarray(one) >= 0 for one in labels[first:last]]
        whole = np.repeat(fits[first:last], [len(one) for one in known])
        spelled = np.diff(pool.indptr) > 0
        left_out["in a sentence longer than the window"] += int((np.concatenate(known) & ~whole).sum())
        left_out["without a subword"] += int((np.concatenate(known) & whole & ~spelled).sum())
        chosen = np.concatenate(known) & whole & spelled
        vectors.append(np.asarray(pool[np.flatnonzero(chosen)] @ encoder.hidden(part)[-1], np.float32))
        cut = np.split(chosen, np.cumsum([len(one) for one in known])[:-1])
        kept += [np.asarray(label)[here] for label, here in zip(labels[first:last], cut, strict=True)]
    on_progress("reading sentences", len(sentences), len(sentences))
    return HeadItems(np.concatenate(vectors), kept, dict(+left_out))


def _pool(subwords: Subwords, head: ModelHead) -> sparse.csr_matrix:
    """Weights (items, S) that give the vectors that the head reads; an item without a subword has none."""
    lengths, n_words = np.diff(subwords.offsets), subwords.n_words.astype(np.int64)
    if head.kind != "tag" and head.reads == "mean":  # of all subwords, special ones too
        rows = np.repeat(np.arange(len(lengths)), lengths)
        weights = (1 / lengths[rows]).astype(np.float32)
        return sparse.csr_matrix((weights, (rows, np.arange(len(rows)))), (len(lengths), len(rows)))
    how = Pooling("word", "first") if head.kind == "tag" else Pooling("sentence", "cls", head.reads)
    return pooling_weights(subwords.words, subwords.offsets[:-1], lengths, n_words, how, subwords.last_words)
