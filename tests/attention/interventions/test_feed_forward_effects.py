"""Effects of feed-forward parts, against the same change made to the weights."""

import copy

import numpy as np
import pytest
import torch

from probing.attention.interventions.feed_forward_effects import feed_forward_effects, neuron_means
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.errors import ModelError
from probing.model.batches import batch_of
from probing.model.block_calls import calls
from probing.model.blocks import blocks
from probing.model.feed_forward import feed_forward

ROWS = [[5, 9, 7, 12, 6, 3, 8], [4, 5, 6], [9, 8, 7, 6, 5]]
NAMES = ("Bert", "DistilBert", "GPT2", "Llama", "OPT", "GPTNeoX")


@pytest.fixture(params=NAMES)
def encoder(request, tiny_network, by_hand):
    return by_hand(tiny_network(request.param), causal=request.param not in NAMES[:2])


@pytest.fixture
def subwords(one_subword_each):
    return one_subword_each(ROWS)


def readout(layer=3):
    rng = np.random.default_rng(0)
    gold = [rng.integers(0, 3, len(row)) for row in ROWS]
    return ProbeReadout("p", layer, rng.normal(size=(3, 17)), np.zeros(16), np.ones(16), gold)


def last_maps(network):
    """The last linear map of every block's feed-forward part, in ``network`` itself."""
    ids, found = torch.tensor([ROWS[0]]), blocks(network)
    with torch.inference_mode(), calls(block.module for block in found) as kept:
        network(input_ids=ids, attention_mask=torch.ones_like(ids))
    with torch.inference_mode():
        return [feed_forward(block, call) for block, call in zip(found, kept, strict=True)]


def test_zeros_are_weights_of_zero(encoder, subwords):
    read = readout()
    tally = feed_forward_effects(encoder, subwords, read, None, "dev")
    assert (tally.metric, tally.layers, tally.sums.shape) == ("effect_nats", (1, 2, 3), (3, 3))
    assert tally.items.tolist() == [1, 1, 1] and np.abs(tally.sums).min() > 0
    edited = copy.copy(encoder)
    edited.network = copy.deepcopy(encoder.network)
    last_maps(edited.network)[1].weight.zero_()
    for sentence in range(3):
        alone = batch_of(subwords, [sentence], encoder.pad)
        before, after = (read(hidden(of, alone, 3), alone).scores().item() for of in (encoder, edited))
        assert tally.sums[sentence, 1] == pytest.approx(before - after, abs=2e-5)


def test_means_are_those_of_all_subwords_and_replace_the_neurons(encoder, subwords):
    means, modules, read = neuron_means(encoder, subwords), last_maps(encoder.network), readout()
    kept = []
    handle = modules[2].register_forward_pre_hook(lambda _m, inputs: kept.append(inputs[0].flatten(0, -2)))
    for sentence in range(3):
        hidden(encoder, batch_of(subwords, [sentence], encoder.pad), 3)
    handle.remove()
    np.testing.assert_allclose(means[2], torch.cat(kept).mean(0), atol=1e-5)
    tally = feed_forward_effects(encoder, subwords, read, means, "dev")
    # a bias that is the mean through the weights, and no weights
    edited = copy.copy(encoder)
    edited.network = copy.deepcopy(encoder.network)
    last = last_maps(edited.network)[2]
    mean = torch.from_numpy(means[2]).float()
    added = last(mean[None])[0].detach() - (0 if last.bias is None else last.bias)
    last.weight.zero_()
    alone = batch_of(subwords, [0], encoder.pad)
    handle = last.register_forward_hook(lambda _m, _i, output: output + added)
    before, after = (read(hidden(of, alone, 3), alone).scores().item() for of in (encoder, edited))
    handle.remove()
    assert tally.sums[0, 2] == pytest.approx(before - after, abs=2e-5)


def test_later_layers_are_not_touched_and_nothing_below_is_an_error(encoder, subwords):
    assert feed_forward_effects(encoder, subwords, readout(layer=1), None, "dev").layers == (1,)
    with pytest.raises(ModelError, match="no attention comes before hidden state 0"):
        feed_forward_effects(encoder, subwords, readout(layer=0), None, "dev")
