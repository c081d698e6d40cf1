"""The tests of a pool's attention against brute force, SciPy and finite differences."""

from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import kendalltau

from probing.attention.interventions.pooled_output import (
    Pooled,
    gradient_times_input,
    leave_one_out,
    padded,
    permuted,
    rank_agreement,
    uniform,
)
from probing.errors import ConfigError
from probing.probe.attention_pool import Pooler, attention
from probing.rng import generator

LENGTHS, CLASSES, WIDTH = (4, 6, 3), 3, 5


@pytest.fixture(scope="module")
def drawn():
    """Per sentence the weights of its subwords, what they add to the logits, and their vectors; and the classifier."""
    rng = generator(0, "pooled")
    head, intercept = rng.normal(size=(WIDTH, CLASSES)), rng.normal(size=CLASSES)
    vectors = [rng.normal(size=(n, WIDTH)) for n in LENGTHS]
    weights = [softmax(rng.normal(size=n)) for n in LENGTHS]
    return weights, vectors, head, intercept


@pytest.fixture(scope="module")
def pooled(drawn) -> Pooled:
    weights, vectors, head, intercept = drawn
    return padded(weights, [x @ head for x in vectors], intercept)


def output(drawn, sentence: int, weights: np.ndarray, vectors: np.ndarray | None = None) -> np.ndarray:
    """The probabilities, from the vectors."""
    _, own, head, intercept = drawn
    return softmax(weights @ (own[sentence] if vectors is None else vectors) @ head + intercept)


def tvd(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.abs(p - q).sum() / 2)


def test_outputs_are_those_of_the_pooled_vector(drawn, pooled):
    found = pooled.outputs(pooled.weights)
    for sentence, weights in enumerate(drawn[0]):
        assert found[sentence] == pytest.approx(output(drawn, sentence, weights))


def test_gradients_are_finite_differences_with_the_weights_held_fixed(drawn, pooled):
    found, step = gradient_times_input(pooled), 1e-5
    for sentence, weights in enumerate(drawn[0]):
        best = output(drawn, sentence, weights).argmax()
        for at in range(LENGTHS[sentence]):
            ends = []
            for scale in (1 + step, 1 - step):
                vectors = drawn[1][sentence].copy()
                vectors[at] *= scale
                ends.append(output(drawn, sentence, weights, vectors)[best])
            slope = (ends[0] - ends[1]) / (2 * step)
            assert found[sentence, at] == pytest.approx(abs(slope), abs=1e-8)
        assert (found[sentence, LENGTHS[sentence] :] == 0).all()


def test_gradients_are_those_of_the_trained_model_with_its_attention_detached(drawn):
    rng = generator(1, "model")
    network = Pooler(WIDTH, 4)
    weights = [torch.tensor(one) for one in network.start(WIDTH, CLASSES, rng)]
    x = torch.tensor(drawn[1][1], dtype=torch.float32, requires_grad=True)
    shares = attention(weights, x[None, None])[0, 0].detach()
    p = torch.softmax(shares @ x @ weights[-2] + weights[-1], 0)
    p.max().backward()
    of_torch = (x.grad * x).sum(1).abs().detach().numpy()
    values = (x @ weights[-2]).detach().numpy()
    found = gradient_times_input(padded([shares.numpy()], [values], weights[-1].numpy()))
    assert found[0] == pytest.approx(of_torch, rel=1e-3, abs=1e-7)


def test_a_subword_is_left_out_and_the_others_share_its_weight(drawn, pooled):
    found = leave_one_out(pooled)
    for sentence, weights in enumerate(drawn[0]):
        whole = output(drawn, sentence, weights)
        for at in range(LENGTHS[sentence]):
            without = weights.copy()
            without[at] = 0
            expected = tvd(whole, output(drawn, sentence, without / without.sum()))
            assert found[sentence, at] == pytest.approx(expected, abs=1e-12)
        assert np.isnan(found[sentence, LENGTHS[sentence] :]).all()


def test_a_subword_with_all_of_the_weight_cannot_be_left_out():
    found = leave_one_out(padded([np.array([1.0, 0.0])], [np.array([[1.0, 0.0], [0.0, 1.0]])], np.zeros(2)))
    assert np.isnan(found[0, 0])
    assert found[0, 1] == 0


def test_the_median_over_permutations_is_that_over_all_of_them(drawn, pooled):
    """Of three subwords there are six permutations: with many draws each comes equally often."""
    weights = drawn[0][2]
    whole = output(drawn, 2, weights)
    every = np.sort([tvd(whole, output(drawn, 2, np.array(one))) for one in permutations(weights)])
    found = permuted(pooled, generator(0, "draws"), 999)[2]
    assert np.abs(every[2:4] - found).min() < 1e-12  # one of the two in the middle
    assert found != pytest.approx(every.mean())
    with pytest.raises(ConfigError, match="draws=0"):
        permuted(pooled, generator(0, "draws"), 0)


def test_permutations_keep_to_the_subwords_of_a_sentence(pooled):
    """A weight on padding would leave a sum below 1: then the output of equal values would move."""
    values = np.where(pooled.real[..., None], np.array([2.0, 0.0, -1.0]), 0.0)
    same = Pooled(pooled.weights, values, pooled.intercept, pooled.lengths)
    assert permuted(same, generator(0, "draws"), 20) == pytest.approx(0, abs=1e-12)
    assert permuted(pooled, generator(0, "draws"), 20).min() > 1e-3


def test_uniform_weights(drawn, pooled):
    found = uniform(pooled)
    for sentence, n in enumerate(LENGTHS):
        whole = output(drawn, sentence, drawn[0][sentence])
        assert found[sentence] == pytest.approx(tvd(whole, output(drawn, sentence, np.full(n, 1 / n))))


def test_tau_is_by_pairs_over_the_subwords_that_have_a_reference(pooled):
    reference = leave_one_out(pooled)
    tau, p = rank_agreement(pooled, reference)
    for sentence, n in enumerate(LENGTHS):
        a, b = pooled.weights[sentence, :n], reference[sentence, :n]
        signs = [np.sign((a[i] - a[j]) * (b[i] - b[j])) for i in range(n) for j in range(i)]
        assert tau[sentence] == pytest.approx(np.mean(signs))
        assert p[sentence] == pytest.approx(kendalltau(a, b).pvalue)


def test_what_a_reference_says_of_padding_does_not_count(pooled):
    reference = leave_one_out(pooled)
    with_padding = np.where(pooled.real, reference, 9.0)
    assert not pooled.real.all()
    np.testing.assert_array_equal(rank_agreement(pooled, with_padding), rank_agreement(pooled, reference))


def test_two_subwords_and_constant_weights_have_no_tau(pooled):
    reference = leave_one_out(pooled)
    reference[1, 2:] = np.nan
    level = Pooled(pooled.real / pooled.lengths[:, None], pooled.values, pooled.intercept, pooled.lengths)
    assert np.isnan(rank_agreement(pooled, reference)[0]).tolist() == [False, True, False]
    assert np.isnan(rank_agreement(level, leave_one_out(pooled))[0]).all()
