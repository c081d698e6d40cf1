"""The last linear map of a feed-forward part, found by what it does, is the one that the architecture names."""

import pytest
import torch

from probing.errors import ModelError
from probing.model.block_calls import calls
from probing.model.blocks import blocks
from probing.model.feed_forward import feed_forward

NAMES = {
    "Bert": "output.dense",
    "Roberta": "output.dense",
    "Electra": "output.dense",
    "MPNet": "output.dense",
    "DistilBert": "ffn.lin2",
    "DebertaV2": "output.dense",
    "ModernBert": "mlp.Wo",
    "T5": "layer.1.DenseReluDense.wo",
    "Bart": "fc2",
    "OpenAIGPT": "mlp.c_proj",
    "GPT2": "mlp.c_proj",
    "GPTNeo": "mlp.c_proj",
    "GPTNeoX": "mlp.dense_4h_to_h",
    "GPTJ": "mlp.fc_out",
    "OPT": "fc2",
    "Bloom": "mlp.dense_4h_to_h",
    "Mpt": "ffn.down_proj",
    "Falcon": "mlp.dense_4h_to_h",
    "Falcon:grouped": "mlp.dense_4h_to_h",
    "Phi": "mlp.fc2",
    "Phi3": "mlp.down_proj",
    "Olmo2": "mlp.down_proj",
    "Llama": "mlp.down_proj",
    "Qwen3": "mlp.down_proj",
    "Gemma2": "mlp.down_proj",
    "Cohere": "mlp.down_proj",
    "Granite": "mlp.down_proj",
}


def call_of(network):
    """The first block of a network, and its call in a pass."""
    ids, found = torch.tensor([[5, 9, 7, 12, 6]]), blocks(network)
    with torch.inference_mode(), calls(block.module for block in found) as kept:
        network(input_ids=ids, attention_mask=torch.ones_like(ids))
    return found[0], kept[0]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_map_that_the_architecture_names(tiny_network, name):
    block, call = call_of(tiny_network(name))
    with torch.inference_mode():
        found = feed_forward(block, call)
    names = {module: place for place, module in block.module.named_modules()}
    assert names[found] == NAMES[name]


@pytest.mark.parametrize("name", ["Mixtral", "GptOss"])
def test_experts_have_no_single_one(tiny_network, name):
    block, call = call_of(tiny_network(name))
    with torch.inference_mode(), pytest.raises(ModelError, match="block 1: its feed-forward part is not known"):
        feed_forward(block, call)
