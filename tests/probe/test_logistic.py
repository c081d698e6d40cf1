import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from probing.probe import logistic
from probing.rng import generator


def problem(n: int = 3000, width: int = 24, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping clusters of unequal scale and frequency: no strength separates them."""
    rng = generator(0, "logistic")
    y = rng.choice(classes, size=n, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    x = rng.normal(size=(classes, width))[y] + rng.normal(size=(n, width)) * np.geomspace(0.5, 5, width)
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), y


def objective(x: np.ndarray, y: np.ndarray, weights: np.ndarray, intercept: np.ndarray, l2: float) -> float:
    logits = x.astype(np.float64) @ weights.T + intercept
    log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return float(-log_p[np.arange(len(y)), y].mean() + l2 / 2 * (weights**2).sum())


STRENGTHS = [1e-1, 1e-2, 1e-3, 1e-4]


def test_every_problem_reaches_scikit_learns_optimum() -> None:
    x, y = problem()
    control = generator(1, "control").permutation(y)
    found = logistic.solve(torch.from_numpy(x), torch.from_numpy(np.stack([y, control])), STRENGTHS, 5)
    assert found.converged.all()
    for place, labels, l2 in [((t, r), y_, s) for t, y_ in enumerate((y, control)) for r, s in enumerate(STRENGTHS)]:
        reference = LogisticRegression(C=1 / (len(y) * l2), tol=1e-8, max_iter=5000).fit(x.astype(np.float64), labels)
        best = objective(x, labels, reference.coef_, reference.intercept_, l2)
        weights = found.weights[place].numpy().astype(np.float64)
        ours = objective(x, labels, weights[:, :-1], weights[:, -1], l2)
        assert ours == pytest.approx(best, rel=1e-4)
        assert found.objective[place] == pytest.approx(ours, rel=1e-5, abs=5e-6)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-6])
def test_what_is_left_is_below_the_tolerance(tolerance: float) -> None:
    """Of weak penalties too, where the objective is flat and a stop comes easily too early."""
    x, y = problem(n=1500)
    grid = [1e-1, 1e-3, 1e-5]
    found = logistic.solve(torch.from_numpy(x), torch.from_numpy(y[None]), grid, 5, tolerance)
    assert found.converged.all()
    for place, l2 in enumerate(grid):
        reference = LogisticRegression(C=1 / (len(y) * l2), tol=1e-9, max_iter=20000).fit(x.astype(np.float64), y)
        best = objective(x, y, reference.coef_, reference.intercept_, l2)
        weights = found.weights[0, place].numpy().astype(np.float64)
        assert objective(x, y, weights[:, :-1], weights[:, -1], l2) - best < tolerance * best


def test_problems_solved_together_are_the_problems_solved_alone() -> None:
    x, y = problem(n=800)
    labels = np.stack([y, generator(2, "other").permutation(y)])
    together = logistic.solve(torch.from_numpy(x), torch.from_numpy(labels), STRENGTHS, 5, 1e-5)
    for target in (0, 1):
        for place, l2 in enumerate(STRENGTHS):
            alone = logistic.solve(torch.from_numpy(x), torch.from_numpy(labels[[target]]), [l2], 5, 1e-5)
            assert together.objective[target, place] == pytest.approx(alone.objective[0, 0], rel=3e-5)


def test_the_order_of_the_strengths_changes_nothing_but_the_order() -> None:
    x, y = problem(n=800)
    up, down = (
        logistic.solve(torch.from_numpy(x), torch.from_numpy(y[None]), grid, 5) for grid in (STRENGTHS[::-1], STRENGTHS)
    )
    assert (up.objective[:, ::-1] == down.objective).all()
    assert torch.equal(up.weights.flip(1), down.weights)


def test_a_class_that_hardly_occurs_does_not_break_the_fit() -> None:
    x, y = problem(n=500)
    y[y == 4] = 0
    y[:1] = 4
    found = logistic.solve(torch.from_numpy(x), torch.from_numpy(y[None]), [1e-3], 5)
    assert np.isfinite(found.objective).all()
    assert found.converged.all()


def test_a_separable_problem_ends_with_finite_weights() -> None:
    x, y = problem(n=40, width=24)
    found = logistic.solve(torch.from_numpy(x), torch.from_numpy(y[None]), [1e-1, 1e-6], 5)
    assert torch.isfinite(found.weights).all()
    log_p = logistic.log_probabilities(torch.from_numpy(x), found.weights[0, 1])
    assert (log_p.argmax(1).numpy() == y).all()


def test_log_probabilities_sum_to_one() -> None:
    x, _ = problem(n=10)
    log_p = logistic.log_probabilities(torch.from_numpy(x), torch.randn(5, 25, generator=torch.manual_seed(0)))
    assert log_p.exp().sum(1).numpy() == pytest.approx(np.ones(10), abs=1e-5)
