"""Items of a split by hand."""

import numpy as np

from probing.axes import Sentence
from probing.diagnosis.split_items import gold_at, items_of


def test_words_know_their_row_their_sentence_and_their_place():
    found = items_of([np.array([0, 2]), np.array([], dtype=int), np.array([1])], of_words=True)
    assert found.rows.tolist() == [0, 1, 2] == found.places.tolist()
    assert (found.sentences.tolist(), found.words.tolist()) == ([0, 0, 2], [0, 2, 1])
    some = found.at(np.array([2, 0]))
    assert (some.rows.tolist(), some.sentences.tolist(), some.words.tolist()) == ([2, 0], [2, 0], [1, 0])
    assert len(some) == 2


def test_sentences_are_counted_by_their_numbers():
    found = items_of([np.array([0]), np.array([], dtype=int), np.array([0])], of_words=False)
    assert found.words is None and found.at(np.array([1])).words is None
    assert (found.rows.tolist(), found.places.tolist()) == ([0, 1], [0, 2])
    assert len(items_of([], of_words=True)) == 0


def test_gold_stands_at_one_word_or_for_the_sentence():
    two = [Sentence("a", ("x", "y", "z")), Sentence("b", ("x",))]
    assert [one.tolist() for one in gold_at(two, [4, 5], [1, 0])] == [[-1, 4, -1], [5]]
    assert [one.tolist() for one in gold_at(two, [4, 5], None)] == [[4], [5]]
