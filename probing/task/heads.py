"""Which word of the sentence is a word's head."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from probing.axes import Corpus, Kind, Labels, Level, Sentence
from probing.errors import one_of
from probing.task.control_labels import by_type
from probing.task.labels import HEADS, WORD_VECTORS, Form, Gold, labels_of


@dataclass(frozen=True)
class Head:
    """Predict which word of the sentence is a word's head (Hewitt & Liang 2019: dependency edge prediction).

    The head of the root is the root itself. Every word is decided alone, so that the edges need not be a tree. The
    control is theirs: each word type always attaches to itself, to the first or to the last word of the sentence.
    """

    name: str
    vector: str = "mean"
    level: ClassVar[Level] = "word"
    kind: ClassVar[Kind] = "position"
    metrics: ClassVar[tuple[str, ...]] = ("uas",)
    control_note: ClassVar[str] = "each word type always attaches to itself, to the first word or to the last word"
    memorised: ClassVar[bool] = False
    surface: ClassVar[str] = "usual place of the head"

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, WORD_VECTORS)

    def gold(self, sentence: Sentence) -> Gold | None:
        """The places of the heads of one sentence's words, from 0, (W,)."""
        found = [head - 1 if head else word for word, head in enumerate(sentence.heads)]
        return found if found else None

    def labels(self, corpus: Corpus) -> Labels:
        """(W,) places per sentence; -1 for a sentence without a tree."""
        return labels_of(self, corpus, HEADS)

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """The places that the habits give."""
        habit_of = by_type(corpus, rng, lambda r, n: r.integers(3, size=n), form)
        values = {split: [habit_places(habit_of(s)) for s in sentences] for split, sentences in corpus.splits.items()}
        return Labels("word", "position", values)


def habit_places(habits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where words attach: habit 0 to themselves, 1 to the first word, 2 to the last.

    >>> habit_places(np.array([0, 2, 1, 0])).tolist()
    [0, 3, 0, 3]
    """
    own = np.arange(len(habits))
    return np.choose(habits, [own, np.zeros_like(own), np.full_like(own, len(habits) - 1)])
