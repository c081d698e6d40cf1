"""Minimal pairs with the answers for them, and which of them is compared with the text."""

from dataclasses import replace

import numpy as np
import pytest

from probing.axes import Sentence
from probing.data.exact_edits import edits_of
from probing.data.grammar import Grammar
from probing.diagnosis.edited_texts import as_text, edited_texts, patched_pair, telling_pair, text_sentence

GRAMMAR = Grammar(train=20, dev=40, test=5)


@pytest.fixture
def found(small_texts):
    return small_texts[0].evidence


def test_a_text_keeps_its_characters():
    text = "It wasn't  dull, was it?"
    assert as_text(text_sentence(text)) == text
    assert as_text(Sentence("s", ("two", "words"))) == "two words"


def test_edits_have_the_label_that_they_should_have_and_the_answers_of_the_classifier(found, small_subject):
    kinds = {edit.edit.kind: edit for edit in found.edits}
    dropped = kinds["drop negation"]
    assert dropped.edit.text == "The movie was unexpectedly boring"
    assert dropped.edit.flips and dropped.expected == 1 - found.label
    assert kinds["shorten"].expected == found.label
    for edit in found.edits:
        row = small_subject.log_probabilities([text_sentence(edit.edit.text)])[0]
        np.testing.assert_allclose(edit.log_probabilities, row, atol=1e-4)
        assert edit.predicted == row.argmax()
        assert edit.as_expected == (edit.predicted == edit.expected)
        of_text = {answer.layer: answer.predicted for answer in found.answers}
        of_edit = {answer.layer: answer.predicted for answer in edit.answers}
        assert edit.told_apart(found.answers) == [layer for layer in of_text if of_text[layer] != of_edit[layer]]


def test_the_pair_to_compare_has_another_answer_or_should_have_one(found):
    same = [replace(edit, predicted=0) for edit in found.edits]
    flipping = [edit for edit in same if edit.edit.flips and edit.edit.sure != "open"]
    assert telling_pair(same, 0, found.label) is flipping[0]
    other = [*same[:-1], replace(same[-1], predicted=1)]
    assert telling_pair(other, 0, found.label) is other[-1]
    assert telling_pair([edit for edit in same if not edit.edit.flips], 0, found.label) is None
    assert telling_pair([], 0, found.label) is None


def test_patching_starts_from_the_outputs_of_both_texts(small_texts, small_subject):
    one = small_texts[0]
    assert one.patched is not None
    a, b = (small_subject.names.index(name) for name in one.evidence.explained)
    both = small_subject.log_probabilities([one.evidence.sentence, text_sentence(one.patched.edit.text)])
    for patched in (one.patched.words, one.patched.heads):
        assert patched.clean == pytest.approx(both[0, a] - both[0, b], abs=1e-4)
        assert patched.corrupted == pytest.approx(both[1, a] - both[1, b], abs=1e-4)
    assert one.patched.words.layers == (0, 1, 2)
    assert one.patched.heads.denoised.shape == (2, 2)


def test_sentences_whose_derivation_is_known_have_exact_edits_that_can_be_patched(small_subject):
    subject = replace(small_subject, exact_edits=edits_of(GRAMMAR))
    sentence = next(one for one in GRAMMAR.load().splits["dev"] if "n't" in one.words or "," in one.words)
    label = subject.classes.index(sentence.label)
    found = edited_texts(subject, sentence, label)
    assert found and {one.edit.sure for one in found} == {"exact"}
    assert all(one.expected == (1 - label if one.edit.flips else label) for one in found)
    pair = patched_pair(subject, sentence, found[0].edit, (0, 1))
    assert pair.text == sentence.words
    [typed, *_] = edited_texts(subject, text_sentence("The movie was not boring"), label)
    assert typed.edit.sure != "exact"
