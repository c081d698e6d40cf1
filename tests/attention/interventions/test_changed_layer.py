"""A pass that goes on from changed states: against the unchanged pass, another text's pass, and vectors that moved."""

import numpy as np
import pytest
import torch

from probing.attention.interventions.changed_layer import entered, layer_pass, pooled_items
from probing.attention.interventions.passes import hidden
from probing.errors import ConfigError
from probing.model.batches import batch_of
from probing.model.pooling import Pooling

TEXTS = [[5, 9, 7, 12, 6], [5, 9, 3, 12], [8, 9, 7, 12, 6]]


@pytest.fixture(params=("Bert", "GPT2", "Llama", "T5", "ModernBert"))
def encoder(request, tiny_network, by_hand):
    return by_hand(tiny_network(request.param), causal=request.param in ("GPT2", "Llama"))


@pytest.fixture
def batch(one_subword_each, encoder):
    return batch_of(one_subword_each(TEXTS), [0, 1, 2], encoder.pad)


def difference(one, other, batch):
    real = torch.from_numpy(batch.real)
    return float((one - other).abs()[real].max())


def test_unchanged_states_change_nothing_and_those_of_a_pass_give_what_is_above_them(encoder, batch):
    found = layer_pass(encoder, batch)
    assert entered(encoder) == [0, 1, 2, 3]
    for layer in entered(encoder):
        above = found.above(layer, found.states[layer])
        assert [*above] == [*range(layer, 4)]
        assert max(difference(states, found.states[at], batch) for at, states in above.items()) < 1e-5
    swapped = [state[[2, 1, 0]] for state in found.states]  # the first and the last text are equally long
    for layer in (0, 1, 2, 3):
        above = found.above(layer, swapped[layer])
        assert difference(above[3], swapped[3], batch) < 1e-5
    assert difference(swapped[3], found.states[3], batch) > 1e-3
    assert difference(hidden(encoder, batch, 3), found.states[3], batch) < 1e-6  # the network is as it was


@pytest.mark.parametrize("vector", ["mean", "first", "last", "cls"])
def test_every_item_gets_the_vector_that_is_wanted(encoder, batch, vector):
    level = "sentence" if vector == "cls" else "word"
    items = [np.array([0])] * 3 if level == "sentence" else [np.array([0, 3]), np.array([], int), np.array([1, 2, 4])]
    found, states = pooled_items(batch, items, np.array([5, 4, 5]), Pooling(level, vector)), hidden(encoder, batch, 1)
    before = found.vectors(states)
    by = np.random.default_rng(0).standard_normal(before.shape).astype(np.float32)
    after = found.vectors(found.moved(states, [by]))
    np.testing.assert_allclose(after, before + by, atol=1e-5)
    if level == "word":
        assert found.rows.tolist() == [0, 0, 2, 2, 2]
        assert found.which.tolist() == [0, 1, 0, 1, 2]
        np.testing.assert_allclose(before[1], states[0, 3].numpy(), atol=1e-6)
        kept = found.moved(states, [by])[1]
        assert torch.equal(kept, states[1])  # a sentence without items stays


def test_the_mean_of_a_sentence_moves_with_all_its_subwords(encoder, batch):
    found = pooled_items(batch, [np.array([0])] * 3, np.array([5, 4, 5]), Pooling("sentence", "mean"))
    states = hidden(encoder, batch, 2)
    by = np.ones((3, encoder.width), np.float32)
    moved = found.moved(states, [by]) - states
    real = torch.from_numpy(batch.real)
    assert float((moved[real] - 1).abs().max()) < 1e-6
    assert float(moved[~real].abs().max()) == 0


def test_a_layer_that_no_block_reads_is_refused(encoder, batch):
    found = layer_pass(encoder, batch)
    with pytest.raises(ConfigError, match=r"layers=7: no block with attention reads this layer; choose among \[0, 1"):
        found.above(7, found.states[0])
