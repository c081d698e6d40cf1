"""Classes of sentences without a word, by hand."""

import numpy as np

from probing.axes import Sentence
from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.taken_out import ABSENT, classes_by, classes_given, without_words

SENTENCES = [Sentence("a", ("Not", "good", ",", "not", "bad")), Sentence("b", ("fine",)), Sentence("c", ("Bad", "not"))]


def test_every_occurrence_is_taken_out_and_other_sentences_are_not_read():
    seen = []

    def lengths(sentences):
        seen.append([one.words for one in sentences])
        return np.array([len(one.words) for one in sentences])

    found = without_words(["not", "bad", "worse"], SENTENCES, lengths)
    assert {word: classes.tolist() for word, classes in found.items()} == {
        "not": [3, ABSENT, 1],
        "bad": [4, ABSENT, 1],
        "worse": [ABSENT] * 3,
    }
    assert seen[0] == [("good", ",", "bad"), ("Bad",)]
    assert len(seen) == 2  # no sentence has "worse"


def test_classes_are_those_with_the_highest_probability(small_subject):
    rows = np.log([[0.2, 0.8], [np.nan, np.nan], [0.7, 0.3]])
    assert classes_given(small_subject, rows).tolist() == [1, ABSENT, 0]
    texts = [text_sentence("it was dull"), text_sentence("the lazy dog " * 40)]  # the second is too long
    found = classes_by(small_subject)(texts)
    assert found[0] == small_subject.log_probabilities(texts[:1])[0].argmax()
    assert found[1] == ABSENT
