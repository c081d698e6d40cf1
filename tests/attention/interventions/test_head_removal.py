"""Removing many heads, keeping one, and importance by gradients, on tiny models of every family."""

import numpy as np
import pytest

from probing.attention.interventions.head_ablation import Ablation, ablated, head_means
from probing.attention.interventions.head_effects import kept_alone
from probing.attention.interventions.head_importance import by_importance, gated, importance
from probing.attention.interventions.head_removal import all_but, in_steps, outcomes
from probing.attention.interventions.passes import forward, hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.model.batches import batch_of
from probing.model.blocks import blocks


@pytest.fixture
def output(encoder, subwords):
    """A random probe of the last layer; the last sentence has nothing to predict."""
    rng = np.random.default_rng(1)
    gold = [rng.integers(0, 3, n) for n in subwords.n_words]
    gold[-1][:] = -1
    weights = rng.normal(size=(3, encoder.width + 1))
    size = rng.normal(size=encoder.width), np.full(encoder.width, 2.0)
    return ProbeReadout("any", encoder.n_layers - 1, weights, *size, gold)


def read(encoder, subwords, output, sentence, heads, ablation):
    alone = batch_of(subwords, [sentence], encoder.pad)
    with ablated(encoder, alone, heads, ablation):
        return output(hidden(encoder, alone, output.layer), alone)


@pytest.mark.parametrize("how", ["zero", "mean", "uniform"])
def test_the_head_that_is_kept_is_the_only_one_that_is_not_replaced(encoder, subwords, output, how):
    ablation = Ablation(how, head_means(encoder, subwords) if how == "mean" else None)
    tally = kept_alone(encoder, subwords, output, ablation, "dev")
    for layer, head in ((1, 0), (3, 1)):
        intact = read(encoder, subwords, output, 1, (), ablation).scores().item()
        without = read(encoder, subwords, output, 1, {(layer, 1 - head)}, ablation).scores().item()
        assert tally.sums[1, layer - 1, head] == pytest.approx(intact - without, abs=2e-5)
    assert tally.items.tolist() == [1, 1, 1, 0]


def test_outcomes_are_those_of_each_sentence_alone_without_these_heads(encoder, subwords, output):
    ablation = Ablation("zero")
    sets = {"none": [], "some": [(1, 0), (2, 0), (2, 1)], "others": all_but({3: 1}, 2)[3]}
    found = outcomes(encoder, subwords, output, ablation, sets)
    for name, heads in sets.items():
        for sentence in range(3):
            reading = read(encoder, subwords, output, sentence, heads, ablation)
            assert found[name].score[sentence] == pytest.approx(reading.scores().item(), abs=2e-5)
            right = (reading.log_probabilities.argmax(1) == reading.gold).sum().item()
            assert (found[name].correct[sentence], found[name].labels[sentence]) == (right, len(reading.gold))
        assert (found[name].labels[3], found[name].there.tolist()) == (0, [1, 1, 1, 0])
    assert not np.allclose(found["none"].score, found["some"].score)


@pytest.mark.parametrize("how", ["zero", "uniform"])
def test_importance_is_how_much_the_score_changes_when_a_head_is_scaled(encoder, subwords, output, how):
    import torch

    ablation, small = Ablation(how), 1e-2
    found, expected = blocks(encoder.network), np.zeros((3, 2))

    def scores(batch, place, head, gate):
        gates = torch.ones(len(batch.ids), 2)
        gates[:, head] = gate
        with gated(found[place], ablation.substitute(encoder, batch, place), gates), torch.inference_mode():
            return output(forward(encoder, batch).hidden_states[output.layer], batch).scores().double()

    for sentence in range(len(subwords)):
        batch = batch_of(subwords, [sentence], encoder.pad)
        for place, head in np.ndindex(3, 2):
            up, down = (scores(batch, place, head, 1 + step) for step in (small, -small))
            expected[place, head] += ((up - down) / (2 * small)).abs().item()
    measured = importance(encoder, subwords, output, ablation)
    np.testing.assert_allclose(np.linalg.norm(measured, axis=1), 1)
    np.testing.assert_allclose(measured, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=0.01)
    assert all(parameter.grad is None for parameter in encoder.network.parameters())


def test_a_gate_of_one_is_the_head_and_of_zero_its_replacement(encoder_of):
    import torch

    encoder = encoder_of("bert")
    batch = batch_of(encoder.tokenize([("the", "fox"), ("she", "left", "New", "York")]), [0, 1], encoder.pad)
    ablation, block = Ablation("uniform"), blocks(encoder.network)[1]
    intact = hidden(encoder, batch, 3)
    with gated(block, ablation.substitute(encoder, batch, 1), torch.ones(2, 2)):
        assert torch.allclose(hidden(encoder, batch, 3), intact, atol=1e-6)
    with gated(block, ablation.substitute(encoder, batch, 1), torch.tensor([[0.0, 1.0]] * 2)):
        replaced = hidden(encoder, batch, 3)
    with ablated(encoder, batch, {(2, 0)}, ablation):
        assert torch.allclose(hidden(encoder, batch, 3), replaced, atol=1e-6)
    assert not torch.allclose(replaced, intact, atol=1e-3)


def test_heads_are_ordered_from_the_least_important_one_and_removed_in_steps():
    order = by_importance(np.array([[0.9, 0.1], [0.5, 0.1]]), (2, 4))
    assert order == [(2, 1), (4, 1), (4, 0), (2, 0)]
    assert in_steps(order, 3) == {0: [], 1: order[:1], 3: order[:3], 4: order}
    assert in_steps(order, 9) == {n: order[:n] for n in range(5)}  # more steps than heads
    assert all_but({1: 0, 3: 2}, 3) == {1: {(1, 1), (1, 2)}, 3: {(3, 0), (3, 1)}}
