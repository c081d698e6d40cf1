"""The answers of a classifier, of its probes, and without single words, for the sentences of one split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.axes import Progress, Sentence, Split, no_progress
from probing.diagnosis.answers import Answers, Groups, Right
from probing.diagnosis.split_items import Integers, SplitItems
from probing.diagnosis.subject import Subject
from probing.diagnosis.telling_words import telling_words

WORDS = 10  # that are taken out, at most


@dataclass(frozen=True, eq=False)
class SplitAnswers:
    """The answers for N sentences of a split, or for N of its words.

    numbers (N,): of the sentences in their split. sentences: these. log_probabilities (N, C') of the classifier. words
    (N,): for a classifier of words, the place of each word in its sentence, from 0.
    """

    numbers: Integers
    sentences: Sequence[Sentence]
    log_probabilities: NDArray[np.float64]
    answers: Answers
    words: Integers | None = None

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

    For a classifier of words, groups of all words that have a vector (``Subject.with_vector``); no word is taken out.
    Sentences, or words, without a label that train has, without a vector, or that the classifier cannot read, are left
    out.
    """
    items = subject.items(split)
    found = subject.of_split(split, items)
    read = np.flatnonzero(np.isfinite(found).all(axis=1))
    items, found = items.at(read), found[read]
    sentences = [subject.study.corpus.splits[split][number] for number in items.sentences]
    answers = Answers(
        subject.gold(split)[items.rows],
        subject.in_corpus[found.argmax(axis=1)],
        probe_answers(subject, split, items),
        tuple(layer for layer in subject.saved.layers if layer <= subject.layer),
        Groups(groups.names, groups.inside[items.places]),
        {} if subject.of_words else without_words(subject, sentences, on_progress),
        *((None, None) if of_train is None else on_train(subject, of_train)),
    )
    return SplitAnswers(items.sentences, sentences, found, answers, items.words)


def probe_answers(subject: Subject, split: Split, items: SplitItems) -> Integers:
    """The class that the probe of each layer up to the one that is read gives to these items, (L, N)."""
    vectors = subject.study.items.vectors
    layers = [layer for layer in subject.saved.layers if layer <= subject.layer]
    found = [subject.saved.read(layer, vectors.layer(layer)[split][items.rows]).argmax(axis=1) for layer in layers]
    return np.stack(found).astype(np.int64)


def without_words(subject: Subject, sentences: Sequence[Sentence], on_progress: Progress) -> Mapping[str, Integers]:
    """Per word that tells a class in train: the classifier's answer once it is taken out; -1 where it is not."""
    train = subject.study.corpus.splits["train"]
    items = subject.items("train")
    words = telling_words([train[n] for n in items.sentences], subject.gold("train")[items.rows], sentences, WORDS)
    found = {}
    for place, word in enumerate(words):
        on_progress("words taken out", place, len(words))
        has = [n for n, sentence in enumerate(sentences) if word in map(str.lower, sentence.words)]
        shorter = [without(sentences[n], word) for n in has]
        answers = subject.log_probabilities(shorter)
        classes = np.full(len(sentences), -1)
        kept = np.isfinite(answers).all(axis=1)
        classes[np.array(has)[kept]] = subject.in_corpus[answers[kept].argmax(axis=1)]
        found[word] = classes
    on_progress("words taken out", len(words), len(words))
    return found


def without(sentence: Sentence, word: str) -> Sentence:
    """The sentence without every occurrence of a word, as words between spaces."""
    kept = tuple(other for other in sentence.words if other.lower() != word)
    return Sentence(f"{sentence.id} without {word}", kept, label=sentence.label)


def on_train(subject: Subject, groups: Groups) -> tuple[tuple[Right, Groups], Right]:
    """Whether the classifier gives the label that train has, for each of its items, and their groups; and whether the
    probe of each layer does.
    """
    items = subject.items("train")
    found = subject.of_split("train", items)
    read = np.flatnonzero(np.isfinite(found).all(axis=1))
    items, gold = items.at(read), subject.gold("train")[items.rows[read]]
    right: Right = subject.in_corpus[found[read].argmax(axis=1)] == gold
    of_probes: Right = probe_answers(subject, "train", items) == gold
    return (right, replace(groups, inside=groups.inside[items.places])), of_probes
