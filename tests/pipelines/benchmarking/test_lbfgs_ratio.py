"""The L-BFGS that the solver is compared with solves the same problem, and stops at the objective that it is given."""

import numpy as np
import pytest
import torch

from pipelines.benchmarking.lbfgs_ratio import EXCESS, lbfgs
from pipelines.benchmarking.probe_problem import ProbeProblem, objective
from probing.probe import logistic

STRENGTHS = [1e-1, 1e-2, 1e-3]


@pytest.fixture(scope="module")
def problem() -> ProbeProblem:
    rng = np.random.default_rng(0)
    y = rng.choice(4, size=1500, p=[0.1, 0.2, 0.3, 0.4])
    x = rng.normal(size=(4, 12))[y] + rng.normal(size=(1500, 12)) * np.geomspace(0.5, 5, 12)
    features = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    return ProbeProblem(features, np.stack([y, rng.permutation(y)]), 4, STRENGTHS)


def test_it_stops_at_the_solvers_objective(problem):
    goals = logistic.solve(torch.from_numpy(problem.features), torch.from_numpy(problem.labels), STRENGTHS, 4).objective
    seconds, weights, evaluations = lbfgs(problem, goals, "cpu")
    assert weights.shape == (2, 3, 4, 13)
    reached = np.array([[objective(problem, t, r, w) for r, w in enumerate(ws)] for t, ws in enumerate(weights)])
    assert (reached / goals - 1).max() < EXCESS + 1e-5
    assert evaluations > goals.size
    assert seconds > 0


def test_a_looser_goal_is_reached_sooner(problem):
    goals = logistic.solve(torch.from_numpy(problem.features), torch.from_numpy(problem.labels), STRENGTHS, 4).objective
    assert lbfgs(problem, 1.01 * goals, "cpu")[2] < lbfgs(problem, goals, "cpu")[2]
