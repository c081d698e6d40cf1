"""L-BFGS on a quadratic, whose minimum is known."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from probing.probe.descent import Curvature, descend

RNG = np.random.default_rng(0)
ROOT = torch.from_numpy(RNG.normal(size=(8, 8)).astype(np.float32))
HESSIAN = ROOT @ ROOT.T / 8 + 0.1 * torch.eye(8)
MINIMUM = torch.from_numpy(RNG.normal(size=(2, 4)).astype(np.float32))


@dataclass
class Quadratic:
    """(w - m)·H(w - m) / 2 + l2/2 |w|^2 without the last column."""

    l2: float = 0.0

    def evaluate(self, weights: torch.Tensor) -> tuple[float, torch.Tensor]:
        off = (weights - MINIMUM).reshape(-1)
        shrunk = weights.clone()
        shrunk[:, -1] = 0
        gradient = (HESSIAN @ off).reshape(2, 4) + self.l2 * shrunk
        return float(off @ HESSIAN @ off / 2 + self.l2 / 2 * (shrunk**2).sum()), gradient

    def diagonal(self, weights: torch.Tensor) -> torch.Tensor:
        return HESSIAN.diagonal().reshape(2, 4).clone()


def start(problem: Quadratic, weights: torch.Tensor) -> tuple[torch.Tensor, float, torch.Tensor]:
    return weights, *problem.evaluate(weights)


def test_it_ends_at_the_minimum_and_says_how_little_is_left():
    problem = Quadratic()
    end = descend(problem, start(problem, torch.zeros(2, 4)), Curvature(), 1e-8, 0, 100)
    assert end.weights.numpy() == pytest.approx(MINIMUM.numpy(), abs=1e-3)
    assert end.predicted < 1e-8
    assert 1 < end.steps < 40


def test_it_stops_at_its_last_step_and_at_a_share_of_the_first_prediction():
    problem = Quadratic()
    began = start(problem, torch.zeros(2, 4))
    assert descend(problem, began, Curvature(), 1e-8, 0, 2).steps == 2
    first = descend(problem, began, Curvature(), 1e-8, 0, 0).predicted
    early = descend(problem, began, Curvature(), 1e-8, 0.3, 100)
    assert 1e-8 < early.predicted < 0.3 * first
    assert early.steps < descend(problem, began, Curvature(), 1e-8, 0, 100).steps


def test_curvature_that_was_learnt_serves_the_next_strength():
    weak, strong = Quadratic(0.01), Quadratic(0.5)
    curvature = Curvature()
    solved = descend(strong, start(strong, torch.zeros(2, 4)), curvature, 1e-8, 0, 100).weights
    curvature.penalise(weak.l2 - strong.l2)
    for s, y, _ in curvature.pairs:
        assert y.reshape(-1).numpy() == pytest.approx(
            (weak.evaluate(s + MINIMUM)[1] - weak.evaluate(MINIMUM)[1]).reshape(-1).numpy(), abs=1e-4
        )
    warm = descend(weak, start(weak, solved), curvature, 1e-8, 0, 100)
    cold = descend(weak, start(weak, solved), Curvature(), 1e-8, 0, 100)
    assert warm.steps <= cold.steps
    assert warm.weights.numpy() == pytest.approx(cold.weights.numpy(), abs=1e-3)
