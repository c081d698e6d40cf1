"""Kinds of words that a classifier of words may stumble over: new, rare, ambiguous, first, capitalised, a number …"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from probing.axes import Sentence, Split
from probing.diagnosis.answers import Groups
from probing.diagnosis.subject import Subject

RARE = 5  # occurrences in train


@dataclass(frozen=True, eq=False)
class SeenWords:
    """How often train has each lower-cased word with each label, and the length that a quarter of its words exceed.

    long: words of a sentence.
    """

    labels: Mapping[str, Counter[int]]
    long: int

    def of(self, form: str, own: int | None) -> Counter[int]:
        """The labels of a word with their counts; own: the label of the very word of train that is asked about."""
        found = self.labels.get(form.lower(), Counter())
        return found if own is None else +(found - Counter([own]))


@dataclass(frozen=True, eq=False)
class OneWord:
    """A word in its sentence: its place, its label, and the labels that train has for it elsewhere."""

    sentence: Sentence
    place: int
    label: int
    seen: Counter[int]

    @property
    def form(self) -> str:
        """The word."""
        return self.sentence.words[self.place]

    @property
    def before(self) -> bool:
        """Whether a word with a letter or a digit comes before it."""
        return any(map(_is_word, self.sentence.words[: self.place]))

    @property
    def after(self) -> bool:
        """Whether one comes after it."""
        return any(map(_is_word, self.sentence.words[self.place + 1 :]))


def word_groups(subject: Subject, split: Split) -> Groups:
    """The kinds of all words of a split that have a vector and a label, in the order of ``Subject.with_vector``.

    What is new, rare or ambiguous is counted in train; a word of train itself is not counted for itself.
    """
    seen = seen_in_train(subject)
    items, gold = subject.with_vector(split), subject.gold(split).tolist()
    sentences = subject.study.corpus.splits[split]
    assert items.words is not None
    each = zip(items.sentences.tolist(), items.words.tolist(), gold, strict=True)
    words = [
        OneWord(s := sentences[number], at, label, seen.of(s.words[at], label if split == "train" else None))
        for number, at, label in each
    ]
    rules = rules_of(seen.long)
    inside = np.array([[holds(word) for holds in rules.values()] for word in words], dtype=bool)
    return Groups(tuple(rules), inside.reshape(len(words), len(rules)))


def seen_in_train(subject: Subject) -> SeenWords:
    """What train has."""
    train, items = subject.study.corpus.splits["train"], subject.with_vector("train")
    assert items.words is not None
    labels: defaultdict[str, Counter[int]] = defaultdict(Counter)
    lengths = [len(train[number].words) for number in items.sentences]
    each = zip(items.sentences.tolist(), items.words.tolist(), subject.gold("train").tolist(), strict=True)
    for number, at, label in each:
        labels[train[number].words[at].lower()][label] += 1
    return SeenWords(dict(labels), int(np.quantile(lengths, 0.75, method="inverted_cdf")))


def rules_of(long: int) -> dict[str, Callable[[OneWord], bool]]:
    """The rule of each kind, by its name, which says it in words."""
    return {
        "new: not in train": lambda word: not word.seen,
        f"rare: 1 to {RARE} times in train": lambda word: 0 < word.seen.total() <= RARE,
        "ambiguous: several labels in train": lambda word: len(word.seen) > 1,
        "label is not its most frequent one in train": _is_unusual,
        "first word of the sentence": lambda word: _is_word(word.form) and not word.before,
        "last word of the sentence": lambda word: _is_word(word.form) and not word.after,
        "capital letter inside of the sentence": lambda word: word.form[:1].isupper() and word.before,
        "has a digit": lambda word: any(map(str.isdigit, word.form)),
        "sign: no letter or digit": lambda word: not _is_word(word.form),
        f"sentence of more than {long} words": lambda word: len(word.sentence.words) > long,
    }


def _is_unusual(word: OneWord) -> bool:
    return bool(word.seen) and word.seen[word.label] < max(word.seen.values())


def _is_word(form: str) -> bool:
    return any(map(str.isalnum, form))
