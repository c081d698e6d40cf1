import numpy as np
import pytest
from scipy import stats

from probing.result.proportions import newcombe, searched, wilson


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (1, 1), (200, 1821)])
def test_wilson_is_that_of_scipy(k, n):
    low, high = wilson(np.array(float(k)), np.array(float(n)))
    assert (low, high) == pytest.approx(tuple(stats.binomtest(k, n).proportion_ci(0.95, method="wilson")), abs=1e-12)


def test_no_item_gives_no_interval():
    assert np.isnan(wilson(np.array(0.0), np.array(0.0))).all()


def test_newcombe_is_that_of_his_paper():
    # Newcombe 1998, table II: 56/70 against 48/80, 9/10 against 3/10, and 10/10 against 0/20, method 10
    one = np.array([56.0, 9.0, 10.0]), np.array([70.0, 10.0, 10.0])
    other = np.array([48.0, 3.0, 0.0]), np.array([80.0, 10.0, 20.0])
    low, high = newcombe(one, other)
    np.testing.assert_allclose(low, [0.0524, 0.1705, 0.6791], atol=1e-4)
    np.testing.assert_allclose(high, [0.3339, 0.8090, 1.0], atol=1e-4)


def a_search(seed, effect=0.0, n=120, slices=6, layers=4):
    rng = np.random.default_rng(seed)
    inside = rng.random((n, slices)) < 0.3
    shared = rng.random(n)  # layers err on the same sentences
    hits = np.stack([shared < 0.2 + 0.02 * layer + effect * inside[:, 2] for layer in range(layers)], axis=1)
    return inside, hits


def test_a_planted_slice_is_found_and_a_search_without_any_seldom_finds_one(monkeypatch):
    monkeypatch.setattr("probing.result.proportions._PERMUTED", 100)
    p, critical = searched(*a_search(0, effect=0.4), np.random.default_rng(0))
    assert (p[2] < 0.02).all() and (p[[0, 1, 3, 4, 5]] > 0.05).all()
    assert 1.96 < critical < 4
    false = [searched(*a_search(seed), np.random.default_rng(seed))[0].min() < 0.05 for seed in range(1, 41)]
    assert sum(false) <= 6  # 5 % of 40; more than 6 has probability 0.003


def test_one_slice_and_one_layer_give_the_exact_test():
    rng = np.random.default_rng(3)
    inside, hits = rng.random((40, 1)) < 0.4, rng.random((40, 1)) < 0.3
    table = [[(inside & hits).sum(), (inside & ~hits).sum()], [(~inside & hits).sum(), (~inside & ~hits).sum()]]
    p, _ = searched(inside, hits, np.random.default_rng(0))
    # both are two-sided tests of the same hypergeometric distribution; they differ in how they order the tables
    assert abs(p[0, 0] - stats.fisher_exact(table)[1]) < 0.12


def test_empty_slices_and_layers_without_errors_are_not_significant():
    inside = np.array([[True, False, True]] * 3 + [[False, False, True]] * 5)
    hits = np.array([[True, False]] * 2 + [[False, False]] * 6)
    p, _ = searched(inside, hits, np.random.default_rng(0))
    assert np.isnan(p[1:]).all()  # no sentence; all of them
    assert p[0, 1] == 1 and 0 < p[0, 0] < 1
