"""Sentence vectors against transformers itself, and a cut encoder against the text with its negations masked."""

import numpy as np
import pytest

from pipelines.validating.pooled_vectors import Reader
from probing.axes import Sentence
from probing.data.negation_edits import negations_in
from probing.errors import DataError


def by_hand(encoder, words, hidden=()) -> np.ndarray:
    """(L, D), from one unpadded pass: the mean without [CLS], [SEP] and ``hidden``, which nothing attends to."""
    import torch

    ids = torch.tensor([encoder.tokenizer.encode(" ".join(words)).ids])
    seen = torch.tensor([[1, *(int(word not in hidden) for word in words), 1]])
    with torch.inference_mode():
        states = encoder.network(input_ids=ids, attention_mask=seen, output_hidden_states=True).hidden_states
    counted = seen[0, 1:-1].bool()
    return np.stack([state[0, 1:-1][counted].mean(0).numpy() for state in states])


def test_vectors_are_means_over_the_subwords_of_words(small_encoder, small_corpus):
    some = small_corpus(3).splits["dev"][:30]
    found = Reader(small_encoder).vectors(some)
    expected = np.stack([by_hand(small_encoder, one.words) for one in some], axis=1)
    assert np.abs(found - expected).max() < 1e-4


@pytest.mark.parametrize("layer", [1, 3, 4])
def test_a_cut_encoder_reads_the_text_without_its_negations_from_the_layer_on(small_encoder, small_corpus, layer):
    some = small_corpus(3).splits["dev"][:40]
    found = Reader(small_encoder, layer, Reader(small_encoder)).vectors(some)
    for place, one in enumerate(some):
        whole, without = (by_hand(small_encoder, one.words, hidden) for hidden in ((), ("not", "never")))
        expected = np.concatenate([whole[:layer], without[layer:]])
        assert np.abs(found[:, place] - expected).max() < 1e-4
        if negations_in(one.words):
            assert np.abs(found[layer:, place] - whole[layer:]).max() > 0.01
    assert 0 < sum(bool(negations_in(one.words)) for one in some) < len(some)


def test_what_was_read_is_kept(small_encoder, small_corpus, monkeypatch):
    some = small_corpus(3).splits["dev"][:5]
    reader = Reader(small_encoder)
    first = reader.vectors(some)
    monkeypatch.setattr(small_encoder, "tokenize_sentences", None)
    assert (reader.vectors(some[::-1]) == first[:, ::-1]).all()


def test_sentence_that_does_not_fit_is_refused(small_encoder):
    with pytest.raises(DataError, match="1 sentences do not fit into one input"):
        Reader(small_encoder).vectors([Sentence("long", ("the",) * 100)])
