"""Maps carry the block that they are from; a sink is known; what is no distribution is refused."""

import architectures
import pytest
import torch

from probing.errors import ModelError
from probing.model.attention_kind import STEP_BY_STEP, computing
from probing.model.map_facts import MapFacts, measure_maps
from probing.model.network_facts import example_batch, hidden_states
from probing.model.network_pass import quiet


def facts(name, network=None):
    with quiet():
        network = network or architectures.build(name)
    states = hidden_states(network, *example_batch(network, 0, "cpu"))
    with computing(network, STEP_BY_STEP):
        return measure_maps(network, 0, "cpu", states)


def test_every_block_of_a_plain_model_gives_a_map():
    assert facts("bert") == MapFacts.of_all(3, 2)


def test_a_network_that_is_asked_in_vain_to_compute_step_by_step_gives_true_maps_all_the_same():
    """Falcon would add its mask of yes and no to the scores as if it were numbers, and look ahead."""
    assert facts("falcon") == MapFacts.of_all(3, 2)


def test_maps_of_a_pass_that_gives_other_states_are_refused():
    with quiet():
        network = architectures.build("bert")
    states = hidden_states(network, *example_batch(network, 0, "cpu"))
    with computing(network, STEP_BY_STEP), pytest.raises(ModelError, match="hidden states change when it gives"):
        measure_maps(network, 0, "cpu", tuple(state + 1 for state in states))


@pytest.mark.parametrize(("name", "layers"), [("lfm2", (2,)), ("recurrent_gemma", (3,)), ("jamba", None)])
def test_a_hybrid_names_the_blocks_with_attention(name, layers, monkeypatch):
    if name == "lfm2":
        monkeypatch.setitem(architectures.OPTIONS, name, {"layer_types": ["conv", "full_attention", "conv"]})
    if name == "jamba":
        monkeypatch.setitem(architectures.OPTIONS, name, {"attn_layer_period": 2, "attn_layer_offset": 1})
        layers = (2,)
    assert facts(name).layers == layers


def test_a_sink_is_known():
    found = facts("gpt_oss")
    assert found.sinks == (True, True, True)


def test_rows_that_lose_weight_without_a_sink_are_refused():
    with quiet():
        network = architectures.build("gpt_oss")
    for block in network.layers:
        sinks = block.self_attn.sinks
        del block.self_attn.sinks
        vars(block.self_attn)["sinks"] = sinks.data  # the same numbers, but nothing says what they are
    with pytest.raises(ModelError, match="rows sum to as little as .* no sink is known"):
        facts("", network=network)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("squeezebert", "scores from before the softmax"),
        ("cpmant", "weight to padding"),
        ("fnet", "gives no attention map"),
        ("longcat_flash", "a block of this model gives several attention maps"),
    ],
)
def test_what_is_no_distribution_is_refused(name, why):
    with pytest.raises(ModelError, match=f"{why}.*type attention=none, or choose another model"):
        facts(name)


def test_weights_that_are_not_finite_are_refused():
    with quiet():
        network = architectures.build("bert")
    network.encoder.layer[1].attention.self.key.weight = torch.nn.Parameter(torch.full((16, 16), float("nan")))
    with pytest.raises(ModelError, match="not finite"):
        facts("", network=network)
