"""Tasks on dependency trees: depth of a word, distance between two words, depth of the whole tree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from probing.axes import Corpus, Kind, Labels, Level, Sentence
from probing.errors import one_of
from probing.task.control_labels import by_type, from_train, shuffled
from probing.task.labels import HEADS, SENTENCE_VECTORS, WORD_VECTORS, Form, Gold, check_annotated, labels_of


def depths(heads: Sequence[int]) -> NDArray[np.int64]:
    """Number of edges from each word to the root, (W,); heads are 1-based, 0 for the root.

    >>> depths([2, 0, 2, 3]).tolist()
    [1, 0, 1, 2]
    """
    known: dict[int, int] = {0: -1}

    def depth(word: int) -> int:
        path = []
        while word not in known:
            path.append(word)
            word = heads[word - 1]
        for step, node in enumerate(reversed(path), start=1):
            known[node] = known[word] + step
        return known[path[0]] if path else known[word]

    return np.array([depth(word) for word in range(1, len(heads) + 1)], dtype=np.int64)


def distances(heads: Sequence[int]) -> NDArray[np.int64]:
    """Number of edges between every two words, (W, W); heads are 1-based, 0 for the root.

    >>> distances([2, 0, 2]).tolist()
    [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    """
    n = len(heads)
    # ancestors[i, j]: j is on the path from i to the root; i itself is included.
    ancestors = np.zeros((n, n), dtype=bool)
    for word in range(n):
        node = word + 1
        while node:
            ancestors[word, node - 1] = True
            node = heads[node - 1]
    depth = ancestors.sum(axis=1)
    common = ancestors.astype(np.int64) @ ancestors.T.astype(np.int64)  # (W, W) shared ancestors
    return np.asarray(depth[:, None] + depth[None, :] - 2 * common)


@dataclass(frozen=True)
class Depth:
    """Predict the depth of a word in its tree (root 0).

    The control gives every word type a random depth from the training distribution.
    """

    name: str
    vector: str = "mean"
    level: ClassVar[Level] = "word"
    kind: ClassVar[Kind] = "scalar"
    metrics: ClassVar[tuple[str, ...]] = ("nspr", "root_accuracy", "r2")
    control_note: ClassVar[str] = "one random depth per word type, the same in all splits"
    memorised: ClassVar[bool] = False
    surface: ClassVar[str] = "position in the sentence"

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, WORD_VECTORS)

    def gold(self, sentence: Sentence) -> Gold | None:
        """The depths of one sentence's words, (W,)."""
        return depths(sentence.heads).tolist() if sentence.heads else None

    def labels(self, corpus: Corpus) -> Labels:
        """(W,) depths per sentence; NaN for a sentence without a tree."""
        return labels_of(self, corpus, HEADS)

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """One random depth per word type."""
        values_of = by_type(corpus, rng, from_train(labels), form)
        values = {split: [values_of(s) for s in sentences] for split, sentences in corpus.splits.items()}
        return Labels("word", "scalar", values)


@dataclass(frozen=True)
class Distance:
    """Predict the distance between two words in their tree.

    The control draws a habit for every word type: its words always attach to the first word of the sentence, to the
    last word, or to the word before. The result is a tree without syntax. It follows the edge control of Hewitt &
    Liang 2019, except that there a word may attach to itself, which would leave the tree unconnected.
    """

    name: str
    vector: str = "mean"
    level: ClassVar[Level] = "pair"
    kind: ClassVar[Kind] = "scalar"
    metrics: ClassVar[tuple[str, ...]] = ("uuas", "dspr")
    control_note: ClassVar[str] = "a tree in which each word type always attaches to the first, last or previous word"
    memorised: ClassVar[bool] = False
    surface: ClassVar[str] = "distance in the text"

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, WORD_VECTORS)

    def gold(self, sentence: Sentence) -> None:
        """None: a label belongs to two words."""

    def labels(self, corpus: Corpus) -> Labels:
        """(W, W) distances per sentence; NaN for a sentence without a tree."""
        annotated = {split: [bool(s.heads) for s in sentences] for split, sentences in corpus.splits.items()}
        check_annotated(corpus, self.name, HEADS, annotated)
        values = {split: [_distances(s) for s in sentences] for split, sentences in corpus.splits.items()}
        return Labels("pair", "scalar", values)

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """Distances in the tree that the habits give."""
        habit_of = by_type(corpus, rng, lambda r, n: r.integers(3, size=n), form)
        values = {
            split: [distances(habit_heads(habit_of(s))) for s in sentences]
            for split, sentences in corpus.splits.items()
        }
        return Labels("pair", "scalar", values)


def _distances(sentence: Sentence) -> NDArray[np.int64] | NDArray[np.float64]:
    n = len(sentence.words)
    return distances(sentence.heads) if sentence.heads else np.full((n, n), np.nan)


def habit_heads(habits: NDArray[np.int64]) -> list[int]:
    """Heads of the control tree: habit 0 attaches to the first word, 1 to the last, 2 to the previous one.

    The first word is the root and the last word attaches to it, so that no habit can close a cycle.

    >>> habit_heads(np.array([2, 1, 0, 2, 1]))
    [0, 5, 1, 3, 1]
    """
    n = len(habits)
    heads = [(1, n, word - 1)[habit] for word, habit in enumerate(habits, start=1)]
    return [0, *heads[1:-1], 1][:n]


@dataclass(frozen=True)
class TreeDepth:
    """Predict the depth of a sentence's deepest word from the sentence's vector."""

    name: str
    vector: str = "mean"
    level: ClassVar[Level] = "sentence"
    kind: ClassVar[Kind] = "scalar"
    metrics: ClassVar[tuple[str, ...]] = ("r2",)
    control_note: ClassVar[str] = "depths are shuffled over sentences, so that only memorising can predict them"
    memorised: ClassVar[bool] = True
    surface: ClassVar[str] = "sentence length"

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, SENTENCE_VECTORS)

    def gold(self, sentence: Sentence) -> Gold | None:
        """The depth of one sentence's tree, (1,)."""
        return [int(depths(sentence.heads).max())] if sentence.heads else None

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) depth per sentence; NaN for a sentence without a tree."""
        return labels_of(self, corpus, HEADS)

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """The same depths on other sentences."""
        return shuffled(labels, rng)
