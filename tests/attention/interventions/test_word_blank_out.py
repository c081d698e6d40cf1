"""Blank-out of whole words, against a text that was typed with blanks."""

import numpy as np
import pytest

from probing.attention.interventions.attribution import by_word
from probing.attention.interventions.logit_difference import LogitDifference
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.attention.interventions.token_effects import special_token
from probing.attention.interventions.word_blank_out import blank_out_words
from probing.model.batches import batch_of
from probing.model.subwords import Subwords

TEXT = ("the", "quick", "foxes", "saw", "Newtown")


def test_all_subwords_of_a_word_are_replaced(encoder):
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(2, encoder.width + 1))
    probe = ProbeReadout("p", 2, weights, np.zeros(encoder.width), np.ones(encoder.width), [np.array([0])], "sentence")
    text, explained = encoder.tokenize([TEXT]), LogitDifference(probe, 0, 1)
    found = blank_out_words(encoder, text, explained)
    words, special = by_word(found.values, text)
    name, blank = special_token(encoder)
    assert special == 0 and name in found.setting and found.error is None
    assert max(np.bincount(text.words[text.words >= 0])) > 1, "a word of several subwords is needed"

    def difference(ids):
        batch = batch_of(Subwords(ids, text.words, text.offsets, text.n_words), [0], encoder.pad)
        return float(explained(hidden(encoder, batch, 2), batch).of_gold())

    for word in range(len(TEXT)):
        without = np.where(text.words == word, blank, text.ids).astype(np.int32)
        assert words[word] == pytest.approx(difference(text.ids) - difference(without), abs=1e-4)
    assert np.isfinite(words).all() and np.abs(words).min() > 0


def test_a_word_that_is_the_blank_already_is_not_measured(encoder_of):
    encoder = encoder_of("bert")
    probe = ProbeReadout("p", 1, np.ones((2, 17)), np.zeros(16), np.ones(16), [np.array([0])], "sentence")
    text = encoder.tokenize([("the", "fox")])
    text.ids[text.words == 1] = special_token(encoder)[1]
    values = blank_out_words(encoder, text, LogitDifference(probe, 0, 1)).values
    assert np.isfinite(values).tolist() == (text.words == 0).tolist()
