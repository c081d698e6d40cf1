"""What is measured when a network is loaded: direction, and what may share a pass."""

import architectures
import pytest
import torch

from probing.errors import ModelError
from probing.model import network_facts
from probing.model.input_limits import longest_input
from probing.model.network_facts import example_batch, measure
from probing.model.network_pass import quiet


def built(name, **attributes):
    with quiet():
        network = architectures.build(name)
        network.set_attn_implementation("eager")
    for module in network.modules():
        for attribute, value in attributes.items():
            if hasattr(module, attribute):
                setattr(module, attribute, value)
    return network


def test_a_network_that_calls_itself_causal_and_is_not_is_refused():
    with pytest.raises(
        ModelError, match=r"BertModel says that its attention is causal, but its vectors depend on later"
    ):
        measure(built("bert", is_causal=True), 0, "cpu")


def test_a_weak_dependence_on_later_words_is_refused_where_the_network_says_nothing(monkeypatch):
    network = built("bert")
    monkeypatch.setattr(network_facts, "largest_move", lambda _one, _other, places: 0.05 if places.start is None else 1)
    assert not measure(network, 0, "cpu").causal  # its modules say that they look both ways
    monkeypatch.setattr(network_facts, "stated_causal", lambda _network: None)
    with pytest.raises(ModelError, match="does not say whether its attention is causal, but its vectors depend on"):
        measure(network, 0, "cpu")


def test_vectors_decide_where_modules_deny_a_causal_mask():
    assert measure(built("gpt2", is_causal=False), 0, "cpu").causal


@pytest.mark.parametrize("name", ["qwen3_moe", "mixtral", "phimoe", "granitemoe", "deepseek_v2"])
def test_experts_that_round_differently_do_not_hide_that_a_decoder_is_causal(name):
    network = built(name)
    assert measure(network, 0, "cpu").causal
    assert measure(network.bfloat16(), 0, "cpu").causal


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5"])
def test_small_weights_in_bfloat16_do_not_hide_the_direction(name):
    network = built(name)
    for weight in network.parameters():
        if weight.dim() > 1:
            weight.data *= 0.07
    network = network.bfloat16()
    assert measure(network, 0, "cpu").causal == (name == "gpt2")


@pytest.mark.parametrize(
    ("name", "batching"), [("bert", "padded"), ("fnet", "equal"), ("convbert", "equal"), ("big_bird", "equal")]
)
def test_what_may_share_a_pass(name, batching):
    assert measure(built(name), 0, "cpu").batching == batching


def test_an_input_that_depends_on_those_beside_it_runs_alone():
    """As where experts have a capacity that a whole batch shares."""
    network = built("bert")
    own = network.embeddings.forward

    def mixed(**inputs):
        found = own(**inputs)
        return found + 0.1 * (found.sum(dim=(0, 1), keepdim=True) - found[:1].sum(dim=1, keepdim=True))

    network.embeddings.forward = mixed
    assert measure(network, 0, "cpu").batching == "alone"


STRETCHED = {
    "dynamic": {"factor": 2.0},
    "longrope": {"short_factor": [1.0] * 4, "long_factor": [2.0] * 4, "original_max_position_embeddings": 32},
}


@pytest.mark.parametrize("kind", STRETCHED)
def test_positions_that_stretch_with_the_longest_input_keep_lengths_apart(kind, monkeypatch):
    assert measure(built("llama"), 0, "cpu").batching == "padded"
    positions = {"rope_type": kind, "rope_theta": 10000.0, **STRETCHED[kind]}
    monkeypatch.setitem(architectures.OPTIONS, "llama", {"rope_parameters": positions})
    assert measure(built("llama"), 0, "cpu").batching == "equal"


def test_examples_fit_into_the_shortest_window():
    network = built("bert")
    network.config.max_position_embeddings = 10
    assert longest_input(network) == 10
    ids, mask = example_batch(network, 0, "cpu")
    assert ids.shape == (2, 10)
    assert mask.sum(dim=1).tolist() == [10, 8]
    assert not torch.isin(ids[mask > 0], 0).any()
