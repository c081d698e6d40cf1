"""The answers of a classifier, of its probes, and without single words, for the sentences, or words, of one split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from probing.axes import Note, Progress, Sentence, Split, no_progress
from probing.diagnosis.answers import Answers, Groups, Right
from probing.diagnosis.head_answers import head_answers
from probing.diagnosis.split_items import Integers, SplitItems
from probing.diagnosis.subject import Subject
from probing.diagnosis.taken_out import classes_by, classes_given, without_words
from probing.diagnosis.telling_words import telling_words
from probing.model.maps import usable

WORDS = 10  # that are taken out, at most


@dataclass(frozen=True, eq=False)
class SplitAnswers:
    """The answers for N sentences of a split, or for N of its words.

    numbers (N,): of the sentences in their split. sentences: these. log_probabilities (N, C') of the classifier. words
    (N,): for a classifier of words, the place of each word in its sentence, from 0. notes: on sentences that the
    classifier cannot read, or does not read whole.
    """

    numbers: Integers
    sentences: Sequence[Sentence]
    log_probabilities: NDArray[np.float64]
    answers: Answers
    words: Integers | None = None
    notes: tuple[Note, ...] = ()

    @property
    def items(self) -> str:
        """What was answered: ``sentences`` or ``words``."""
        return "sentences" if self.words is None else "words"

    @property
    def wrong(self) -> Integers:
        """Places of the items that the classifier gets wrong, the most confident errors first."""
        confidence = self.log_probabilities.max(axis=1)
        wrong = np.flatnonzero(self.answers.model != self.answers.gold)
        return wrong[np.argsort(-confidence[wrong], kind="stable")]


def split_answers(
    subject: Subject, split: Split, groups: Groups, of_train: Groups | None = None, on_progress: Progress = no_progress
) -> SplitAnswers:
    """Everything that ``cause`` needs of one split. groups: of all sentences of the split; of_train: of train.

    For a classifier of words, groups of all words that have a vector (``Subject.with_vector``); no word is taken out.
    Sentences, or words, without a label that train has, without a vector, or that the classifier cannot read, are left
    out.
    """
    found = plain_answers(subject, split, groups)
    right, of_probes = (None, None) if of_train is None else on_train(subject, of_train)
    without: Mapping[str, Integers] = {}
    if not subject.of_words:
        train, items = subject.study.corpus.splits["train"], subject.items("train")
        gold = subject.gold("train")[items.rows]
        words = telling_words([train[n] for n in items.sentences], gold, found.sentences, WORDS)
        without = without_words(words, found.sentences, classes_by(subject), on_progress)
    answers = replace(found.answers, without=without, of_train=right, probes_of_train=of_probes)
    return replace(found, answers=answers)


def plain_answers(subject: Subject, split: Split, groups: Groups | None = None) -> SplitAnswers:
    """The same without words that are taken out, and without train: one pass over the split."""
    items = subject.items(split)
    found = log_probabilities_of(subject, split, items)
    read = np.flatnonzero(np.isfinite(found).all(axis=1))
    notes = unread(subject, split, len(items) - len(read))
    items, found = items.at(read), found[read]
    sentences = [subject.study.corpus.splits[split][number] for number in items.sentences]
    answers = Answers(
        subject.gold(split)[items.rows],
        classes_given(subject, found),
        probe_answers(subject, split, items),
        tuple(layer for layer in subject.saved.layers if layer <= subject.layer),
        Groups((), np.zeros((len(items), 0), dtype=bool)) if groups is None else groups.at(items.places),
    )
    return SplitAnswers(items.sentences, sentences, found, answers, items.words, notes)


def log_probabilities_of(subject: Subject, split: Split, items: SplitItems) -> NDArray[np.float64]:
    """Log-probabilities of the classifier for items of a split, (N, C'); of a probe from stored vectors.

    NaN for a sentence that does not fit into one input, and for its words.
    """
    sentences = subject.study.corpus.splits[split]
    if subject.has_own_head and subject.of_words:
        return head_answers(subject.encoder, sentences, items)
    if subject.has_own_head:
        return subject.log_probabilities([sentences[number] for number in items.sentences])
    found = log_softmax(by_probe(subject, subject.layer, split, items).astype(np.float64), axis=1)
    whole = usable(subject.encoder, subject.study.subwords[split])[items.sentences]
    return np.where(whole[:, None], found, np.nan)


def by_probe(subject: Subject, layer: int, split: Split, items: SplitItems) -> NDArray[np.float32]:
    """What the probe of a layer says of the stored vectors of these items, (N, C)."""
    vectors = subject.study.items.vectors
    return subject.saved.read(layer, vectors.pick(layer, vectors.bounds(split)[0] + items.rows))


def unread(subject: Subject, split: Split, n_left_out: int) -> tuple[Note, ...]:
    """Notes on the sentences of a split that do not fit into one input: left out with their prompt, or cut."""
    notes = []
    if n_left_out and subject.prompt is not None:
        said = f"{n_left_out:,} sentences of {split} do not fit into one input with the prompt around them"
        notes.append(Note("skipped", f"{said}, and are left out"))
    if subject.encoder.frame.truncate:
        n_cut = subject.subwords(subject.study.corpus.splits[split]).counts["truncated_sentences"]
        said = f"{n_cut:,} sentences of {split} are longer than the model reads, and are cut (model.long=truncate)"
        notes += [Note("truncated", said)] if n_cut else []
    return tuple(notes)


def probe_answers(subject: Subject, split: Split, items: SplitItems) -> Integers:
    """The class that the probe of each layer up to the one that is read gives to these items, (L, N)."""
    layers = [layer for layer in subject.saved.layers if layer <= subject.layer]
    return np.stack([by_probe(subject, layer, split, items).argmax(axis=1) for layer in layers]).astype(np.int64)


def on_train(subject: Subject, groups: Groups) -> tuple[tuple[Right, Groups], Right]:
    """Whether the classifier gives the label that train has, for each of its items, and their groups; and whether the
    probe of each layer does.
    """
    items = subject.items("train")
    found = log_probabilities_of(subject, "train", items)
    read = np.flatnonzero(np.isfinite(found).all(axis=1))
    items, gold = items.at(read), subject.gold("train")[items.rows[read]]
    right: Right = classes_given(subject, found[read]) == gold
    of_probes: Right = probe_answers(subject, "train", items) == gold
    return (right, groups.at(items.places)), of_probes
