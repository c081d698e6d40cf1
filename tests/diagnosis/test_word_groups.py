"""Kinds of words, by hand."""

from collections import Counter

import pytest

from probing.axes import Sentence
from probing.diagnosis.word_groups import OneWord, SeenWords, rules_of, word_groups

TEXT = Sentence("s", ('"', "Paris", "in", "May", "2024", "was", "Nice", "!"))
NEW, RARE, AMBIGUOUS, UNUSUAL, FIRST, LAST, CAPITAL, DIGIT, SIGN, LONG = rules_of(7)


def kinds(place: int, label: int = 0, seen: Counter[int] | None = None) -> set[str]:
    word = OneWord(TEXT, place, label, Counter() if seen is None else seen)
    return {name for name, holds in rules_of(7).items() if holds(word)}


def test_places_and_spelling():
    known = Counter({0: 9})
    assert kinds(0, seen=known) == {SIGN, LONG}
    assert kinds(1, seen=known) == {FIRST, LONG}
    assert kinds(2, seen=known) == {LONG}
    assert kinds(3, seen=known) == {CAPITAL, LONG}
    assert kinds(4, seen=known) == {DIGIT, LONG}
    assert kinds(6, seen=known) == {CAPITAL, LAST, LONG}
    assert kinds(7, seen=known) == {SIGN, LONG}


def test_what_train_says_of_a_word():
    assert kinds(2) == {NEW, LONG}
    assert kinds(2, seen=Counter({0: 5})) == {RARE, LONG}
    assert kinds(2, 1, Counter({0: 5, 1: 4})) == {AMBIGUOUS, UNUSUAL, LONG}
    assert kinds(2, 0, Counter({0: 5, 1: 5})) == {AMBIGUOUS, LONG}
    assert kinds(2, 1, Counter({0: 6})) == {UNUSUAL, LONG}


def test_a_word_of_train_is_not_counted_for_itself():
    seen = SeenWords({"may": Counter({0: 2, 1: 1})}, 7)
    assert seen.of("May", None) == {0: 2, 1: 1}
    assert seen.of("May", 1) == {0: 2} and seen.of("MAY", 0) == {0: 1, 1: 1}
    assert seen.of("June", None) == Counter()
    assert seen.labels["may"] == {0: 2, 1: 1}  # unchanged


@pytest.mark.parametrize("split", ["train", "dev"])
def test_groups_of_a_split_are_those_of_its_words(word_subject, split):
    found = word_groups(word_subject, split)
    items, train = word_subject.with_vector(split), word_subject.study.corpus.splits["train"]
    counts = Counter(word.lower() for sentence in train for word in sentence.words)
    sentences = word_subject.study.corpus.splits[split]
    forms = [sentences[n].words[at].lower() for n, at in zip(items.sentences, items.words, strict=True)]
    own = split == "train"
    assert found.inside.shape == (len(items), len(found.names))
    assert found.inside[:, found.names.index(NEW)].tolist() == [counts[form] - own == 0 for form in forms]
    assert found.inside[:, found.names.index(RARE)].tolist() == [0 < counts[form] - own <= 5 for form in forms]
    assert found.inside[:, found.names.index(NEW)].any()
