"""Everything that is measured on one text: answers by layer, words, heads, near training sentences, minimal pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.analysis.text_parts import Part, Reference, text_parts
from probing.analysis.word_methods import WordScores, word_methods
from probing.attention.interventions.layer_answers import Answer, layer_answers
from probing.attention.interventions.logit_difference import contrast
from probing.axes import Note, Sentence
from probing.diagnosis.edited_texts import EditedText, edited_texts
from probing.diagnosis.subject import Integers, Subject
from probing.errors import DataError
from probing.model.subwords import Subwords
from probing.probe.nearest import nearest

NEIGHBOURS = 10


@dataclass(frozen=True)
class Neighbour:
    """A sentence of train that is near to the text in the layer that the classifier reads. distance: 1 − cosine."""

    text: str
    label: str
    distance: float


@dataclass(frozen=True, eq=False)
class TextEvidence:
    """What was measured on one text.

    label: its class, in the corpus's numbers. log_probabilities (C,): of the classifier, in its own order;
    ``predicted``: its class in the corpus's numbers. explained: the two classes whose logit difference words and parts
    are measured on, by name. answers: of the probe of each layer. shorter (W,): the class that the classifier gives
    once a word is taken out. notes: what could not be measured. read_layer: the layer
    that the classifier reads.
    """

    sentence: Sentence
    label: int
    predicted: int
    log_probabilities: NDArray[np.float64]
    explained: tuple[str, str]
    answers: Sequence[Answer]
    methods: Sequence[WordScores]
    shorter: Integers
    parts: Sequence[Part]
    neighbours: Sequence[Neighbour]
    edits: Sequence[EditedText]
    notes: Sequence[Note]

    read_layer: int

    @property
    def below(self) -> list[Answer]:
        """The answers of the probes up to the layer that the classifier reads; that layer's is the last."""
        return [answer for answer in self.answers if answer.layer <= self.read_layer]

    @staticmethod
    def probability(answer: Answer, label: int) -> float:
        """The probability that a probe gives to a class of the corpus; 0 for a class that the corpus does not have."""
        return float(np.exp(answer.log_probabilities[label])) if label >= 0 else 0.0

    @property
    def is_right(self) -> bool:
        """Whether the classifier gives the label."""
        return self.predicted == self.label


def text_evidence(subject: Subject, sentence: Sentence, label: int, means: Reference) -> TextEvidence:
    """Measure everything on one text. label: its class. means: what replaces heads (``text_parts.reference``).

    Raises: DataError for a text that the classifier cannot read whole.
    """
    subwords = checked(subject, sentence)
    read, readout = subject.read([sentence], [label])
    explained = contrast(subject.encoder, read, readout, subject.in_classifier(label))
    found = subject.log_probabilities([sentence])[0]
    methods, notes = word_methods(subject.encoder, read, explained, subject.study.rollout)
    names = subject.names
    return TextEvidence(
        sentence,
        label,
        int(subject.in_corpus[found.argmax()]),
        found,
        (names[explained.one], names[explained.other]),
        layer_answers(subject.encoder, subwords, subject.probes([label]), subject.errors),
        methods,
        without_each(subject, sentence),
        text_parts(subject.encoder, read, explained, means),
        neighbours(subject, subwords),
        edited_texts(subject, sentence, label),
        (*notes, *means.notes),
        subject.layer,
    )


def checked(subject: Subject, sentence: Sentence) -> Subwords:
    """Its subwords. Raises: DataError for a text without words, or longer than the model's window."""
    subwords = subject.subwords([sentence])
    if not sentence.words or not (subwords.words >= 0).any():
        raise DataError("the text has no word that the model reads; type at least one word")
    read, _ = subject.read([sentence], [0])
    n_subwords, window = max(len(subwords.ids), len(read.ids)), subject.encoder.window
    if window is not None and n_subwords > window:
        raise DataError(f"the text has {n_subwords} subwords, and the model reads {window} at most; shorten it")
    return subwords


def without_each(subject: Subject, sentence: Sentence) -> Integers:
    """The class of the corpus that the classifier gives to the text without each word, (W,); −1: nothing is left."""
    words = sentence.words
    shorter = [replace(sentence, words=words[:at] + words[at + 1 :], surface=None) for at in range(len(words))]
    if len(words) < 2:
        return np.full(len(words), -1, dtype=np.int64)
    found = subject.log_probabilities(shorter)
    read = np.isfinite(found).all(axis=1)
    return np.where(read, subject.in_corpus[np.nan_to_num(found, nan=-np.inf).argmax(axis=1)], -1)


def neighbours(subject: Subject, subwords: Subwords) -> list[Neighbour]:
    """The sentences of train whose vectors in the layer that is read are nearest to that of the text."""
    vectors = subject.train_vectors
    scale = vectors.mean(axis=0), np.where((spread := vectors.std(axis=0)) > 0, spread, 1)
    found = nearest(vectors, subject.vector(subwords), scale, NEIGHBOURS)
    train, labels = subject.study.corpus.splits["train"], subject.study.labels
    numbers = subject.with_vector("train")[found.items]
    return [
        Neighbour(" ".join(train[n].words), labels.classes[int(labels.values["train"][n][0])], float(distance))
        for n, distance in zip(numbers, found.distances, strict=True)
    ]
