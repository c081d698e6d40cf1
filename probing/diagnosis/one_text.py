"""Everything that is measured on one text, or on one word of it: answers by layer, words, heads, neighbours, edits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.analysis.text_parts import Part, Reference, text_parts
from probing.analysis.word_methods import WordScores, word_methods
from probing.attention.interventions.layer_answers import Answer, layer_answers
from probing.attention.interventions.logit_difference import LogitDifference, contrast
from probing.attention.interventions.own_and_others import places_of
from probing.axes import Note, Sentence
from probing.data.words_left_out import without_places
from probing.diagnosis.edited_texts import EditedText, edited_texts
from probing.diagnosis.neighbours import Neighbour, neighbours
from probing.diagnosis.split_items import Integers, gold_at
from probing.diagnosis.subject import Subject
from probing.diagnosis.taken_out import ABSENT, classes_given
from probing.errors import ConfigError, DataError, ModelError
from probing.model.subwords import Subwords

OF_WORDS = (
    Note("skipped", "minimal pairs left out: their rules are about the class of a whole text, not of one of its words"),
    Note("caveat", "answers without a word: in a sentence that lacks a word, another label of this word may be right"),
)


@dataclass(frozen=True, eq=False)
class TextEvidence:
    """What was measured on one text.

    label: its class, in the corpus's numbers. log_probabilities (C,): of the classifier, in its own order;
    ``predicted``: its class in the corpus's numbers. explained: the two classes whose logit difference words and parts
    are measured on, by name. answers: of the probe of each layer. shorter (W,): the class that the classifier gives
    once a word is taken out, and label_without (W,) the probability of the label then; ABSENT and NaN: nothing is left,
    or it is the word that is classified. notes: what could not be measured. read_layer: the layer that the classifier
    reads. word: the place of the word that is classified, from 0; None: the text is.
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
    word: int | None = None

    @property
    def item(self) -> str:
        """What has the label: ``text`` or ``word``."""
        return "text" if self.word is None else "word"

    @property
    def items(self) -> str:
        """What has a label in train: ``sentences`` or ``words``."""
        return "sentences" if self.word is None else "words"

    @property
    def below(self) -> list[Answer]:
        """The answers of the probes up to the layer that the classifier reads; that layer's is the last."""
        return [answer for answer in self.answers if answer.layer <= self.read_layer]

    @property
    def up_to(self) -> str:
        """What stands behind "every layer" where probes on higher layers than the one that is read are not asked."""
        above = any(answer.layer > self.read_layer for answer in self.answers)
        return f" up to layer {self.read_layer}" if above else ""

    @staticmethod
    def probability(answer: Answer, label: int) -> float:
        """The probability that a probe gives to a class of the corpus; 0 for a class that the corpus does not have."""
        return float(np.exp(answer.log_probabilities[label])) if label >= 0 else 0.0

    @property
    def is_right(self) -> bool:
        """Whether the classifier gives the label."""
        return self.predicted == self.label


def text_evidence(
    subject: Subject, sentence: Sentence, label: int, means: Reference, word: int | None = None
) -> TextEvidence:
    """Measure everything on one text. label: its class, or that of its ``word``, from 0, for a classifier of words.

    means: what replaces heads (``text_parts.reference``). Raises: DataError as ``checked``.
    """
    subwords = checked(subject, sentence, word)
    at = None if word is None else [word]
    read, readout = subject.read([sentence], [label], at)
    explained = contrast(subject.encoder, read, readout, subject.in_classifier(label))
    found = subject.log_probabilities([sentence], at)[0]
    methods, notes = word_methods(subject.encoder, read, explained, subject.study.rollout)
    parts, of_parts = parts_of(subject, read, explained, means)
    names, probes = subject.names, subject.probes(gold_at([sentence], [label], at))
    return TextEvidence(
        sentence,
        label,
        int(subject.in_corpus[found.argmax()]),
        found,
        (names[explained.one], names[explained.other]),
        layer_answers(subject.encoder, subwords, probes, subject.errors),
        methods,
        *without_each(subject, sentence, label, word),
        parts,
        neighbours(subject, subwords, word),
        edited_texts(subject, sentence, label) if word is None else [],
        (*notes, *of_parts, *(() if word is None else OF_WORDS)),
        subject.layer,
        word,
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


def checked(subject: Subject, sentence: Sentence, word: int | None = None) -> Subwords:
    """Its subwords. Raises: DataError for a text, or a ``word``, that the model does not read, or reads only in part;
    ConfigError for a classifier of words without ``word``, and for another one with it.
    """
    if (word is not None) != subject.of_words:
        wanted = (
            "the place of one word is expected" if subject.of_words else "it classifies whole texts, so give no word"
        )
        raise ConfigError(f"word={word}: {subject.described} of {subject.saved.task}: {wanted}")
    subwords = subject.subwords([sentence])
    if not sentence.words or not (subwords.words >= 0).any():
        raise DataError("the text has no word that the model reads; type at least one word")
    read, readout = subject.read([sentence], [0], None if word is None else [word])
    n_subwords, window = max(len(subwords.ids), len(read.ids)), subject.encoder.window
    if window is not None and n_subwords > window:
        raise DataError(f"the text has {n_subwords} subwords, and the model reads {window} at most; shorten it")
    if any(given.counts.get("truncated_sentences") for given in (subwords, read)):
        raise DataError(f"the text is cut after {window} subwords (model.long=truncate), so that its end is not read")
    if word is not None and not len(places_of(subject.encoder, read, readout)[0].rows):
        raise DataError(f"“{sentence.words[word]}” has no subword of its own that the model reads; choose another word")
    return subwords


def without_each(
    subject: Subject, sentence: Sentence, label: int, word: int | None = None
) -> tuple[Integers, NDArray[np.float64]]:
    """The class that the classifier gives to the text without each word, and the probability of ``label``, (W,) each.

    ABSENT and NaN: nothing is left, or it is the ``word`` that is classified, which is never taken out.
    """
    n_words = len(sentence.words)
    classes, of_label = np.full(n_words, ABSENT, dtype=np.int64), np.full(n_words, np.nan)
    others = [at for at in range(n_words) if at != word]
    if n_words < 2:
        return classes, of_label
    places = None if word is None else [word - (at < word) for at in others]
    found = subject.log_probabilities([without_places(sentence, [at]) for at in others], places)
    classes[others], of_label[others] = classes_given(subject, found), np.exp(found[:, subject.in_classifier(label)])
    return classes, of_label
