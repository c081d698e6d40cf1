"""Maps are whole, of one sentence each, the same in any batch; and what cannot give them says so."""

import contextlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import transformers

from probing.errors import ModelError
from probing.model import maps as module
from probing.model.batches import PADDING
from probing.model.maps import maps, usable

SENTENCES = [["the", "quick", "fox"], ["dog"], ["the", "lazy", "dog", "sleeps", "and", "the", "fox", "jumps"]]


def by_sentence(encoder, subwords, chosen=None):
    return {number: found for batch in maps(encoder, subwords, chosen) for number, found, _, _ in batch.each()}


def test_a_map_is_the_same_alone_and_in_a_batch(family, load_tiny):
    encoder = load_tiny(family, maps=True)
    subwords = encoder.tokenize(SENTENCES)
    together = by_sentence(encoder, subwords)
    assert sorted(together) == [0, 1, 2]
    for number, found in together.items():
        n_layers, _, n, _ = found.shape
        assert n_layers == 3
        assert n == np.diff(subwords.offsets)[number]
        assert found.sum(-1) == pytest.approx(np.ones(found.shape[:-1]), abs=1e-5)
        assert found == pytest.approx(by_sentence(encoder, subwords, [number])[number], abs=1e-5)


def test_the_default_encoder_is_fused_and_gives_no_maps(load_tiny):
    encoder = load_tiny("bert")
    with pytest.raises(ModelError, match="type attention=none"):
        next(maps(encoder, encoder.tokenize(SENTENCES)))


def read_as(encoder, attention):
    """The same encoder around a network that transformers built with this attention, or None if it cannot."""
    with contextlib.suppress(ValueError):
        read = transformers.AutoModel.from_pretrained(encoder.checkpoint.folder, attn_implementation=attention)
        network = read.encoder if hasattr(read, "decoder") and hasattr(read, "encoder") else read
        return replace(encoder, network=network.eval().requires_grad_(requires_grad=False), attention=None)
    return None


def test_one_network_gives_fused_vectors_and_maps_step_by_step_in_either_order(family, load_tiny):
    one, other = load_tiny(family), load_tiny(family, maps=True)
    subwords = one.tokenize(SENTENCES)
    vectors = (read_as(one, "sdpa") or read_as(one, "eager")).hidden(subwords)
    eager = by_sentence(read_as(one, "eager"), subwords)
    np.testing.assert_array_equal(one.hidden(subwords), vectors)
    for encoder in (one.step_by_step(), other):  # vectors first, maps first
        for number, found in by_sentence(encoder, subwords).items():
            np.testing.assert_array_equal(found, eager[number])
        np.testing.assert_array_equal(encoder.hidden(subwords), vectors)
        for number, found in by_sentence(encoder, subwords).items():
            np.testing.assert_array_equal(found, eager[number])


def test_sentences_that_do_not_fit_have_no_map(load_tiny):
    encoder = load_tiny("bert", maps=True)
    subwords = encoder.tokenize([["fox"], ["dog"] * 200, []])
    assert usable(encoder, subwords).tolist() == [True, False, False]
    assert sorted(by_sentence(encoder, subwords)) == [0]


def test_when_memory_runs_out_batches_are_halved_and_a_single_sentence_is_named(load_tiny, monkeypatch):
    encoder = load_tiny("bert", maps=True)
    subwords = encoder.tokenize([["dog"]] * 4)
    whole, forward = by_sentence(encoder, subwords), module._forward

    def small(encoder, subwords, sentences):
        if len(sentences) > room:
            raise RuntimeError("CUDA out of memory")
        return forward(encoder, subwords, sentences)

    monkeypatch.setattr(module, "_forward", small)
    room = 1
    assert by_sentence(encoder, subwords).keys() == whole.keys()
    room = 0
    with pytest.raises(ModelError, match="a single input of 3 subwords"):
        by_sentence(encoder, subwords)


def test_maps_that_are_not_finite_are_refused(load_tiny):
    encoder = load_tiny("bert", maps=True)
    network = encoder.network

    class Broken(torch.nn.Module):
        def forward(self, **inputs):
            found = network(**inputs).attentions
            return SimpleNamespace(attentions=[*found[:-1], found[-1] * float("nan")])

    broken = replace(encoder, network=Broken())
    broken.map_facts = encoder.map_facts
    with pytest.raises(ModelError, match="not finite"):
        next(maps(broken, encoder.tokenize([["dog"]])))


def test_padding_is_told_apart_from_special_subwords(load_tiny):
    encoder = load_tiny("bert", maps=True)
    [batch] = maps(encoder, encoder.tokenize([["the", "quick"], ["the", "dog", "sleeps"]]))
    assert (batch.words == PADDING).sum() == batch.ids.size - batch.lengths.sum()
