"""Tasks that label sentences: sentiment, or any label that a corpus gives its sentences."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from probing.axes import Corpus, Kind, Labels, Level, Sentence
from probing.errors import one_of
from probing.task.control_labels import shuffled
from probing.task.labels import SENTENCE_VECTORS, Form, Gold, labels_of


@dataclass(frozen=True)
class SentenceTask:
    """Predict a sentence's label from the sentence's vector.

    The control shuffles the labels: a sentence has no type that could tell them, so that the probe can only memorise
    them. It is scored on the sentences on which it was trained.
    """

    name: str
    vector: str = "mean"
    level: ClassVar[Level] = "sentence"
    kind: ClassVar[Kind] = "class"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    control_note: ClassVar[str] = "labels are shuffled over sentences, so that only memorising can predict them"
    memorised: ClassVar[bool] = True
    surface: ClassVar[str] = "bag of words"

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, SENTENCE_VECTORS)

    def gold(self, sentence: Sentence) -> Gold | None:
        """The label of one sentence, (1,)."""
        return label_of(sentence)

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per sentence, -1 for a sentence without a label."""
        return labels_of(self, corpus, "label")

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """The same labels on other sentences."""
        return shuffled(labels, rng)


def label_of(sentence: Sentence) -> Gold | None:
    """The label of one sentence, (1,), [None] for an underscore; None for a sentence of a corpus without labels."""
    return [None if sentence.label == "_" else sentence.label] if sentence.label else None
