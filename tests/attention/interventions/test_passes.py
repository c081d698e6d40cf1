"""Passes with changed heads, in many architectures, against the same change made to the weights or the values."""

import copy

import numpy as np
import pytest
import torch

from probing.attention.interventions.head_ablation import Ablation, ablated, head_means
from probing.attention.interventions.head_effects import effects
from probing.attention.interventions.passes import below, hidden, replaced
from probing.attention.interventions.readouts import ProbeReadout
from probing.attention.interventions.replaced_weights import replaced_weights
from probing.attention.interventions.token_effects import value_zeroing
from probing.errors import ModelError
from probing.model.batches import batch_of
from probing.model.block_calls import states_of
from probing.model.blocks import blocks
from probing.model.network_pass import hooks

ENCODERS = ("Camembert", "MPNet", "DebertaV2", "ModernBert", "T5", "Bart")
DECODERS = (
    *("GPTNeo", "GPTJ", "OPT", "Bloom", "Mpt", "Falcon", "Falcon:grouped", "Falcon:alibi", "Phi", "Olmo", "Olmo2"),
    *("Mistral", "Qwen3", "Gemma2", "Gemma3Text", "Granite", "Mixtral", "GptOss", "DeepseekV2", "Lfm2", "OpenAIGPT"),
)
ROWS = [[5, 9, 7, 12, 6, 3, 8], [4, 5, 6], [9, 8, 7, 6, 5]]


@pytest.fixture(params=(*ENCODERS, *DECODERS))
def encoder(request, tiny_network, by_hand):
    return by_hand(tiny_network(request.param), causal=request.param in DECODERS)


@pytest.fixture
def subwords(one_subword_each):
    return one_subword_each(ROWS)


def last_layer(encoder):
    return encoder.n_layers - 1


def test_a_head_replaced_by_zeros_is_a_head_without_rows_in_the_output_matrix(encoder, subwords):
    batch, head = batch_of(subwords, [0, 1, 2], encoder.pad), 2
    block = blocks(encoder.network)[0]
    with ablated(encoder, batch, {(block.number, head)}, Ablation("zero")):
        found = hidden(encoder, batch, last_layer(encoder))[batch.real]
    intact = hidden(encoder, batch, last_layer(encoder))[batch.real]
    edited = copy.copy(encoder)
    edited.network = copy.deepcopy(encoder.network)
    block = blocks(edited.network)[0]
    block.weight()[head * block.head_width : (head + 1) * block.head_width] = 0
    expected = hidden(edited, batch, last_layer(edited))[batch.real]
    assert (expected - intact).abs().max() > 0.01 * intact.abs().max()
    torch.testing.assert_close(found, expected, atol=1e-5 * float(intact.abs().max()), rtol=1e-4)


def test_value_zeroing_is_zeroing_the_values_of_a_token(encoder, subwords):
    [(_, found)] = value_zeroing(encoder, subwords, [2])
    batch = batch_of(subwords, [2], encoder.pad)
    for block, scores in zip(blocks(encoder.network), found, strict=True):
        intact = after(encoder, batch, block)
        for token in (0, 3):

            def zero(_module, _inputs, projected, token=token, block=block):
                changed = projected.clone()
                changed.view(1, len(ROWS[2]), -1)[:, token, block.columns] = 0
                return changed

            with hooks(block.value.register_forward_hook(zero)):
                changed = after(encoder, batch, block)
            expected = 1 - torch.cosine_similarity(changed.double(), intact.double(), dim=-1)[0]
            assert expected.max() > 1e-4
            np.testing.assert_allclose(scores[:, token], expected, atol=5e-6)


def after(encoder, batch, block):
    kept = []
    with hooks(block.module.register_forward_hook(lambda _m, _i, output: kept.append(states_of(output)))):
        hidden(encoder, batch, 1)
    return kept[0]


def test_the_models_own_map_in_place_of_the_map_changes_nothing(encoder, subwords):
    batch = batch_of(subwords, [0], encoder.pad)
    intact = hidden(encoder, batch, last_layer(encoder))
    maps = encoder.network(input_ids=torch.from_numpy(batch.ids), output_attentions=True, return_dict=True).attentions
    for block, map_ in zip(blocks(encoder.network), maps, strict=True):
        everything = torch.ones(1, block.n_heads, dtype=torch.bool)
        with (
            torch.inference_mode(),
            replaced(block, lambda v, m=map_: torch.einsum("bhqk,bkhd->bqhd", m, v), everything),
        ):
            found = hidden(encoder, batch, last_layer(encoder))
        torch.testing.assert_close(found, intact, atol=1e-5 * float(intact.abs().max()), rtol=1e-4)


def test_effects_resumed_from_a_layer_are_those_of_one_head_and_sentence_alone(encoder, subwords):
    """Layers bear the number of their block, also where others have no attention."""
    rng = np.random.default_rng(0)
    gold = [rng.integers(0, 3, len(row)) for row in ROWS]
    weights = rng.normal(size=(3, encoder.width + 1))
    probe = ProbeReadout("any", last_layer(encoder), weights, np.zeros(encoder.width), np.ones(encoder.width), gold)
    ablation = Ablation("mean", head_means(encoder, subwords))
    tally = effects(encoder, subwords, probe, ablation, "dev")
    found = blocks(encoder.network)
    assert tally.layers == tuple(block.number for block in found)
    alone = batch_of(subwords, [2], encoder.pad)
    intact = probe(hidden(encoder, alone, probe.layer), alone).scores()
    for place, block in enumerate(found):
        with ablated(encoder, alone, {(block.number, 1)}, ablation):
            without = probe(hidden(encoder, alone, probe.layer), alone).scores()
        np.testing.assert_allclose(tally.sums[2, place, 1], float(intact - without), atol=1e-3)
    permuted, uniform = replaced_weights(encoder, subwords, probe, rng, "dev", draws=1)
    assert permuted.layers == uniform.layers == tally.layers
    assert (uniform.sums > 0).all()


def test_a_layer_that_no_attention_comes_before_cannot_be_changed(tiny_network):
    found = blocks(tiny_network("Lfm2"))  # only block 2 has attention
    assert below(found, 3) == below(found, 2) == found
    with pytest.raises(ModelError, match=r"no attention comes before hidden state 1; .* layers=\[2\]"):
        below(found, 1)
