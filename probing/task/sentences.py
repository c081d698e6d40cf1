"""Tasks that label sentences: sentiment, or any label that a corpus of sentences brings."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from probing.axes import Corpus, Kind, Labels, Level
from probing.errors import one_of
from probing.task.labels import SENTENCE_VECTORS, annotated, classes_of, encode, shuffled


@dataclass(frozen=True)
class SentenceTask:
    """Predict a sentence's label from the sentence's vector.

    The control shuffles the labels; a sentence has no type, so it measures what the probe can memorise.
    """

    name: str
    vector: str = "mean"
    level: ClassVar[Level] = "sentence"
    kind: ClassVar[Kind] = "class"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    control_note: ClassVar[str] = (
        "labels shuffled over sentences: it measures memorisation, since a sentence has no type"
    )

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, SENTENCE_VECTORS)

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per sentence."""
        annotated(corpus, "label", self.name)
        classes = classes_of((s.label or "" for s in corpus.splits["train"]), self.name, corpus.name)
        values = {
            split: [encode([s.label or ""], classes, f"{split} sentence {s.id}") for s in sentences]
            for split, sentences in corpus.splits.items()
        }
        return Labels("sentence", "class", values, classes)

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator) -> Labels:
        """The same labels on other sentences."""
        return shuffled(labels, rng)
