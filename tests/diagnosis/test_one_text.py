"""What is measured on one text, held against computations of its own."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from probing.axes import Sentence
from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.head_reference import head_reference
from probing.diagnosis.one_text import OF_WORDS, checked, text_evidence, without_each
from probing.errors import ConfigError, DataError
from probing.model.maps import maps


@pytest.fixture
def found(small_texts):
    return small_texts[0].evidence


def test_what_is_explained_is_the_answer_against_the_label(found, small_subject):
    answer, label = small_subject.classes[found.predicted], small_subject.classes[found.label]
    assert found.predicted == found.log_probabilities.argmax()
    assert found.explained[0] == answer
    assert found.explained[1] == (label if answer != label else {"negative": "positive"}.get(answer, "negative"))
    assert found.is_right == (answer == label)


def test_answers_by_layer_are_those_of_the_probes(found, small_subject, by_hand):
    assert [answer.layer for answer in found.answers] == [0, 1, 2, 3]
    assert [answer.layer for answer in found.below] == [0, 1, 2]
    for answer in found.answers:
        expected = by_hand(found.sentence, answer.layer)
        np.testing.assert_allclose(answer.log_probabilities, expected, atol=1e-4)
        assert answer.error == small_subject.errors[answer.layer]
        assert found.probability(answer, 1) == pytest.approx(np.exp(expected[1]), abs=1e-4)
        assert found.probability(answer, -2) == 0.0


def test_columns_of_words_add_up_to_the_logit_difference(found):
    difference = found.log_probabilities[found.predicted] - found.log_probabilities[1 - found.predicted]
    by_name = {method.method: method for method in found.methods}
    for name in ("share in the probe", "decomposition"):
        method = by_name[name]
        assert method.of.total == pytest.approx(difference, abs=1e-4)
        assert np.nansum(method.values) + method.special + method.of.constant == pytest.approx(difference, abs=1e-4)
    assert {"blank-out", "attention", "rollout", "norm-based attention", "gradient × input"} <= by_name.keys()


def test_answers_without_a_word_are_those_for_the_other_words(found, small_subject):
    words = found.sentence.words
    for at in range(len(words)):
        left = [*words[:at], *words[at + 1 :]]
        row = small_subject.log_probabilities([text_sentence(" ".join(left))])[0]
        assert found.shorter[at] == row.argmax()
        assert found.label_without[at] == pytest.approx(np.exp(row[found.label]), abs=1e-4)


def test_one_word_has_nothing_left_without_it(small_subject):
    classes, probabilities = without_each(small_subject, text_sentence("boring"), 0)
    assert classes.tolist() == [-1] and np.isnan(probabilities).all()


def test_texts_that_cannot_be_read_whole_are_refused(small_subject):
    with pytest.raises(DataError, match=r"no word that the model reads"):
        checked(small_subject, text_sentence("  "))
    with pytest.raises(DataError, match=r"the text has \d+ subwords, and the model reads 64 at most; shorten it"):
        checked(small_subject, text_sentence("the lazy dog " * 30))


def test_a_text_that_is_cut_is_refused(small_subject):
    encoder = small_subject.encoder
    cutting = replace(encoder, frame=replace(encoder.frame, truncate=True))
    study = SimpleNamespace(encoder_with_maps=cutting, items=small_subject.study.items)
    subject = replace(small_subject, study=study)
    long = text_sentence("the lazy dog " * 30)
    assert len(subject.subwords([long]).ids) == 64  # nothing else tells that it was longer
    with pytest.raises(DataError, match=r"the text is cut after 64 subwords \(model.long=truncate\)"):
        checked(subject, long)
    checked(subject, text_sentence("the lazy dog"))


def test_the_constant_of_shares_is_the_logit_difference_of_the_mean_training_vector(found, small_subject):
    [shares] = [method for method in found.methods if method.method == "share in the probe"]
    mean = small_subject.train_vectors.mean(axis=0)[None]
    logits = small_subject.saved.read(small_subject.layer, mean)[0]
    one, other = (small_subject.classes.index(name) for name in found.explained)
    assert shares.of.constant == pytest.approx(logits[one] - logits[other], abs=1e-4)


WORDS = "they watch the light"


@pytest.fixture(scope="module")
def of_word(word_subject):
    """What is measured on the second word of a text."""
    means = head_reference(word_subject, 20)
    return text_evidence(word_subject, text_sentence(WORDS), word_subject.classes.index("VERB"), means, 1)


def test_a_word_is_measured_where_it_is_read(of_word, word_subject):
    subwords = word_subject.subwords([of_word.sentence])
    own = subwords.words == 1
    vector = word_subject.encoder.hidden(subwords)[2][own].mean(axis=0)
    logits = word_subject.saved.read(2, vector[None])[0].astype(float)
    one, other = (word_subject.classes.index(name) for name in of_word.explained)
    by_name = {method.method: method for method in of_word.methods}
    assert "share in the probe" not in by_name  # it would be the word's alone
    of = by_name["decomposition"].of
    assert of.total == pytest.approx(logits[one] - logits[other], abs=1e-4)
    assert of.error == pytest.approx(0, abs=1e-4)
    assert all(np.isfinite(method.values).all() for method in of_word.methods)  # of the word itself too
    [seen] = maps(word_subject.encoder, subwords, [0])
    paid = seen.attention[1][0].mean(0).double().numpy()[own].mean(axis=0)
    expected = [paid[subwords.words == word].sum() for word in range(4)]
    np.testing.assert_allclose(by_name["attention"].values, expected, atol=1e-6)
    assert (
        {*OF_WORDS} <= {*of_word.notes} and of_word.edits == [] and (of_word.item, of_word.items) == ("word", "words")
    )


def test_answers_by_layer_and_heads_are_those_for_the_word(of_word, word_subject):
    subwords = word_subject.subwords([of_word.sentence])
    states = word_subject.encoder.hidden(subwords)
    for answer in of_word.answers:
        vector = states[answer.layer][subwords.words == 1].mean(axis=0)[None]
        assert answer.predicted == word_subject.saved.read(answer.layer, vector)[0].argmax()
    [seen] = maps(word_subject.encoder, subwords, [0])
    head = next(part for part in of_word.parts if part.attends_to)
    rows = seen.attention[head.layer - 1][0, head.head].double().numpy()[subwords.words == 1].mean(axis=0)
    for word, weight in head.attends_to:
        assert weight == pytest.approx(rows[subwords.words == word].sum(), abs=1e-6)


def test_other_words_are_taken_out_and_the_word_itself_never(of_word, word_subject):
    words = of_word.sentence.words
    assert of_word.shorter[1] == -1 and np.isnan(of_word.label_without[1])
    for at in (0, 2, 3):
        shorter = text_sentence(" ".join(words[:at] + words[at + 1 :]))
        row = word_subject.log_probabilities([shorter], [0 if at == 0 else 1])[0]
        assert of_word.shorter[at] == row.argmax()
        assert of_word.label_without[at] == pytest.approx(np.exp(row[of_word.label]), abs=1e-4)


def test_a_word_is_asked_for_by_classifiers_of_words_alone(word_subject, small_subject):
    with pytest.raises(ConfigError, match="the place of one word is expected"):
        checked(word_subject, text_sentence(WORDS))
    with pytest.raises(ConfigError, match="it classifies whole texts, so give no word"):
        checked(small_subject, text_sentence(WORDS), 1)
    with pytest.raises(DataError, match=r"“\u200b” has no subword of its own"):
        checked(word_subject, Sentence("s", ("they", "\u200b", "watch")), 1)
