"""The mean embedding is that of what the table gives, which is more than its weights in some models."""

import pytest
import torch

from probing.attention.interventions.integrated_gradients import _blank


@pytest.mark.parametrize(("name", "factor"), [("Gemma3Text", 4), ("Llama", 1)])  # 4: the root of a width of 16
def test_the_mean_embedding_is_scaled_as_the_table_scales_it(tiny_network, by_hand, name, factor):
    encoder = by_hand(tiny_network(name), causal=True)
    table = encoder.network.get_input_embeddings()
    found = _blank(encoder, "mean", torch.zeros(1, 3, 16))
    torch.testing.assert_close(found, table.weight.mean(0) * factor)
    torch.testing.assert_close(found, table(torch.arange(40)).mean(0))
