"""The answers of a classifier, of its probes, and without single words, for the sentences of one split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.axes import Note, Progress, Sentence, Split, no_progress
from probing.diagnosis.answers import Answers, Groups, Right
from probing.diagnosis.subject import Integers, Subject
from probing.diagnosis.taken_out import classes_by, classes_given, without_words
from probing.diagnosis.telling_words import telling_words

WORDS = 10  # that are taken out, at most


@dataclass(frozen=True, eq=False)
class SplitAnswers:
    """numbers (N,): of the sentences in their split. sentences: these. log_probabilities (N, C') of the classifier.

    notes: on sentences that the classifier cannot read, or does not read whole.
    """

    numbers: Integers
    sentences: Sequence[Sentence]
    log_probabilities: NDArray[np.float64]
    answers: Answers
    notes: tuple[Note, ...] = ()

    @property
    def wrong(self) -> Integers:
        """Places of the sentences that the classifier gets wrong, the most confident errors first."""
        confidence = self.log_probabilities.max(axis=1)
        wrong = np.flatnonzero(self.answers.model != self.answers.gold)
        return wrong[np.argsort(-confidence[wrong], kind="stable")]


def split_answers(
    subject: Subject, split: Split, groups: Groups, of_train: Groups | None = None, on_progress: Progress = no_progress
) -> SplitAnswers:
    """Everything that ``cause`` needs of one split. groups: of all sentences of the split; of_train: of train.

    Sentences without a label that train has, without a vector, or that the classifier cannot read, are left out.
    """
    found = plain_answers(subject, split)
    train, numbers = subject.study.corpus.splits["train"], subject.items("train")
    words = telling_words([train[n] for n in numbers], gold_of(subject, "train", numbers), found.sentences, WORDS)
    right, of_probes = (None, None) if of_train is None else on_train(subject, of_train)
    answers = replace(
        found.answers,
        groups=Groups(groups.names, groups.inside[found.numbers]),
        without=without_words(words, found.sentences, classes_by(subject), on_progress),
        of_train=right,
        probes_of_train=of_probes,
    )
    return replace(found, answers=answers)


def plain_answers(subject: Subject, split: Split) -> SplitAnswers:
    """The same without groups, without words that are taken out, and without train: one pass over the split."""
    numbers = subject.items(split)
    found = subject.of_split(split, numbers)
    read = np.flatnonzero(np.isfinite(found).all(axis=1))
    notes = unread(subject, split, len(numbers) - len(read))
    numbers, found = numbers[read], found[read]
    sentences = [subject.study.corpus.splits[split][number] for number in numbers]
    answers = Answers(
        gold_of(subject, split, numbers),
        classes_given(subject, found),
        probe_answers(subject, split, numbers),
        tuple(layer for layer in subject.saved.layers if layer <= subject.layer),
        Groups((), np.zeros((len(numbers), 0), dtype=bool)),
    )
    return SplitAnswers(numbers, sentences, found, answers, notes)


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


def gold_of(subject: Subject, split: Split, numbers: Integers) -> Integers:
    """The class of each of these sentences, (N,)."""
    values = subject.study.labels.values[split]
    return np.array([int(values[number][0]) for number in numbers], dtype=np.int64)


def probe_answers(subject: Subject, split: Split, numbers: Integers) -> Integers:
    """The class that the probe of each layer up to the one that is read gives to these sentences, (L, N)."""
    vectors = subject.study.items.vectors
    rows = vectors.bounds(split)[0] + np.searchsorted(subject.with_vector(split), numbers)
    layers = [layer for layer in subject.saved.layers if layer <= subject.layer]
    found = [subject.saved.read(layer, vectors.pick(layer, rows)).argmax(axis=1) for layer in layers]
    return np.stack(found).astype(np.int64)


def on_train(subject: Subject, groups: Groups) -> tuple[tuple[Right, Groups], Right]:
    """Whether the classifier gives the label that train has, for each of its sentences, and their groups; and whether
    the probe of each layer does.
    """
    numbers = subject.items("train")
    found = subject.of_split("train", numbers)
    read = np.isfinite(found).all(axis=1)
    numbers, gold = numbers[read], gold_of(subject, "train", numbers[read])
    right: Right = classes_given(subject, found[read]) == gold
    of_probes: Right = probe_answers(subject, "train", numbers) == gold
    return (right, replace(groups, inside=groups.inside[numbers])), of_probes
