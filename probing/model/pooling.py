"""From subwords to words or sentences: which subwords make up an item's vector, and with what weight."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probing.axes import IntArray, Level
from probing.errors import ConfigError, one_of


@dataclass(frozen=True)
class Pooling:
    """How items get their vectors: a word or a sentence is the mean of its subwords, their first, or their last.

    The subwords of a sentence are those of its words; ``cls`` takes the subword that stands for the sentence, at
    ``cls_position`` (first, last; none: there is none), instead, and ``all`` the mean of all subwords, also of special
    ones and those of a chat template. At the level ``pair`` the items are words.
    Raises: ConfigError for another level, vector or position, and for ``cls`` where there is none.
    """

    level: Level = "word"
    vector: str = "mean"
    cls_position: str = "first"

    def __post_init__(self) -> None:
        one_of("level", self.level, ("word", "pair", "sentence"))
        one_of("vector", self.vector, ("mean", "first", "last", *(("cls", "all") if self.level == "sentence" else ())))
        one_of("cls_position", self.cls_position, ("first", "last", "none"))
        require_cls(self.vector, self.cls_position)


def require_cls(vector: str, cls_position: str) -> None:
    """Raise ConfigError if the vector of a subword is asked for that the model's tokenizer does not give."""
    if (vector, cls_position) == ("cls", "none"):
        raise ConfigError(
            "task.vector=cls: the tokenizer of this model puts no [CLS] before or after a sentence; "
            "type task.vector=mean"
        )


def pooling_weights(
    words: IntArray,
    starts: IntArray,
    lengths: IntArray,
    n_words: IntArray,
    pooling: Pooling,
    last_words: IntArray | None = None,
) -> sparse.csr_matrix:
    """Weights (items, S) that pool subwords; the row of an item without subwords is empty.

    words (S,): which word of its sentence a subword belongs to, negative: none. last_words (S,), used at the level of
    words: a subword belongs to all words from words to last_words. Sentence i holds the subwords starts[i] to
    starts[i] + lengths[i] - 1 and n_words[i] words; subwords of no sentence (padding) may lie between.
    Items are numbered sentence by sentence. Each row's weights are all alike: 1 / its number of subwords.
    """
    sentence = np.repeat(np.arange(len(starts)), lengths)
    rows = np.arange(len(sentence)) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    if pooling.vector == "cls":
        items = np.flatnonzero(lengths)
        rows = starts[items] + (0 if pooling.cls_position == "first" else lengths[items] - 1)
        return _weights(items, rows, "mean", (len(starts), len(words)))
    if pooling.vector == "all":
        return _weights(sentence, rows, "mean", (len(starts), len(words)))
    in_word = words[rows] >= 0
    rows, sentence = rows[in_word], sentence[in_word]
    if pooling.level == "sentence":
        return _weights(sentence, rows, pooling.vector, (len(starts), len(words)))
    first_word = np.concatenate([[0], np.cumsum(n_words)])
    items = first_word[sentence] + words[rows]
    if last_words is not None:
        copies = last_words[rows] - words[rows] + 1
        places = np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
        items, rows = np.repeat(items, copies) + places, np.repeat(rows, copies)
    return _weights(items, rows, pooling.vector, (int(first_word[-1]), len(words)))


def _weights(
    items: NDArray[np.int64], rows: NDArray[np.int64], vector: str, shape: tuple[int, int]
) -> sparse.csr_matrix:
    order = np.lexsort((rows, items))
    items, rows = items[order], rows[order]
    if vector != "mean":
        change = np.diff(items, prepend=-1) if vector == "first" else np.diff(items, append=-1)
        items, rows = items[change != 0], rows[change != 0]
    weights = (1.0 / np.bincount(items, minlength=shape[0])[items]).astype(np.float32)
    return sparse.csr_matrix((weights, (items, rows)), shape=shape)
