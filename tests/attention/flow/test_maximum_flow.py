from fractions import Fraction

import networkx
import numpy as np
import pytest

from probing.attention.flow.maximum_flow import as_distributions, flow, flow_by_layer
from probing.errors import ModelError


def by_networkx(capacities):
    """One call per pair of a layered graph, as the paper's code does it."""
    n_layers, n, _ = capacities.shape
    graph = networkx.DiGraph()
    graph.add_nodes_from((layer, place) for layer in range(n_layers + 1) for place in range(n))
    for (layer, query, key), capacity in np.ndenumerate(capacities):
        graph.add_edge((layer + 1, query), (layer, key), capacity=capacity)
    pairs = [[networkx.maximum_flow_value(graph, (n_layers, u), (0, v)) for v in range(n)] for u in range(n)]
    return np.array(pairs)


def random_capacities(rng, n_layers, n, residual=0.5, zeros=0.0):
    weights = rng.gamma(0.3, size=(n_layers, n, n)) * (rng.random((n_layers, n, n)) >= zeros)
    weights /= np.maximum(weights.sum(-1, keepdims=True), 1e-300)
    return residual * np.eye(n) + (1 - residual) * weights


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_two_positions_and_two_layers_by_hand():
    capacities = np.array([[[0.75, 0.25], [0.0, 1.0]], [[0.5, 0.5], [0.25, 0.75]]])
    # From the upper 0 to input 1: min(.5, .25) through 0 and min(.5, 1) through 1.
    assert flow(capacities).tolist() == [[0.5, 0.75], [0.25, 1.0]]
    assert flow_by_layer(capacities)[0].tolist() == capacities[0].tolist()


def test_a_bottleneck_between_is_found():
    capacities = np.zeros((3, 2, 2))
    capacities[2, 0], capacities[1, 0, 0], capacities[1, 1, 0], capacities[0, 0, 0] = 0.5, 0.3, 0.1, 1.0
    np.testing.assert_allclose(flow(capacities), [[0.4, 0], [0, 0]], rtol=1e-8)


@pytest.mark.parametrize("zeros", [0.0, 0.6])
@pytest.mark.parametrize("residual", [0.5, 0.0])
@pytest.mark.parametrize(("n_layers", "n"), [(1, 5), (2, 6), (3, 8), (4, 7), (4, 1)])
def test_every_pair_equals_networkx(rng, n_layers, n, residual, zeros):
    capacities = random_capacities(rng, n_layers, n, residual, zeros)
    np.testing.assert_allclose(flow(capacities), by_networkx(capacities), rtol=1e-6, atol=1e-15)


def test_every_layer_equals_networkx(rng):
    capacities = random_capacities(rng, 4, 5)
    layers = flow_by_layer(capacities)
    for top in range(4):
        np.testing.assert_allclose(layers[top], by_networkx(capacities[: top + 1]), rtol=1e-6)


def test_small_flows_are_as_exact_as_large_ones(rng):
    capacities = random_capacities(rng, 4, 5)
    capacities[1] *= 1e-9  # a bottleneck far below what leaves the source and enters the sink
    capacities[2, :, 1:] = 0
    np.testing.assert_allclose(flow(capacities), by_networkx(capacities), rtol=1e-6)


@pytest.mark.parametrize(("n_layers", "n"), [(3, 5), (4, 5), (7, 4)])
def test_every_pair_is_as_exact_as_the_others_however_small_its_flow(rng, n_layers, n):
    """Capacities from 1e-40 to 1: each pair needs units of its own."""
    capacities = 10.0 ** rng.uniform(-40, 0, size=(n_layers, n, n)) * (rng.random((n_layers, n, n)) >= 0.3)
    exact = np.vectorize(Fraction, otypes=[object])(capacities)  # sums of floats so far apart lose networkx its way
    expected = by_networkx(exact).astype(float)
    assert expected.max() > 1e3 * expected[expected > 0].min()
    np.testing.assert_allclose(flow(capacities), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("fans", [1, 2])
def test_a_flow_far_below_its_bound_is_exact(fans):
    """All paths spread over 40 positions and meet again, above and below one edge of 0.03 that each takes for its own.

    The bound is then 40 or 1600 flows; in units of it alone the relative error were above 1e-8.
    """
    n = 40
    spread, meet, edge = np.zeros((3, n, n))
    spread[0], meet[:, 0], edge[0, 0] = 1, 1, 0.03
    side = [meet, spread] * fans
    found = flow(np.stack([*side, edge, *side]))
    np.testing.assert_allclose(found[0, 0], 0.03, rtol=2e-9)
    assert not found[1:].any()


@pytest.mark.parametrize("residual", [0.5, 0.0])
@pytest.mark.parametrize(("n_layers", "n"), [(7, 1), (7, 2), (7, 9), (9, 6)])
def test_deep_flow_equals_networkx(rng, n_layers, n, residual):
    """Beyond six layers the widest edges are tried first; with and without them the answer is the same."""
    capacities = random_capacities(rng, n_layers, n, residual)
    np.testing.assert_allclose(flow(capacities), by_networkx(capacities), rtol=1e-6)


@pytest.mark.parametrize("n_layers", [2, 3, 8])
def test_no_flow_where_no_path_leads_through(rng, n_layers):
    capacities = random_capacities(rng, n_layers, 4)
    capacities[1] = 0
    assert flow(capacities).tolist() == [[0.0] * 4] * 4


def test_calls_that_hold_many_pairs_and_a_last_one_that_is_not_full(rng, monkeypatch):
    capacities = random_capacities(rng, 4, 7)  # 112 edges and 49 pairs
    together = flow(capacities)
    monkeypatch.setattr("probing.attention.flow.maximum_flow._EDGES", 600)  # 5 pairs a call
    np.testing.assert_allclose(flow(capacities), together, rtol=1e-12)
    monkeypatch.setattr("probing.attention.flow.maximum_flow._EDGES", 1)  # each alone
    np.testing.assert_allclose(flow(capacities), together, rtol=1e-12)


def test_causal_flow_never_reaches_later_positions(rng):
    weights = np.tril(rng.gamma(0.3, size=(4, 6, 6)))
    found = flow(0.5 * np.eye(6) + 0.5 * weights / weights.sum(-1, keepdims=True))
    assert (np.triu(found, 1) == 0).all()
    assert (np.diag(found) > 0).all()


def test_rows_become_distributions(rng):
    rows = as_distributions(flow_by_layer(random_capacities(rng, 3, 4)))
    assert rows.shape == (3, 4, 4)
    np.testing.assert_allclose(rows.sum(-1), 1, rtol=1e-12)
    assert as_distributions(np.array([[1.0, 3.0], [2.0, 2.0]])).tolist() == [[0.25, 0.75], [0.5, 0.5]]
    with pytest.raises(ModelError, match="flow from position 1 is 0"):
        as_distributions(np.array([[1.0, 3.0], [0.0, 0.0]]))


@pytest.mark.parametrize("hole", [np.nan, np.inf, -0.1])
def test_impossible_capacities_are_refused(hole):
    capacities = np.full((3, 2, 2), 0.5)
    capacities[1, 0, 1] = hole
    with pytest.raises(ModelError, match="negative or not finite"):
        flow(capacities)


@pytest.mark.parametrize("shape", [(3, 2), (3, 2, 4), (0, 2, 2), (3, 0, 0)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ModelError, match=r"give \(layers, positions, positions\)"):
        flow(np.ones(shape))
