"""Each map is taken to the block that it is from, and looking for it leaves the network as it was."""

import copy

import pytest
import torch

from probing.errors import ModelError
from probing.model.map_places import map_places


@pytest.mark.parametrize(("name", "numbers"), [("Bert", [1, 2, 3]), ("T5", [1, 2, 3]), ("Lfm2", [2])])
def test_maps_bear_the_number_of_their_block(tiny_network, name, numbers):
    network = tiny_network(name)
    with torch.no_grad():
        places = map_places(network)
        assert [place.number for place in places] == numbers
        for place in places:
            kept = []
            handle = place.attention.register_forward_hook(lambda _m, _a, output, kept=kept: kept.append(output))
            output = network(input_ids=torch.tensor([[5, 9, 7]]), output_attentions=True)
            handle.remove()
            assert torch.equal(kept[0][place.place], output.attentions[numbers.index(place.number)])
            assert isinstance(place.call.block, type(places[0].call.block))


def test_terms_of_position_that_look_like_a_map_are_none(tiny_network):
    """T5's attention returns (B, H, T, T) twice: first what is added to scores, then the map."""
    with torch.no_grad():
        assert {place.place for place in map_places(tiny_network("T5"))} == {2}


def test_a_network_that_changes_itself_for_a_short_input_is_as_it_was():
    from transformers import BigBirdConfig, BigBirdModel

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = BigBirdConfig(vocab_size=40, block_size=4, num_random_blocks=1, attn_implementation="eager", **sizes)
    network = BigBirdModel(config).eval()
    before = [*network.modules()]
    with torch.no_grad(), pytest.raises(ModelError, match="block 1: it gives no attention map of all subwords"):
        map_places(network)
    assert network.attention_type == "block_sparse"
    assert [*network.modules()] == before


def test_a_block_that_is_not_given_the_hidden_state_below_it_is_refused(tiny_network):
    network = copy.deepcopy(tiny_network("Llama"))
    twice = network.layers[1].register_forward_pre_hook(lambda _module, args: (2 * args[0], *args[1:]))
    with torch.no_grad(), pytest.raises(ModelError, match="block 2: it is not given hidden state 1"):
        map_places(network)
    twice.remove()
