"""Words that tell a class: one that was planted is found, those that tell nothing are not."""

import numpy as np

from probing.axes import Sentence
from probing.diagnosis.compared import FEWEST
from probing.diagnosis.telling_words import telling_words, words_of


def planted(n: int, seed: int) -> tuple[list[Sentence], np.ndarray]:
    """Sentences of random words; *Sunday* stands in most of class 1, *rare* in one of them."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(2, size=n)
    words = [[f"w{k}x" for k in rng.integers(30, size=6)] for _ in range(n)]
    for row, label in zip(words, gold, strict=True):
        if label and rng.random() < 0.7:
            row.append("Sunday")
    words[int(np.argmax(gold))].append("rare")
    return [Sentence(str(n), tuple(row)) for n, row in enumerate(words)], gold


def test_the_planted_word_is_the_only_one():
    for seed in range(5):
        train, gold = planted(400, seed)
        assert telling_words(train, gold, planted(200, seed + 50)[0], 10) == ("sunday",)


def test_the_measure_is_the_z_of_the_log_odds():
    train = [Sentence("s", ("good", "x") if n < 30 else ("x",)) for n in range(60)]
    gold = np.array([1] * 28 + [0] * 2 + [1] * 2 + [0] * 28)
    odds = np.log(28.5 * 28.5 / (2.5 * 2.5))
    z = odds / np.sqrt(2 / 28.5 + 2 / 2.5)
    assert z > 4  # so that it is named, by this computation on paper
    assert telling_words(train, gold, train, 5) == ("good",)
    weaker = np.array([1] * 22 + [0] * 8 + [1] * 8 + [0] * 22)
    assert np.log(22.5**2 / 8.5**2) / np.sqrt(2 / 22.5 + 2 / 8.5) < 4
    assert telling_words(train, weaker, train, 5) == ()


def test_words_of_too_few_sentences_are_left_out_and_no_more_are_named_than_asked_for():
    train, gold = planted(400, 0)
    few = [one for one in train if "Sunday" in one.words][: FEWEST - 1]
    assert telling_words(train, gold, few, 10) == ()
    assert telling_words(train, gold, train, 0) == ()


def test_words_without_a_letter_are_none():
    assert words_of(Sentence("s", ("It", "is", "5", "!"))) == ["it", "is"]
