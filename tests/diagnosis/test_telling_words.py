"""Words that tell a class: against scipy's likelihood ratio, and the words of planted sentences."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import chi2_contingency

from probing.axes import Sentence
from probing.diagnosis.compared import FEWEST
from probing.diagnosis.telling_words import _z, telling_words, words_of


def test_measure_is_the_signed_root_of_the_likelihood_ratio():
    rng = np.random.default_rng(0)
    shares = rng.uniform(0.1, 0.9, size=20)
    one, other = (rng.random((n, 20)) < shares for n in (50, 70))
    found = _z(csr_matrix(one.astype(int)), csr_matrix(other.astype(int)))
    for word, z in enumerate(found):
        table = [[some[:, word].sum(), (~some[:, word]).sum()] for some in (one, other)]
        expected, *_ = chi2_contingency(table, correction=False, lambda_="log-likelihood")
        assert z**2 == pytest.approx(expected)
        assert np.sign(z) == np.sign(one[:, word].mean() - other[:, word].mean())


def test_word_that_nobody_has_tells_nothing():
    empty = csr_matrix(np.zeros((4, 1), dtype=int))
    assert _z(empty, empty) == 0


def sentences(words: dict[str, tuple[float, float]], n: int, seed: int) -> tuple[list[Sentence], np.ndarray]:
    """n sentences of two classes; words: how probable each one is in either class."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(2, size=n)
    some = [("the", *(word for word, share in words.items() if rng.random() < share[label]), ".") for label in gold]
    return [Sentence(str(place), words) for place, words in enumerate(some)], gold


@pytest.mark.parametrize("seed", range(5))
def test_words_of_one_class_are_found_and_others_are_not(seed):
    words = {"Sunday": (0.0, 0.15), "often": (0.1, 0.4), **{f"word{k}x": (0.2, 0.2) for k in range(30)}}
    train, gold = sentences(words, 400, seed)
    dev, _ = sentences({word: (0.3, 0.3) for word in words}, 200, seed + 100)
    assert set(telling_words(train, gold, dev, 10)) == {"sunday", "often"}
    assert len(telling_words(train, gold, dev, 1)) == 1
    assert telling_words(train, gold, dev[:10], 10) == ()  # too few have a word


def test_words_of_too_few_sentences_are_left_out_and_no_more_are_named_than_asked_for():
    train, gold = sentences({"Sunday": (0.0, 0.7)}, 400, 0)
    few = [one for one in train if "Sunday" in one.words][: FEWEST - 1]
    assert telling_words(train, gold, few, 10) == ()
    assert telling_words(train, gold, train, 0) == ()


def test_words_without_a_letter_are_none():
    assert words_of(Sentence("s", ("It", "is", "5", "!"))) == ["it", "is"]


def test_a_word_that_negates_is_none_because_the_label_changes_without_it():
    train, gold = sentences({"Sunday": (0.0, 0.4), "no": (0.4, 0.0)}, 400, 0)

    def before_the_end(word: str) -> list[Sentence]:
        return [replace(one, words=(*one.words[:-1], word, ".")) for one in train]

    assert telling_words(before_the_end("plot"), gold, before_the_end("plot"), 10) == ("sunday",)
    idiom = telling_words(before_the_end("doubt"), gold, before_the_end("doubt"), 10)
    assert set(idiom) == {"sunday", "no"}  # "no doubt" negates nothing
