"""Rollout and flow of one sentence, and rollout over a corpus."""

import numpy as np
import pytest

import probing
from probing.errors import ConfigError, DataError, ModelError

WORDS = ["Unexpectedly", "good", "."]


@pytest.mark.parametrize("of", [probing.rollout, probing.flow])
def test_a_sentence_has_a_matrix_per_layer_with_the_names_of_its_tokens(model, of):
    found = of(model, WORDS)
    assert found.tokens == ("[CLS]", "unexpectedly", "good", ".", "[SEP]")
    assert (found.words.tolist(), found.layers) == ([-1, 0, 1, 2, -1], (1, 2, 3, 4, 5, 6))
    assert found.values.shape == (6, 5, 5)
    assert np.allclose(found.values.sum(axis=-1), 1, atol=1e-5)
    table = found.to_frame(layer=2)
    assert table.loc["good", "."] == found.values[1, 2, 3]
    assert np.array_equal(found.to_frame(), found.values[-1])
    with pytest.raises(ConfigError, match="layer=7"):
        found.to_frame(layer=7)


def test_rollout_is_the_product_of_the_maps(model):
    from probing.model.maps import maps

    encoder = model.encoder.step_by_step()
    [batch] = maps(encoder, encoder.tokenize([WORDS]))
    mean = [layer[0].mean(axis=0).double().numpy() for layer in batch.attention]
    wanted = np.eye(5)
    for layer in mean:
        wanted = (layer + np.eye(5)) / 2 @ wanted
    assert np.allclose(probing.rollout(model, WORDS).values[-1], wanted, atol=1e-6)
    raw = probing.rollout(model, WORDS, residual_weight=0.0)
    assert np.allclose(raw.values[0], mean[0], atol=1e-6)


def test_flow_is_of_the_same_layers_as_rollout_where_it_starts_higher(model):
    later = probing.flow(model, WORDS, first_layer=5)
    assert later.layers == (5, 6)
    assert later.values.shape == (2, 5, 5)


def test_what_is_no_sentence_is_refused(model, corpus, vectors):
    for of in (probing.rollout, probing.flow):
        with pytest.raises(DataError, match="the sentence is the text 'The cat sat.'; a list of words is expected"):
            of(model, "The cat sat.")
        with pytest.raises(ConfigError, match="a model is expected first"):
            of("minilm", WORDS)
        with pytest.raises(TypeError, match="unexpected keyword argument 'heads'"):
            of(model, WORDS, heads=3)
    with pytest.raises(DataError, match="the sentence is minilm on grammar-40"):
        probing.rollout(model, vectors)
    with pytest.raises(ConfigError, match="fusion=median"):
        probing.rollout(model, WORDS, fusion="median")
    with pytest.raises(ModelError, match="602 tokens, and minilm reads at most 512"):
        probing.rollout(model, ["cat"] * 600)
    with pytest.raises(ConfigError, match="sentences=0: give a number from 1 on, or 'all'"):
        probing.rollout(model, corpus, sentences=0)
    with pytest.raises(DataError, match="the sentence is the text"):
        model.encoder.tokenize(["The cat sat."])


def test_rollout_of_another_split_says_so(model, corpus):
    found = probing.rollout(model, corpus, split="dev", sentences=5)
    assert set(found["split"]) == {"dev"}
    assert found["n_sentences"].max() == 5
    assert found.attrs["notes"][0].startswith("rollout: 5 of the 40 sentences of dev, drawn at random")
