"""Sketches change how long a descent takes, not where it ends: good ones and misleading ones."""

import numpy as np
import pytest
import torch

from probing.probe import logistic, newton
from probing.probe.newton import Newton
from probing.probe.sketch import Hessian, Rows

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

    monkeypatch.setattr(newton, "_LEAST", 100)
    monkeypatch.setattr(Rows, "sketch", recorded)
    return logistic.solve(*problem, STRENGTHS, 4), shares


def test_sketches_end_where_all_rows_do(problem, on_all_rows, monkeypatch):
    found, shares = solve(problem, monkeypatch, Rows.sketch)
    assert shares[0] == 0.1
    assert found.converged.all()
    assert (found.objective / on_all_rows.objective - 1).max() < 1e-4
    assert found.passes < on_all_rows.passes


def test_sketches_of_one_class_are_rejected_and_enlarged_until_they_are_all_rows(problem, on_all_rows, monkeypatch):
    def first_rows(rows: Rows, gini: torch.Tensor, share: float) -> Rows:
        n = int(share * N)
        return Rows(rows.features[:n], torch.full((n,), 1 / n))

    found, shares = solve(problem, monkeypatch, first_rows)
    assert 0.2 in shares
    assert found.converged.all()
    assert (found.objective / on_all_rows.objective - 1).max() < 1e-4


def test_a_rejected_step_leaves_everything_where_it_was(problem):
    features, labels = problem
    descent = Newton(Rows(features, torch.full((N,), 1 / N)), logistic.moment(features, labels[0], 4))
    before, (objective, gradient) = descent.place, descent.objective(1e-2)
    moved, _ = descent._search(1e-2, -1e3 * gradient, 1.0, 1.0)  # uphill
    assert not moved
    assert descent.place is before
    moved, _ = descent._search(1e-2, gradient, float((gradient**2).sum()) / 2, 1.0)
    assert moved
    assert descent.objective(1e-2)[0] < objective


def test_the_best_length_is_that_of_the_least_objective_along_the_direction(problem):
    features, labels = problem
    descent, strong = Newton(Rows(features, torch.full((N,), 1 / N)), logistic.moment(features, labels[0], 4)), 10.0
    start, (_, gradient) = descent.place.weights, descent.objective(strong)  # the penalty makes it nearly a parabola
    _, best = descent._search(strong, gradient, float((gradient**2).sum()) / 2, 0.05)
    lengths = torch.linspace(0, 2 * best, 201).tolist()
    places = [descent._look(start - length * gradient) for length in lengths]
    least = int(np.argmin([descent.objective(strong, place)[0] for place in places]))
    assert lengths[least] == pytest.approx(best, rel=0.1)


def test_conjugate_gradients_solve_the_system_in_few_steps(problem, monkeypatch):
    monkeypatch.setattr(newton, "_REST", 1e-6)
    features, labels = problem
    descent = Newton(Rows(features, torch.full((N,), 1 / N)), logistic.moment(features, labels[0], 4))
    descent.minimise(1e-1, 1e-2, 100)
    hessian, (_, gradient) = Hessian(descent.rows, descent.place.weights, 1e-3), descent.objective(1e-3)
    descent._left = 100
    direction = descent._solve(hessian, gradient)
    torch.testing.assert_close(hessian.product(direction), gradient, rtol=0, atol=1e-3 * float(gradient.abs().max()))
    assert 100 - descent._left < 15


def test_a_descent_that_may_not_go_on_says_so(problem):
    features, labels = problem
    assert not logistic.solve(features, labels[:1], [1e-3], 4, max_iterations=1).converged.any()


def test_more_features_than_rows_and_a_penalty_below_rounding_do_not_break_it():
    rng = np.random.default_rng(0)
    features = torch.from_numpy(rng.normal(size=(40, 300)).astype(np.float32))
    labels = torch.from_numpy(rng.integers(3, size=(1, 40)))
    found = logistic.solve(features - features.mean(0), labels, [1e-2, 1e-7], 3)
    assert np.isfinite(found.objective).all()
    assert found.objective[0, 1] < 1e-4 < found.objective[0, 0]
