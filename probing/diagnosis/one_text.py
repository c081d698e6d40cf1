"""Everything that is measured on one text: answers by layer, words, heads, near training sentences, minimal pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.analysis.text_parts import Part, Reference, text_parts
from probing.analysis.word_methods import WordScores, word_methods
from probing.attention.interventions.layer_answers import Answer, layer_answers
from probing.attention.interventions.logit_difference import LogitDifference, contrast
from probing.axes import Note, Sentence
from probing.data.words_left_out import without_places
from probing.diagnosis.edited_texts import EditedText, edited_texts
from probing.diagnosis.subject import Integers, Subject
from probing.diagnosis.taken_out import ABSENT, classes_given
from probing.errors import DataError, ModelError
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
    once a word is taken out, and label_without (W,) the probability of the label then. notes: what could not be
    measured. read_layer: the layer that the classifier reads.
    """

    sentence: Sentence
    label: int
    predicted: int
    log_probabilities: NDArray[np.float64]
    explained: tuple[str, str]
    answers: Sequence[Answer]
    methods: Sequence[WordScores]
    shorter: Integers
    label_without: NDArray[np.float64]
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
    parts, of_parts = parts_of(subject, read, explained, means)
    names = subject.names
    return TextEvidence(
        sentence,
        label,
        int(subject.in_corpus[found.argmax()]),
        found,
        (names[explained.one], names[explained.other]),
        layer_answers(subject.encoder, subwords, subject.probes([label]), subject.errors),
        methods,
        *without_each(subject, sentence, label),
        parts,
        neighbours(subject, subwords),
        edited_texts(subject, sentence, label),
        (*notes, *of_parts),
        subject.layer,
    )


def parts_of(
    subject: Subject, read: Subwords, explained: LogitDifference, means: Reference
) -> tuple[tuple[Part, ...], tuple[Note, ...]]:
    """Heads and layers with their effects, and notes; none where the architecture is not known, and a note on it."""
    if not means.heads.size:
        return (), means.notes
    try:
        return text_parts(subject.encoder, read, explained, means), means.notes
    except ModelError as error:
        return (), (*means.notes, Note("skipped", f"effects of heads and layers left out: {error}"))


def checked(subject: Subject, sentence: Sentence) -> Subwords:
    """Its subwords. Raises: DataError for a text without words, or longer than the model's window."""
    subwords = subject.subwords([sentence])
    if not sentence.words or not (subwords.words >= 0).any():
        raise DataError("the text has no word that the model reads; type at least one word")
    read, _ = subject.read([sentence], [0])
    n_subwords, window = max(len(subwords.ids), len(read.ids)), subject.encoder.window
    if window is not None and n_subwords > window:
        raise DataError(f"the text has {n_subwords} subwords, and the model reads {window} at most; shorten it")
    if any(given.counts.get("truncated_sentences") for given in (subwords, read)):
        raise DataError(f"the text is cut after {window} subwords (model.long=truncate), so that its end is not read")
    return subwords


def without_each(subject: Subject, sentence: Sentence, label: int) -> tuple[Integers, NDArray[np.float64]]:
    """The class that the classifier gives to the text without each word, and the probability of ``label``, (W,) each.

    −1 and NaN: nothing is left.
    """
    n_words = len(sentence.words)
    if n_words < 2:
        return np.full(n_words, ABSENT, dtype=np.int64), np.full(n_words, np.nan)
    found = subject.log_probabilities([without_places(sentence, [at]) for at in range(n_words)])
    return classes_given(subject, found), np.exp(found[:, subject.in_classifier(label)])


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
