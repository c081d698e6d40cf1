"""What blocks() finds in an architecture is what the architecture computes; what it does not know it refuses."""

import copy
import re

import pytest
import torch

from probing.errors import ModelError
from probing.model.block_calls import states_of
from probing.model.blocks import blocks
from probing.model.network_pass import hooks

IDS = torch.tensor([[5, 9, 7, 12, 6], [8, 5, 10, 9, 11]])
NORM_AFTER = ("Bert", "Roberta", "Camembert", "Electra", "MPNet", "DistilBert", "DebertaV2", "Bart", "OpenAIGPT")
INNER = ("Olmo2", "Gemma2", "Gemma3Text")  # normalise attention's output before they add it
NORM_BEFORE = (
    *("MegatronBert", "ModernBert", "T5", "GPT2", "GPTBigCode", "GPTNeo", "GPTNeoX", "GPTJ", "CodeGen", "OPT", "Bloom"),
    *("Mpt", "Falcon", "Falcon:grouped", "Falcon:alibi", "Phi", "Phi3", "Olmo", "Llama", "Mistral", "Qwen2", "Qwen3"),
    *("Gemma", "Cohere", "Granite", "Mixtral", "Qwen3Moe", "GptOss", "DeepseekV2", "Lfm2"),
)
PARALLEL = ("GPTNeoX", "GPTJ", "CodeGen", "Falcon", "Falcon:grouped", "Phi", "Cohere")
KNOWN = (*NORM_AFTER, *INNER, *NORM_BEFORE)


def passed(network, block, ids=IDS):
    """Values, map, joined heads, output, what the block was given and returned, in one forward pass."""
    seen = {}

    def around(_module, args, kwargs, output):
        seen.update(given=args[0] if args else kwargs["hidden_states"], returned=states_of(output))

    handles = [
        block.module.register_forward_hook(around, with_kwargs=True),
        block.value.register_forward_hook(lambda _m, _a, output: seen.update(values=block.values(output))),
        block.attention.register_forward_hook(lambda _m, _a, output: seen.update(map=output[block.place])),
        block.output.register_forward_hook(lambda _m, args, output: seen.update(joined=args[0], output=output)),
    ]
    with torch.inference_mode(), hooks(*handles):
        output = network(
            input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True, output_hidden_states=True
        )
    return seen, output


@pytest.mark.parametrize("name", KNOWN)
def test_weighted_values_through_the_output_matrix_are_the_output(tiny_network, name):
    network = tiny_network(name)
    found = blocks(network)
    assert [block.number for block in found] == ([2] if name == "Lfm2" else [1, 2, 3])
    for place, block in enumerate(found):
        seen, output = passed(network, block)
        torch.testing.assert_close(seen["map"], output.attentions[place])
        torch.testing.assert_close(seen["given"], output.hidden_states[block.number - 1])
        matrix = block.weight().reshape(block.n_heads, block.head_width, -1)
        summed = torch.einsum("bhij,bjhd,hde->bie", seen["map"], seen["values"], matrix)
        summed = summed if block.output.bias is None else summed + block.output.bias
        assert summed.abs().max() > 0.05
        torch.testing.assert_close(summed, seen["output"], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", KNOWN)
def test_without_rows_of_the_output_matrix_a_head_is_gone_and_no_other(tiny_network, name):
    """A head is known by the rows that it owns: its weighted values are what they multiply."""
    network = copy.deepcopy(tiny_network(name))
    block = blocks(network)[-1]
    seen, _ = passed(network, block)
    rows = slice(block.head_width, 2 * block.head_width)
    head = seen["map"][:, 1] @ seen["values"][:, :, 1]
    torch.testing.assert_close(seen["joined"][..., rows], head)
    lost = seen["joined"][..., rows] @ block.weight()[rows]
    block.weight()[rows] = 0
    without, _ = passed(network, block)
    torch.testing.assert_close(without["output"], seen["output"] - lost, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", KNOWN)
def test_how_the_output_is_added_to_the_input_of_the_block(tiny_network, name):
    network = tiny_network(name)
    for block in blocks(network):
        how = block.residual
        assert (how.norm is not None) == (name in NORM_AFTER)
        assert (how.inner is not None) == (name in INNER)
        assert how.factor == pytest.approx(0.5 if name == "Granite" else 1)
        added = passed(network, block)[0]["output"]
        if how.inner is not None:
            added = how.inner(added)
        total = passed(network, block)[0]["given"] + how.factor * added
        seen = []  # what the modules of the block are given and return
        every = [
            part.register_forward_hook(lambda _m, args, output, seen=seen: seen.extend(copies([*args, output])))
            for part in block.module.modules()
        ]
        with hooks(*every):
            returned = passed(network, block)[0]["returned"]
        # one that computes both of its parts from one input gives the sum to no module, but adds the other part to it
        wanted = returned - total if name in PARALLEL else total
        assert any(
            torch.allclose(wanted, part.reshape(total.shape), atol=1e-4)
            for part in seen
            if part.numel() == total.numel()
        )


def copies(parts):
    """Some blocks go on to change what they have."""
    return [part.clone() for part in parts if isinstance(part, torch.Tensor)]


def test_neighbouring_heads_share_a_value_head_and_own_their_columns(tiny_network):
    network = tiny_network("Llama")
    block = blocks(network)[0]
    seen, _ = passed(network, block)
    assert seen["values"].shape == (2, 5, 4, 4)
    torch.testing.assert_close(seen["values"][:, :, 0], seen["values"][:, :, 1])
    assert not torch.allclose(seen["values"][:, :, 1], seen["values"][:, :, 2])


REFUSED = {
    "Albert": "block 1: several layers share its modules",
    "FNet": "block 1: it gives no attention map of all subwords",
    "Longformer": "block 1: it gives no attention map of all subwords",
    "XLNet": "block 1: it is not given hidden state 0",
    "XLM": "map 1: the module that returns it is not inside a block",
    "ConvBert": "block 1: no output projection receives the map times the values",  # half of its heads are convolutions
    "BitNet": "block 1: no output projection receives the map times the values",  # it normalises them in between
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_hold_is_refused_in_a_line_that_names_model_and_block(tiny_network, name):
    for _ in range(2):  # the second time from memory
        with pytest.raises(ModelError, match=re.escape(f"{name}Model, {REFUSED[name]}")) as caught:
            blocks(tiny_network(name))
    assert "type attention=rollout" in str(caught.value) and "\n" not in str(caught.value)


def test_weights_that_are_zero_hide_no_projection(tiny_network):
    """Heads may be pruned to nothing: columns are told apart by noise, not by weights."""
    network = copy.deepcopy(tiny_network("GPT2"))
    wanted = blocks(network)[1].columns
    network = copy.deepcopy(tiny_network("GPT2"))
    for weight in network.h[1].attn.parameters():
        weight.zero_()
    assert blocks(network)[1].columns == wanted == slice(32, 48)


def test_a_projection_that_does_more_than_its_matrix_says_is_refused(tiny_network):
    network = copy.deepcopy(tiny_network("Llama"))
    twice = network.layers[1].self_attn.o_proj.register_forward_hook(lambda _m, _a, output: 2 * output)
    with pytest.raises(ModelError, match="block 2: the map times the values, through the output projection"):
        blocks(network)
    twice.remove()


def test_a_gate_on_the_joined_heads_is_refused(tiny_network):
    network = copy.deepcopy(tiny_network("Llama"))
    gate = network.layers[2].self_attn.o_proj.register_forward_pre_hook(lambda _m, args: (args[0] * args[0].sigmoid(),))
    with (
        pytest.raises(ModelError, match="block 3: no output projection receives the map times the values"),
        hooks(gate),
    ):
        blocks(network)


def test_the_search_leaves_the_network_as_it_was(tiny_network):
    network = copy.deepcopy(tiny_network("Bert"))
    network.set_attn_implementation("sdpa")
    network.config.use_cache = True
    before = network(input_ids=IDS, output_attentions=True).last_hidden_state  # transformers adds hooks of its own
    n_hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules()]
    blocks(network)
    assert network.config._attn_implementation == "sdpa" and network.config.use_cache is True
    assert n_hooks == [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules()]
    assert torch.equal(network(input_ids=IDS).last_hidden_state, before)


def test_a_network_is_searched_once_and_not_kept_alive(tiny_network, monkeypatch):
    import gc
    import weakref

    network = copy.deepcopy(tiny_network("Bert"))
    assert blocks(network) is blocks(network)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_hooks_go_when_their_block_ends_by_an_error(tiny_network):
    found = tiny_network("Bert")
    handle = found.register_forward_hook(lambda *_: None)
    with pytest.raises(KeyError), hooks(handle):
        raise KeyError
    assert not found._forward_hooks
