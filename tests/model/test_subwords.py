"""Sentences stay apart, chunks leave no seam, and what is cut off is counted."""

import numpy as np
import pytest

from probing.axes import Sentence, Surface
from probing.errors import ConfigError
from probing.model import subwords as subwords_module
from probing.model.subwords import linked, reorder

TEXTS = ("the dog sleeps", "light", "I don't know what the naïve fox saw there", ".")
SENTENCES = [text.split() for text in TEXTS]


def test_chunks_leave_no_seam(load_tiny, monkeypatch):
    encoder = load_tiny("roberta")
    wanted = encoder.tokenize(SENTENCES * 3)
    monkeypatch.setattr(subwords_module, "CHUNK_SENTENCES", 5)
    found = encoder.tokenize(SENTENCES * 3)
    for name in ("ids", "words", "offsets", "n_words"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    assert found.counts == wanted.counts


def test_a_part_is_what_tokenising_those_sentences_gives(load_tiny):
    encoder = load_tiny("bert")
    part, alone = encoder.tokenize(SENTENCES).part(1, 3), encoder.tokenize(SENTENCES[1:3])
    for name in ("ids", "words", "offsets", "n_words"):
        np.testing.assert_array_equal(getattr(part, name), getattr(alone, name))
    assert len(part) == 2


def test_truncation_drops_what_does_not_fit_keeps_the_specials_and_counts(load_tiny):
    whole = load_tiny("bert").tokenize([["the"] * 10, ["the"] * 3])
    cut = load_tiny("bert", max_subwords=7, long="truncate").tokenize([["the"] * 10, ["the"] * 3])
    assert cut.ids[:7].tolist() == [*whole.ids[:6], whole.ids[-1]]  # [CLS], five words, [SEP]
    assert cut.words[:7].tolist() == [-1, 0, 1, 2, 3, 4, -1]
    assert cut.n_words.tolist() == [10, 3]
    assert cut.counts["truncated_sentences"] == 1
    assert cut.counts["truncated_words"] == 5
    assert cut.counts["words_without_subwords"] == cut.counts["windowed_sentences"] == 0


def test_windowing_drops_nothing_and_counts(load_tiny):
    whole = load_tiny("bert").tokenize([["the"] * 10, ["the"] * 3])
    windowed = load_tiny("bert", max_subwords=7).tokenize([["the"] * 10, ["the"] * 3])
    np.testing.assert_array_equal(windowed.ids, whole.ids)
    assert windowed.counts["windowed_sentences"] == 1
    assert windowed.counts["truncated_sentences"] == 0


def test_a_window_too_small_to_move_is_refused(load_tiny):
    with pytest.raises(ConfigError, match=r"model\.max_subwords=3: too few for this model; give at least 4"):
        load_tiny("bert", max_subwords=3)


def test_a_window_is_never_longer_than_the_model(load_tiny):
    assert load_tiny("bert", max_subwords=1000).window == 64


def test_words_that_share_subwords_are_linked():
    first, last = np.array([-1, 0, 1, 1, 2, 4, 5, -1]), np.array([-1, 1, 1, 1, 2, 5, 6, -1])
    assert linked(first, last).tolist() == [-1, 0, 0, 0, 2, 4, 4, -1]
    assert linked(first, None) is first


def test_a_new_order_keeps_last_words_beside_first_words(load_tiny):
    encoder = load_tiny("bert")
    shared = Sentence("a", ("de", "le"), surface=Surface("du", ((0, 2), (0, 2))))
    alone = Sentence("b", ("dog",), surface=Surface("dog", ((0, 3),)))
    turned = reorder(encoder.tokenize_sentences([shared, alone]), np.array([1, 0]))
    wanted = encoder.tokenize_sentences([alone, shared])
    np.testing.assert_array_equal(turned.last_words, wanted.last_words)
    np.testing.assert_array_equal(turned.words, wanted.words)
