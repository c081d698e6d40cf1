"""Sketches change how long a descent takes, not where it ends: good ones and misleading ones."""

import numpy as np
import pytest
import torch

from probing.probe import logistic, sketched_descent
from probing.probe.sketch import Rows

N, STRENGTHS = 6000, [1e-1, 1e-2, 1e-3]


@pytest.fixture(scope="module")
def problem() -> tuple[torch.Tensor, torch.Tensor]:
    """Rows sorted by class: the first ones tell nothing of the others."""
    rng = np.random.default_rng(0)
    y = np.sort(rng.integers(4, size=N))
    x = 2 * rng.normal(size=(4, 10))[y] + rng.normal(size=(N, 10)) * np.geomspace(0.5, 5, 10)
    features = torch.from_numpy(((x - x.mean(0)) / x.std(0)).astype(np.float32))
    return features, torch.from_numpy(np.stack([y, rng.permutation(y)]))


@pytest.fixture(scope="module")
def on_all_rows(problem) -> logistic.Solution:
    return logistic.solve(*problem, STRENGTHS, 4, tolerance=1e-7)  # fewer rows than a sketch has at least


def solve(problem, monkeypatch, sketch) -> tuple[logistic.Solution, list[float]]:
    """The solution where sketches may be small, and the shares of all sketches that were made."""
    shares = []

    def recorded(self: Rows, gini: torch.Tensor, share: float) -> Rows:
        shares.append(share)
        return sketch(self, gini, share)

    monkeypatch.setattr(sketched_descent, "_LEAST", 100)
    monkeypatch.setattr(Rows, "sketch", recorded)
    return logistic.solve(*problem, STRENGTHS, 4), shares


def test_sketches_end_where_all_rows_do_with_fewer_passes(problem, on_all_rows, monkeypatch):
    found, shares = solve(problem, monkeypatch, Rows.sketch)
    assert shares[0] == 0.2
    assert found.converged.all()
    assert (found.objective / on_all_rows.objective - 1).max() < 1e-4
    assert found.passes < 40


def test_sketches_of_one_class_are_rejected_and_enlarged_until_they_are_all_rows(problem, on_all_rows, monkeypatch):
    def first_rows(rows: Rows, gini: torch.Tensor, share: float) -> Rows:
        n = int(share * N)
        return Rows(rows.features[:n], torch.full((n,), 1 / n))

    found, shares = solve(problem, monkeypatch, first_rows)
    assert 0.4 in shares
    assert found.converged.all()
    assert (found.objective / on_all_rows.objective - 1).max() < 1e-4


def test_a_rejected_step_leaves_everything_at_the_anchor(problem):
    features, labels = problem
    descent = sketched_descent.SketchedDescent(features, logistic.moments(features, labels, 4))
    descent.penalise(1e-2)
    state = descent.value, descent.gradient, descent.weights, descent.gini
    before = [tensor.clone() for tensor in state]
    worse, better = descent.weights[0] + 5, descent.weights[1] - 0.1 * descent.objective()[1][1]
    worse[0] -= 10
    assert descent._reject({0: worse, 1: better}, descent.objective()[0]) == [0]
    for now, then in zip(state, before, strict=True):
        assert torch.equal(now[0], then[0])
        assert not torch.equal(now[1], then[1])
