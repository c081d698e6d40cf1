"""The task agreement: the number of a subject, read where its verb stands (after Linzen et al. 2016)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from probing.axes import SPLITS, Corpus, Kind, Labels, Level, Sentence
from probing.data.subject_verb import agreements
from probing.errors import one_of
from probing.task.control_labels import by_type, from_train
from probing.task.labels import HEADS, WORD_VECTORS, Form, Gold, check_annotated, labels_of

PLACES, VERBS = ("verb", "before"), ("unmarked", "all")
WITH, WITHOUT = "with attractor", "without attractor"


@runtime_checkable
class Conditioned(Protocol):
    """A task whose labels belong to conditions that are to be scored apart."""

    def conditions(self, sentence: Sentence) -> Sequence[str | None]:
        """The condition of each word's label, (W,); None for a word without a label."""


@dataclass(frozen=True)
class VerbAgreement:
    """Predict the number of a verb's subject, a noun before it, from the vector of the verb.

    ``read_at``: the word that has the label: the verb, or the word before it, which a model that reads from left to
    right has read without the verb. ``verbs``: only verbs whose form is the same for both numbers (the past except
    *was* and *were*, and modals), so that the verb alone tells nothing; or all, of which *sees* and *see* tell it. An
    attractor is a noun of the other number between subject and verb; labels with and without one are scored apart.
    """

    name: str
    vector: str = "mean"
    read_at: str = "verb"
    verbs: str = "unmarked"
    level: ClassVar[Level] = "word"
    kind: ClassVar[Kind] = "class"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    control_note: ClassVar[str] = "one random label per word type, the same in all splits"
    memorised: ClassVar[bool] = False
    surface: ClassVar[str] = "bag of the words before"

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, WORD_VECTORS)
        one_of("task.read_at", self.read_at, PLACES)
        one_of("task.verbs", self.verbs, VERBS)

    def gold(self, sentence: Sentence) -> Gold | None:
        """``Sing`` or ``Plur`` at the place of each verb, (W,), None elsewhere; None for a sentence without a tree."""
        return [label and label[0] for label in self._found(sentence)] if sentence.heads and sentence.deprel else None

    def conditions(self, sentence: Sentence) -> Sequence[str | None]:
        """``with attractor`` or ``without attractor`` at the place of each label, (W,)."""
        return [label and label[1] for label in self._found(sentence)]

    def _found(self, sentence: Sentence) -> list[tuple[str, str] | None]:
        found: list[tuple[str, str] | None] = [None] * len(sentence.words)
        for one in agreements(sentence):
            place = one.verb - (self.read_at == "before")
            if place > one.subject and (self.verbs == "all" or not one.marked):
                found[place] = (one.number, WITH if one.attractors else WITHOUT)
        return found

    def labels(self, corpus: Corpus) -> Labels:
        """(W,) class index per sentence, -1 for words without a label."""
        tagged = {split: [bool(s.xpos) for s in corpus.splits[split]] for split in SPLITS}
        check_annotated(corpus, self.name, "Penn tags in XPOS", tagged, partly=True)
        return labels_of(self, corpus, HEADS)

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """One random class per word type."""
        values_of = by_type(corpus, rng, from_train(labels), form)
        values = {split: [values_of(s) for s in sentences] for split, sentences in corpus.splits.items()}
        return Labels("word", "class", values, labels.classes)
