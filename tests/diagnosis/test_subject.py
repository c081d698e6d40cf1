"""A classifier and its probes, held against plain products, and against transformers for a head of the model's own."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax

from probing.axes import Sentence
from probing.diagnosis.split_answers import log_probabilities_of
from probing.diagnosis.subject import Subject
from probing.errors import ConfigError
from probing.model.checkpoint import Model, resolve
from probing.model.new_head import save_classifier, with_new_head


def sentences(subject, split="dev", n=9):
    """The first n that fit into one input."""
    return [one for one in subject.study.corpus.splits[split] if len(subject.subwords([one]).ids) <= 64][:n]


def test_probe_is_the_product_of_its_weights_and_the_mean_vector(small_subject):
    some = sentences(small_subject)
    vectors = np.stack([small_subject.vector(small_subject.subwords([one])) for one in some])
    expected = log_softmax(small_subject.saved.read(2, vectors).astype(float), axis=1)
    np.testing.assert_allclose(small_subject.log_probabilities(some), expected, atol=1e-4)


def test_vector_of_a_text_is_the_one_that_the_store_has_of_it(small_subject):
    first = sentences(small_subject, "train", 1)
    place = small_subject.study.corpus.splits["train"].index(first[0])
    stored = small_subject.train_vectors[small_subject.with_vector("train").sentences.tolist().index(place)]
    np.testing.assert_allclose(small_subject.vector(small_subject.subwords(first)), stored, atol=5e-3)  # float16


def test_vectors_of_train_are_read_without_those_of_other_splits(small_subject, monkeypatch):
    vectors = small_subject.study.items.vectors
    expected = vectors.layer(2)["train"]
    monkeypatch.setattr(type(vectors), "layer", None)
    np.testing.assert_array_equal(replace(small_subject).train_vectors, expected)
    assert np.isfinite(log_probabilities_of(small_subject, "dev", small_subject.items("dev"))).any()


def test_one_text_and_many_have_the_same_answer(small_subject):
    some = sentences(small_subject)
    alone = np.concatenate([small_subject.log_probabilities([one]) for one in some])
    np.testing.assert_allclose(small_subject.log_probabilities(some), alone, atol=1e-4)


def test_a_text_that_does_not_fit_has_no_answer(small_subject):
    long = Sentence("long", ("lazy",) * 80)
    found = small_subject.log_probabilities([*sentences(small_subject, n=1), long])
    assert np.isfinite(found).all(axis=1).tolist() == [True, False]


def test_probe_stands_for_a_head_where_there_is_none(small_subject):
    assert (small_subject.has_own_head, small_subject.layer) == (False, 2)
    assert small_subject.names == small_subject.classes == ("negative", "positive")
    assert small_subject.in_corpus.tolist() == [0, 1]
    assert len(small_subject.probes([0])) == 4


def test_other_tasks_are_refused(small_subject):
    words = replace(small_subject.saved, level="pair", task="distance")
    with pytest.raises(ConfigError, match=r"task=distance: a diagnosis is of a classifier of sentences or of words"):
        replace(small_subject, saved=words)


def test_answer_for_a_word_is_the_product_of_the_weights_and_the_mean_of_its_subwords(word_subject):
    [sentence] = sentences(word_subject, n=1)
    subwords = word_subject.subwords([sentence])
    states = word_subject.encoder.hidden(subwords)[2]
    for word in range(len(sentence.words)):
        vector = states[subwords.words == word].mean(axis=0)[None]
        np.testing.assert_allclose(word_subject.vector(subwords, word), vector[0], atol=1e-6)
        expected = log_softmax(word_subject.saved.read(2, vector).astype(float), axis=1)
        np.testing.assert_allclose(word_subject.log_probabilities([sentence], [word]), expected, atol=1e-4)


def test_words_of_a_split_have_their_labels_vectors_and_answers(word_subject):
    items, gold = word_subject.with_vector("dev"), word_subject.gold("dev")
    dev = word_subject.study.corpus.splits["dev"]
    labels = word_subject.study.labels
    expected = [dev[n].upos[at] for n, at in zip(items.sentences, items.words, strict=True)]
    assert [(*labels.classes, *labels.unseen)[n] for n in gold] == expected
    assert len(expected) == sum(len(sentence.words) for sentence in dev)
    known = word_subject.items("dev")
    assert known.rows.tolist() == [row for row, tag in enumerate(expected) if tag in labels.classes]
    some = word_subject.items("dev").at(np.arange(0, 60, 7))
    asked = [dev[n] for n in some.sentences]
    alone = word_subject.log_probabilities(asked, some.words.tolist())
    np.testing.assert_allclose(
        log_probabilities_of(word_subject, "dev", some), alone, atol=0.02
    )  # stored vectors are float16


def test_a_head_of_words_reads_as_transformers_own_pipeline(constant_head, word_subject):
    """Its classes are in another order; it ignores the layer, and the probes below are those of the run."""
    assert (constant_head.has_own_head, constant_head.layer, word_subject.has_own_head) == (True, 3, False)
    assert constant_head.names == (*reversed(word_subject.classes),)
    some = sentences(constant_head, n=3)
    found = constant_head.log_probabilities(some, [0, 1, 2])
    assert {constant_head.names[n] for n in found.argmax(axis=1)} == {"NOUN"}
    assert {word_subject.classes[n] for n in constant_head.in_corpus[found.argmax(axis=1)]} == {"NOUN"}


def test_classes_of_a_head_are_matched_by_name_and_its_answers_are_those_of_transformers(small_subject, tmp_path):
    import torch
    import transformers

    checkpoint = small_subject.study.checkpoint
    save_classifier(with_new_head(checkpoint, "sentence", ["positive", "negative"], None, 3), checkpoint, tmp_path)
    model = Model(str(tmp_path))
    old = small_subject.study
    parts = {name: getattr(old, name) for name in ("corpus", "task", "probe", "store", "options")}
    with closing(type(old)(**parts, model=model, checkpoint=resolve(model), with_head=True)) as study:
        subject = Subject(study, small_subject.saved, {}, 2)
        assert (subject.has_own_head, subject.layer, subject.names) == (True, 3, ("positive", "negative"))
        assert subject.in_corpus.tolist() == [1, 0]
        assert [subject.in_classifier(label) for label in (0, 1)] == [1, 0]
        sentence = sentences(subject, n=1)[0]
        found = subject.log_probabilities([sentence])[0]
    full = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    ids = transformers.AutoTokenizer.from_pretrained(tmp_path)(" ".join(sentence.words), return_tensors="pt")
    with torch.inference_mode():
        expected = full(**ids).logits[0].log_softmax(0).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)
