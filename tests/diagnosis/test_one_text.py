"""What is measured on one text, held against computations of its own."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.one_text import checked, without_each
from probing.errors import DataError


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


def test_neighbours_are_the_nearest_of_all_sentences_of_train(found, small_subject):
    vectors, own = small_subject.train_vectors, small_subject.vector(small_subject.subwords([found.sentence]))
    centre, spread = vectors.mean(axis=0), vectors.std(axis=0)
    distances = cdist(((own - centre) / spread)[None], (vectors - centre) / spread, "cosine")[0]
    train = small_subject.study.corpus.splits["train"]
    nearest = np.argsort(distances, kind="stable")[:10]
    np.testing.assert_allclose([near.distance for near in found.neighbours], distances[nearest], atol=1e-5)
    expected = [(" ".join(train[n].words), train[n].label) for n in nearest]
    assert [(near.text, near.label) for near in found.neighbours] == expected


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
