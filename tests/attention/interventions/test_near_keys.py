"""In a block that sees near subwords only, weights are made uniform, and permuted, over those."""

import numpy as np
import pytest
import torch

from probing.attention.interventions.head_ablation import Ablation, ablated, uniform
from probing.attention.interventions.passes import forward
from probing.attention.interventions.replaced_weights import _permuted
from probing.model.batches import batch_of
from probing.model.blocks import blocks
from probing.model.network_pass import hooks

TEXTS = [[5, 9, 7, 12, 6, 3, 8, 11, 4, 10], [5, 9, 3, 12, 6]]


@pytest.mark.parametrize(("name", "causal"), [("Mistral", True), ("ModernBert", False)])
def test_a_head_with_uniform_weights_gives_the_mean_of_what_its_window_holds(
    tiny_network, by_hand, one_subword_each, name, causal
):
    encoder = by_hand(tiny_network(name), causal)
    batch, block = batch_of(one_subword_each(TEXTS), [0, 1], 0), blocks(encoder.network)[1]
    kept = {}
    watching = (
        block.value.register_forward_hook(lambda _m, _i, output: kept.update(values=block.values(output))),
        block.output.register_forward_hook(lambda _m, inputs, _o: kept.update(joined=inputs[0])),
    )
    with ablated(encoder, batch, {(2, 1)}, Ablation("uniform")), hooks(*watching), torch.inference_mode():
        forward(encoder, batch)
    back, ahead = (3, 0) if causal else (4, 4)
    for row, text in enumerate(TEXTS):
        for query in range(len(text)):
            seen = kept["values"][row, max(0, query - back) : min(len(text), query + ahead + 1), 1]
            given = kept["joined"][row, query].view(block.n_heads, -1)[1]
            torch.testing.assert_close(given, seen.mean(0), atol=1e-5, rtol=1e-4)


def test_a_window_as_long_as_the_text_changes_nothing():
    values, real = torch.randn(2, 6, 3, 4, generator=torch.Generator().manual_seed(0)), torch.ones(2, 6).bool()
    real[1, 4:] = False
    for causal in (True, False):
        near, whole = uniform(real, causal, 6)(values), uniform(real, causal)(values).expand(2, 6, 3, 4)
        torch.testing.assert_close(near[real], whole[real])


def test_weights_are_permuted_within_the_window():
    rng = np.random.default_rng(0)
    place = np.arange(8)
    seen = (place <= place[:, None]) & (place > place[:, None] - 3)
    weights = torch.from_numpy(np.where(seen, rng.random((1, 2, 8, 8)), 0).astype(np.float32))
    each = torch.eye(8).reshape(1, 8, 1, 8).expand(1, 8, 2, 8)  # values that show which key they are of
    found = _permuted(weights, np.ones((1, 8), dtype=bool), (True, 2), rng)(each)  # (B, T, H, keys)
    moved = found.permute(0, 2, 1, 3).numpy()
    assert (moved[..., ~seen] == 0).all()
    np.testing.assert_allclose(np.sort(moved), np.sort(weights.numpy()), atol=1e-6)
    assert np.abs(moved - weights.numpy()).max() > 0.1
