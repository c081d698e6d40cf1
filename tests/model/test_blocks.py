"""What blocks() says of an architecture is what the architecture computes."""

import re

import pytest

from probing.errors import ModelError
from probing.model.block_calls import hooks
from probing.model.blocks import blocks
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load

KNOWN = ["bert", "roberta", "electra", "deberta", "distilbert", "gpt2", "neox", "llama", "qwen2", "qwen3"]
NORM_AFTER = {"bert", "roberta", "electra", "deberta", "distilbert"}
SECOND_NORM = {"gpt2": "ln_2", "llama": "post_attention_layernorm", "qwen3": "post_attention_layernorm"}


@pytest.fixture(scope="module")
def network(folder_of):
    """A tiny network of a family whose biases and scales are random too: fresh ones are 0 and 1."""
    import torch

    def network(family):
        model = Model(checkpoint=str(folder_of(family)))
        found = load(model, resolve(model), maps=True).network
        draws = torch.Generator().manual_seed(0)
        for weight in found.parameters():
            weight.add_(torch.randn(weight.shape, generator=draws) * 0.2)
        return found

    return network


def watch(network, block):
    """Values, map, joined heads, output, block input and what the norm turns into what, of one forward pass."""
    import torch

    seen = {}

    def entered(_module, args, kwargs):
        seen["entered"] = args[0] if args else kwargs["hidden_states"]

    handles = [
        block.module.register_forward_pre_hook(entered, with_kwargs=True),
        block.value.register_forward_hook(lambda _m, _a, output: seen.update(values=block.values(output))),
        block.attention.register_forward_hook(lambda _m, _a, output: seen.update(attention=output[1])),
        block.output.register_forward_hook(lambda _m, args, output: seen.update(joined=args[0], output=output)),
    ]
    if block.norm is not None:
        handles.append(block.norm.register_forward_hook(lambda _m, args, _output: seen.update(total=args[0])))
    with torch.inference_mode(), hooks(*handles):
        ids = torch.tensor([[5, 9, 7, 12, 6], [8, 5, 10, 9, 11]])
        network(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True)
    return seen


@pytest.mark.parametrize("family", KNOWN)
def test_weighted_values_through_the_output_matrix_are_the_output(network, family):
    import torch

    found = network(family)
    assert len(blocks(found)) == 3
    for block in blocks(found):
        seen = watch(found, block)
        matrix = block.weight().reshape(block.n_heads, block.head_width, -1)
        output = torch.einsum("bhij,bjhd,hde->bie", seen["attention"], seen["values"], matrix)
        if block.output.bias is not None:
            output = output + block.output.bias
        assert output.abs().max() > 0.1
        torch.testing.assert_close(output, seen["output"], atol=1e-4, rtol=0)


@pytest.mark.parametrize("family", KNOWN)
def test_the_output_is_added_to_the_input_of_the_block(network, family):
    import torch

    found = network(family)
    for block in blocks(found):
        assert (block.norm is not None) == (family in NORM_AFTER)
        if block.norm is None and family not in SECOND_NORM:
            continue  # GPT-NeoX adds both parts of a block at its end
        totals = []
        norm = block.norm or block.module.get_submodule(SECOND_NORM[family])
        with hooks(norm.register_forward_pre_hook(lambda _m, args, totals=totals: totals.append(args[0]))):
            seen = watch(found, block)
        torch.testing.assert_close(seen["entered"] + seen["output"], totals[0], atol=1e-5, rtol=0)


def test_neighbouring_heads_share_a_value_head_and_own_their_columns():
    import torch
    import transformers

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 32, "vocab_size": 20}
    config = transformers.LlamaConfig(**sizes, num_attention_heads=4, num_key_value_heads=2)
    found = transformers.AutoModel.from_config(config, attn_implementation="eager").eval()
    [block] = blocks(found)
    seen = watch(found, block)
    assert seen["values"].shape == (2, 5, 4, 4)
    torch.testing.assert_close(seen["values"][:, :, 0], seen["values"][:, :, 1])
    assert not torch.allclose(seen["values"][:, :, 1], seen["values"][:, :, 2])
    for head in range(4):
        context = seen["attention"][:, head] @ seen["values"][:, :, head]
        torch.testing.assert_close(seen["joined"][..., 4 * head : 4 * head + 4], context)


@pytest.mark.parametrize("family", ["albert", "modernbert", "t5", "bart"])
def test_an_architecture_that_is_not_listed_is_refused_with_the_way_out(network, family):
    with pytest.raises(ModelError, match=re.escape("type attention=rollout")):
        blocks(network(family))


def test_a_network_that_mixes_without_heads_is_refused_too():
    import transformers

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32, "vocab_size": 20}
    with pytest.raises(ModelError, match="FNetModel: .* are made for BERT"):
        blocks(transformers.AutoModel.from_config(transformers.FNetConfig(**sizes)))


@pytest.mark.parametrize("name", ["Gemma2", "Olmo2", "Granite", "GPTBigCode"])
def test_a_block_that_only_looks_like_a_listed_one_is_refused(name):
    import transformers

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    more = {"Granite": {"residual_multiplier": 0.5}, "Gemma2": {"head_dim": 8, "num_key_value_heads": 1}}
    config = getattr(transformers, f"{name}Config")(**sizes, vocab_size=20, pad_token_id=0, **more.get(name, {}))
    with pytest.raises(ModelError):
        blocks(transformers.AutoModel.from_config(config))


def test_hooks_go_when_their_block_ends_by_an_error(network):
    found = network("bert")
    handle = found.register_forward_hook(lambda *_: None)
    with pytest.raises(KeyError), hooks(handle):
        raise KeyError
    assert not found._forward_hooks
