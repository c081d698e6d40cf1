"""Tasks that label words with a column of the treebank: UPOS, XPOS, dependency relation."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from probing.axes import Corpus, Kind, Labels, Level, Sentence
from probing.errors import one_of
from probing.task.control_labels import by_type, from_train
from probing.task.labels import WORD_VECTORS, Form, Gold, labels_of

COLUMNS = ("upos", "xpos", "deprel")


@dataclass(frozen=True)
class WordClasses:
    """Predict a class from a word's vector; subclasses say what the gold is.

    The control gives every word type one random label, drawn from the training distribution (Hewitt & Liang 2019).
    """

    name: str
    vector: str = "mean"
    level: ClassVar[Level] = "word"
    kind: ClassVar[Kind] = "class"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    control_note: ClassVar[str] = "one random label per word type, the same in all splits"
    memorised: ClassVar[bool] = False
    surface: ClassVar[str] = "word type and suffix"

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, WORD_VECTORS)

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """One random class per word type."""
        values_of = by_type(corpus, rng, from_train(labels), form)
        values = {split: [values_of(s) for s in sentences] for split, sentences in corpus.splits.items()}
        return Labels("word", "class", values, labels.classes)


@dataclass(frozen=True)
class WordTask(WordClasses):
    """Predict one column of CoNLL-U from a word's vector."""

    column: str = "upos"

    def __post_init__(self) -> None:
        one_of("task.column", self.column, COLUMNS)
        super().__post_init__()

    def gold(self, sentence: Sentence) -> Gold | None:
        """The column of one sentence, (W,); None for a word without annotation."""
        tags: tuple[str, ...] = getattr(sentence, self.column)
        return [None if tag == "_" else tag for tag in tags] if tags else None

    def labels(self, corpus: Corpus) -> Labels:
        """(W,) class indices per sentence, -1 for a word without annotation."""
        return labels_of(self, corpus, self.column, partly=True)
