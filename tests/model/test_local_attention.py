"""How far a block sees, as its configuration says and its maps show."""

from types import SimpleNamespace

import pytest
import torch

from probing.model.blocks import blocks
from probing.model.local_attention import reach
from probing.model.network_pass import run

IDS = torch.arange(3, 23)[None]
NETWORKS = ("Mistral", "Gemma2", "Gemma3Text", "GPTNeo", "ModernBert", "Llama", "Bert")
LIMITS = {  # of the three blocks, by their configurations in networks.py
    "Mistral": [3, 3, 3],
    "Gemma2": [3, None, 3],
    "Gemma3Text": [3, 3, 3],
    "GPTNeo": [None, 3, None],
    "ModernBert": [None, 4, 4],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_said_to_be_out_of_reach_has_no_weight_and_all_else_has_some(tiny_network, name):
    network = tiny_network(name)
    found = [block.reach for block in blocks(network)]
    assert found == LIMITS.get(name, [None] * 3)
    output = run(network, {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}, output_attentions=True)
    place = torch.arange(IDS.shape[1])
    for map_, most in zip(output.attentions, found, strict=True):
        away = (place - place[:, None]).abs()[map_[0].amax(0) > 0]
        assert int(away.max()) == (IDS.shape[1] - 1 if most is None else most)


def test_a_window_that_the_map_does_not_keep_to_is_none():
    causal, both = torch.ones(1, 2, 6, 6).tril(), torch.ones(1, 2, 6, 6)
    said = SimpleNamespace(sliding_window=3)
    assert reach(said, 1, causal) is None and reach(said, 1, both) is None
    assert reach(said, 1, causal.triu(-2)) == 2  # the query itself and two before it
    assert reach(said, 1, both.triu(-3).tril(3)) == 3
    assert reach(SimpleNamespace(sliding_window=3, layer_types=["full_attention"]), 1, causal.triu(-2)) is None
    assert reach(SimpleNamespace(sliding_window=None), 1, causal) is None
    assert reach(SimpleNamespace(sliding_window=9), 1, causal) == 8  # longer than this map
