"""Which sentences of a split, or which of their words, a classifier is asked about."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray, Sentence

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SplitItems:
    """N items of one split.

    rows (N,): of their vectors, as ``study.items`` has them. sentences (N,): the number of each one's sentence. words
    (N,): the place of the word in it, from 0; None: the items are the sentences themselves.
    """

    rows: Integers
    sentences: Integers
    words: Integers | None = None

    def __len__(self) -> int:
        """Number of items."""
        return len(self.rows)

    def at(self, kept: Integers) -> "SplitItems":
        """Those at some places among them."""
        return SplitItems(self.rows[kept], self.sentences[kept], None if self.words is None else self.words[kept])

    @property
    def places(self) -> Integers:
        """What ``Groups`` of a whole split count: its sentences, or the rows of its words."""
        return self.sentences if self.words is None else self.rows


def items_of(words: Sequence[IntArray], of_words: bool) -> SplitItems:
    """All items of a split. words: per sentence the places of its items, as ``Items.words``."""
    lengths = [len(one) for one in words]
    sentences = np.repeat(np.arange(len(words)), lengths)
    places = np.concatenate([*words, np.zeros(0, np.int64)]).astype(np.int64)
    return SplitItems(np.arange(len(sentences)), sentences, places if of_words else None)


def gold_at(sentences: Sequence[Sentence], gold: Sequence[int], words: Sequence[int] | None) -> list[Integers]:
    """Labels as readouts take them: (1,) of each sentence, or (W,) with the class at one word and −1 at all others."""
    if words is None:
        return [np.array([label]) for label in gold]
    found = [np.full(len(sentence.words), -1) for sentence in sentences]
    for labels, label, word in zip(found, gold, words, strict=True):
        labels[word] = label
    return found
