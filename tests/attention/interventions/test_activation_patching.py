"""Patching against the other text's own output, against hooks written out by hand, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from probing.attention.interventions.activation_patching import patch_heads, patch_layers, patch_words
from probing.attention.interventions.aligned_texts import AlignedTexts
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.errors import ConfigError, DataError
from probing.model.batches import batch_of
from probing.model.blocks import blocks

CLEAN, SWAPPED, SHORTER = [5, 9, 7, 12, 6], [5, 9, 3, 12, 6], [5, 9, 12, 6]
ALIKE, DROPPED = [0, 1, 2, 3, 4], [0, 1, 3, 4]  # the partners of the words of SWAPPED and SHORTER
FAMILIES = ("Bert", "GPT2", "Llama", "T5", "ModernBert")


@pytest.fixture(params=FAMILIES)
def encoder(request, tiny_network, by_hand):
    return by_hand(tiny_network(request.param), causal=request.param in ("GPT2", "Llama"))


@pytest.fixture
def pair(one_subword_each):
    return lambda corrupted, partner: AlignedTexts(one_subword_each([CLEAN, corrupted]), np.array(partner))


def a_probe(encoder, layer=None, level="sentence"):
    rng = np.random.default_rng(1)
    layer = encoder.n_layers - 1 if layer is None else layer
    weights = rng.normal(size=(3, encoder.width + 1))
    gold = [np.array([0])] * 2 if level == "sentence" else [np.array([0, 0, -1, -1, -1])] * 2
    return ProbeReadout("any", layer, weights, np.zeros(encoder.width), np.ones(encoder.width), gold, level)


def difference(readout, states, batch):
    read = readout(states, batch).log_probabilities[0]
    return float(read[2] - read[0])


def output_of(encoder, readout, texts, text):
    batch = batch_of(texts.subwords, [text], encoder.pad)
    return difference(readout, hidden(encoder, batch, readout.layer), batch)


def test_all_positions_of_any_layer_give_the_output_of_the_other_text(encoder, pair):
    texts, readout = pair(SWAPPED, ALIKE), a_probe(encoder)
    found = patch_layers(encoder, texts, readout, (2, 0))
    assert found.clean == pytest.approx(output_of(encoder, readout, texts, 0), abs=1e-5)
    assert found.corrupted == pytest.approx(output_of(encoder, readout, texts, 1), abs=1e-5)
    assert abs(found.clean - found.corrupted) > 1e-3
    assert found.layers == (0, 1, 2, 3)
    np.testing.assert_allclose(found.denoised, found.clean, atol=1e-5)
    np.testing.assert_allclose(found.noised, found.corrupted, atol=1e-5)
    np.testing.assert_allclose([found.recovered, found.destroyed], 1, atol=1e-2)


def test_special_subwords_are_paired_in_order(one_subword_each):
    subwords = one_subword_each([CLEAN, SHORTER])
    framed = replace(subwords, words=np.array([-1, 0, 1, 2, -1, -1, 0, 1, -1]), n_words=np.array([3, 2]))
    found = AlignedTexts(framed, np.array([0, 2])).partners()
    pairs = [(unit.word, *(at.tolist() for at in unit.positions)) for unit in found]
    assert pairs == [(-1, [0], [0]), (0, [1], [1]), (1, [2], []), (2, [3], [2]), (-1, [4], [3])]


def test_states_of_the_same_text_change_nothing(encoder, pair):
    texts, readout = pair(CLEAN, ALIKE), a_probe(encoder)
    for patch in (patch_words, patch_layers, patch_heads):
        found = patch(encoder, texts, readout, (2, 0))
        assert found.clean == pytest.approx(found.corrupted, abs=1e-6)
        np.testing.assert_allclose([found.denoised, found.noised], found.clean, atol=1e-5)
        assert np.isnan(found.recovered).all()


def test_in_layer_0_only_the_exchanged_word_carries_the_difference(encoder, pair):
    found = patch_words(encoder, pair(SWAPPED, ALIKE), a_probe(encoder), (2, 0))
    np.testing.assert_allclose(found.recovered[0], [0, 0, 1, 0, 0], atol=1e-2)
    np.testing.assert_allclose(found.destroyed[0], [0, 0, 1, 0, 0], atol=1e-2)
    assert found.words.tolist() == ALIKE


def states_by_hand(encoder, batch, layer, places, new):
    """The last hidden state after ``places`` of the hidden state ``layer`` were overwritten, by a hook of its own."""
    block = next(block.module for block in blocks(encoder.network) if block.number == layer + 1)

    def overwrite(_module, inputs, options):
        states = (inputs[0] if inputs else options["hidden_states"]).clone()
        states[0, places] = new
        return ((states, *inputs[1:]), options) if inputs else (inputs, {**options, "hidden_states": states})

    handle = block.register_forward_pre_hook(overwrite, with_kwargs=True)
    try:
        return hidden(encoder, batch, encoder.n_layers - 1)
    finally:
        handle.remove()


def inputs_of_blocks(encoder, batch):
    kept = []
    handles = [
        block.module.register_forward_pre_hook(
            lambda _m, inputs, options: kept.append(inputs[0] if inputs else options["hidden_states"]),
            with_kwargs=True,
        )
        for block in blocks(encoder.network)
    ]
    hidden(encoder, batch, 0)
    for handle in handles:
        handle.remove()
    return kept


def test_single_words_are_as_a_hook_by_hand_overwrites_them_and_a_dropped_word_has_no_value(encoder, pair):
    texts, readout = pair(SHORTER, DROPPED), a_probe(encoder)
    found = patch_words(encoder, texts, readout, (2, 0))
    clean, corrupted = (batch_of(texts.subwords, [text], encoder.pad) for text in (0, 1))
    states = [inputs_of_blocks(encoder, batch) for batch in (clean, corrupted)]
    assert np.isnan(found.denoised[:, 2]).all() and np.isnan(found.noised[:, 2]).all()
    for layer in (0, 1, 2):
        for here, there in enumerate(DROPPED):
            after = states_by_hand(encoder, corrupted, layer, [here], states[0][layer][0, there])
            assert found.denoised[layer, there] == pytest.approx(difference(readout, after, corrupted), abs=1e-5)
            after = states_by_hand(encoder, clean, layer, [there], states[1][layer][0, here])
            assert found.noised[layer, there] == pytest.approx(difference(readout, after, clean), abs=1e-5)


def test_a_head_is_as_a_hook_by_hand_overwrites_its_columns(encoder, pair):
    texts, readout = pair(SHORTER, DROPPED), a_probe(encoder)
    found = patch_heads(encoder, texts, readout, (2, 0))
    clean, corrupted = (batch_of(texts.subwords, [text], encoder.pad) for text in (0, 1))
    for row, block in enumerate(blocks(encoder.network)):
        outputs = []
        handle = block.output.register_forward_pre_hook(lambda _m, inputs, kept=outputs: kept.append(inputs[0]))
        hidden(encoder, clean, 0)
        handle.remove()
        for head in range(block.n_heads):
            columns = slice(head * block.head_width, (head + 1) * block.head_width)

            def overwrite(_m, inputs, columns=columns, outputs=outputs):
                new = inputs[0].clone()
                new[0, :, columns] = outputs[0][0, DROPPED, columns]
                return (new, *inputs[1:])

            handle = block.output.register_forward_pre_hook(overwrite)
            after = hidden(encoder, corrupted, readout.layer)
            handle.remove()
            assert found.denoised[row, head] == pytest.approx(difference(readout, after, corrupted), abs=1e-5)
    assert found.layers == (1, 2, 3)


def test_words_of_other_subword_counts_take_the_mean_and_special_subwords_are_paired(encoder_of):
    encoder = encoder_of("bert")
    subwords = encoder.tokenize([("the", "quickly", "fox"), ("the", "quick", "fox")])
    texts = AlignedTexts(subwords, np.arange(3))
    sizes = [[len(at) for _, at in texts.units(text)] for text in (0, 1)]
    assert sizes[0][0] == sizes[0][-1] == 1 and sizes[0] != sizes[1], sizes
    readout = a_probe(encoder, layer=2)
    found = patch_words(encoder, texts, readout, (2, 0))
    assert found.words.tolist() == [-1, 0, 1, 2, -1]
    here, there = (texts.units(text)[2][1] for text in (1, 0))
    clean, corrupted = (batch_of(subwords, [text], encoder.pad) for text in (0, 1))
    mean = hidden(encoder, clean, 1)[0, there].mean(0)
    block = next(block.module for block in blocks(encoder.network) if block.number == 2)

    def overwrite(_m, inputs, options):
        states = (inputs[0] if inputs else options["hidden_states"]).clone()
        states[0, here] = mean
        return ((states, *inputs[1:]), options) if inputs else (inputs, {**options, "hidden_states": states})

    handle = block.register_forward_pre_hook(overwrite, with_kwargs=True)
    after = hidden(encoder, corrupted, 2)
    handle.remove()
    assert found.denoised[1, 2] == pytest.approx(difference(readout, after, corrupted), abs=1e-5)


def test_many_copies_in_small_passes_give_the_same(encoder, pair, monkeypatch):
    texts, readout = pair(SWAPPED, ALIKE), a_probe(encoder)
    wide = [patch(encoder, texts, readout, (2, 0)).denoised for patch in (patch_words, patch_heads)]
    monkeypatch.setattr("probing.attention.interventions.passes.BUDGET", 7)
    narrow = [patch(encoder, texts, readout, (2, 0)).denoised for patch in (patch_words, patch_heads)]
    for one, other in zip(wide, narrow, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_what_cannot_be_patched_is_refused(tiny_network, by_hand, pair, one_subword_each):
    encoder = by_hand(tiny_network("Bert"))
    texts = pair(SWAPPED, ALIKE)
    with pytest.raises(ConfigError, match=r"classes=\(0, 3\): expected two different ones from 0 to 2"):
        patch_words(encoder, texts, a_probe(encoder), (0, 3))
    with pytest.raises(ConfigError, match="2 labels in 1 texts; expected: one label per text"):
        patch_words(encoder, texts, a_probe(encoder, level="word"), (0, 1))
    with pytest.raises(DataError, match="texts of 5 and 0 subwords"):
        patch_words(encoder, pair([], []), a_probe(encoder), (0, 1))
    with pytest.raises(ConfigError, match="another one of the 5 words of the clean text"):
        pair(SWAPPED, [0, 1, 1, 3, 4])
    with pytest.raises(ConfigError, match="subwords of 1 texts"):
        AlignedTexts(one_subword_each([CLEAN]), np.arange(5))


def test_the_network_is_as_it_was(tiny_network, by_hand, pair):
    encoder = by_hand(tiny_network("Bert"))
    texts, readout = pair(SHORTER, DROPPED), a_probe(encoder)
    batch = batch_of(texts.subwords, [0], encoder.pad)
    before = hidden(encoder, batch, 3)
    patch_heads(encoder, texts, readout, (2, 0))
    patch_words(encoder, texts, readout, (2, 0))
    assert torch.equal(before, hidden(encoder, batch, 3))
    assert not any("forward" in vars(module) for module in encoder.network.modules())
