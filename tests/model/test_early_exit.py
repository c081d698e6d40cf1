"""Chosen layers are bit for bit those of the full pass, and no block above the last of them is computed."""

import numpy as np
import pytest

from probing.model.network_pass import hooks

SENTENCES = [("the", "quick", "fox"), ("she", "left"), ("I", "do", "n't", "know", "what", "the", "fox", "saw")]


FAMILIES = ("bert", "distilbert", "albert", "deberta", "modernbert", "gpt2", "neox", "llama", "qwen3", "t5", "bart")


@pytest.mark.parametrize("family", FAMILIES)
def test_chosen_layers_are_those_of_the_full_pass(load_tiny, family):
    encoder = load_tiny(family)
    subwords = encoder.tokenize(SENTENCES)
    whole = encoder.hidden(subwords)
    last = encoder.n_layers - 1
    for layers in [(0,), (1,), (last - 1,), (0, 2), (1, 2), (last,), (0, last)]:
        assert np.array_equal(encoder.hidden(subwords, layers=layers), whole[list(layers)]), layers


@pytest.mark.parametrize("family", ["bert", "gpt2", "llama"])
def test_the_blocks_above_are_not_computed(load_tiny, family):
    from probing.model.blocks import blocks

    encoder, seen = load_tiny(family), []
    subwords = encoder.tokenize(SENTENCES)
    found = blocks(encoder.network)
    encoder.hidden(subwords, layers=(0, 1))  # the pass that measures has been made
    looks = [block.module.register_forward_hook(lambda *_, number=block.number: seen.append(number)) for block in found]
    with hooks(*looks):
        encoder.hidden(subwords, layers=(0, 1))
        assert set(seen) == {1}
        encoder.hidden(subwords, layers=(1, encoder.n_layers - 1))
    assert set(seen) == {block.number for block in found}


def test_the_last_layer_alone_has_passed_the_final_norm(load_tiny):
    encoder = load_tiny("gpt2")
    assert encoder.final_norm
    subwords, last = encoder.tokenize(SENTENCES), encoder.n_layers - 1
    raw, normalised = encoder.hidden(subwords, layers=(last - 1, last))
    spread = [float(np.ptp(rows.std(axis=1))) for rows in (raw, normalised)]
    assert spread[1] < 0.1 * spread[0]


def test_a_network_that_gives_no_module_its_states_as_they_are_takes_the_full_pass(load_tiny, monkeypatch):
    from probing.model import early_exit

    encoder = load_tiny("bert")
    subwords = encoder.tokenize(SENTENCES)
    whole = encoder.hidden(subwords)
    monkeypatch.setattr(early_exit, "_first", lambda positional, named: None)
    assert np.array_equal(encoder.hidden(subwords, layers=(1,)), whole[[1]])
    assert encoder.exits[1,] is None
