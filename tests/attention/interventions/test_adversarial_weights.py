"""Adversarial weights: the divergence against SciPy, the bound that is never broken, and the farthest ones by hand."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import softmax
from scipy.stats import entropy

from probing.attention.interventions.adversarial_weights import HIGHEST, Search, divergence, farthest
from probing.attention.interventions.pooled_output import Pooled, padded
from probing.errors import ConfigError
from probing.rng import generator

SEARCH = Search(distributions=4, steps=200, learning_rate=0.05)


@pytest.fixture(scope="module")
def pooled() -> Pooled:
    rng = generator(0, "pooled")
    lengths = (3, 5, 8, 8)
    weights = [softmax(3 * rng.normal(size=n)) for n in lengths]
    return padded(weights, [rng.normal(size=(n, 2)) for n in lengths], np.array([0.1, -0.1]))


def test_the_divergence_is_that_of_scipy():
    rng = generator(0, "distributions")
    p, q = softmax(3 * rng.normal(size=(2, 7, 6)), axis=-1)
    p[0] = [1, 0, 0, 0, 0, 0]
    q[0] = [0, 0, 0.5, 0.5, 0, 0]
    found = divergence(torch.from_numpy(p), torch.from_numpy(q)).numpy()
    assert found == pytest.approx(jensenshannon(p, q, axis=-1) ** 2)
    assert found[0] == pytest.approx(HIGHEST)


@pytest.mark.parametrize("epsilon", [0.001, 0.01, 0.1])
def test_the_bound_is_never_broken_and_the_divergence_is_that_of_the_weights(pooled, epsilon):
    found = farthest(pooled, generator(0, "search"), Search(4, 60, 0.05, epsilon))
    assert found.weights.sum(axis=1) == pytest.approx(1)
    assert (found.weights[~pooled.real] == 0).all()
    own = softmax((pooled.weights[..., None] * pooled.values).sum(1) + pooled.intercept, axis=-1)
    new = softmax((found.weights[..., None] * pooled.values).sum(1) + pooled.intercept, axis=-1)
    assert (np.abs(own - new).sum(axis=-1) / 2 <= epsilon + 1e-12).all()
    expected = jensenshannon(found.weights, pooled.weights, axis=-1) ** 2
    assert found.divergence == pytest.approx(expected, abs=1e-12)


def test_where_all_subwords_say_the_same_the_weights_can_be_all_others():
    same = padded([np.array([0.98, 0.01, 0.005, 0.005])], [np.full((4, 2), 0.7)], np.zeros(2))
    assert farthest(same, generator(0, "search"), SEARCH).divergence[0] > 0.9 * HIGHEST


def test_where_each_weight_decides_the_output_there_are_none_far():
    """Two subwords for opposite classes: the output tells the weights, up to what epsilon allows."""
    told = padded([np.array([0.6, 0.4])], [np.array([[5.0, -5.0], [-5.0, 5.0]])], np.zeros(2))
    found = farthest(told, generator(0, "search"), SEARCH)
    grid = np.linspace(0, 1, 100_001)
    both = np.stack([grid, 1 - grid], axis=-1)
    allowed = told.moved(both[None])[0] <= SEARCH.epsilon
    middle = (both[allowed] + told.weights) / 2
    highest = (entropy(both[allowed], middle, axis=-1) + entropy(told.weights, middle, axis=-1)).max() / 2
    assert 0 <= found.divergence[0] <= highest + 1e-9 < 0.001


def test_a_search_goes_on_from_where_it_begins(pooled):
    """More steps find more, and several distributions at least as much as the least of them."""
    begun, searched = (farthest(pooled, generator(0, "search"), Search(4, n, 0.05)).divergence for n in (1, 300))
    assert (searched >= begun - 1e-12).all()
    assert searched.mean() > begun.mean() + 0.05


def test_one_distribution_is_enough_for_a_search(pooled):
    found = farthest(pooled, generator(0, "search"), Search(1, 100, 0.05))
    assert np.isfinite(found.divergence).all()
    with pytest.raises(ConfigError, match="epsilon=0"):
        Search(epsilon=0)
