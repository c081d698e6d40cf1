"""Answers of a head of words for a split, held against transformers' own class, word by word."""

import numpy as np
import pytest

from probing.axes import Sentence
from probing.diagnosis.head_answers import head_answers
from probing.diagnosis.split_items import SplitItems
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.new_head import save_classifier, with_new_head


@pytest.fixture(scope="module")
def folder(word_subject, tmp_path_factory):
    """A checkpoint with a random head of three classes."""
    folder, checkpoint = tmp_path_factory.mktemp("tagger"), word_subject.study.checkpoint
    save_classifier(with_new_head(checkpoint, "word", ["x", "y", "z"], None, 5), checkpoint, folder)
    return folder


def test_answers_are_those_of_transformers_at_the_first_subword_of_each_word(folder):
    import torch
    import transformers

    model = Model(str(folder))
    encoder = load(model, resolve(model), head=True)
    words = [("they", "watched", "the", "moonlight"), ("the", "lazy") * 60, ("she", "\u200b", "left")]
    sentences = [Sentence(str(number), one) for number, one in enumerate(words)]
    asked = SplitItems(np.arange(6), np.array([2, 0, 1, 0, 2, 2]), np.array([2, 3, 5, 1, 1, 0]))
    found = head_answers(encoder, sentences, asked)
    assert np.isnan(found).all(axis=1).tolist() == [False, False, True, False, True, False]  # too long; no subword
    full = transformers.AutoModelForTokenClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for row, number, word in ((0, 2, 2), (1, 0, 3), (3, 0, 1), (5, 2, 0)):
        given = tokenizer([*words[number]], is_split_into_words=True, return_tensors="pt")
        first = given.word_ids().index(word)
        with torch.inference_mode():
            expected = full(**given).logits[0, first].log_softmax(0).numpy()
        np.testing.assert_allclose(found[row], expected, atol=1e-5)


def test_nothing_is_asked(folder):
    model = Model(str(folder))
    none = SplitItems(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int))
    assert head_answers(load(model, resolve(model), head=True), [], none).shape == (0, 3)
