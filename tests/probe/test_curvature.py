"""L-BFGS around an approximate inverse: exact where it should be, and harmless where rounding is all that is left."""

import pytest
import torch

from probing.probe.curvature import Curvature


@pytest.fixture(scope="module")
def hessian() -> torch.Tensor:
    root = torch.randn(6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return root @ root.T + torch.eye(6, dtype=torch.float64)


def steps(hessian: torch.Tensor, n: int) -> tuple[Curvature, list[torch.Tensor]]:
    curvature, generator = Curvature(), torch.Generator().manual_seed(1)
    made = [torch.randn(2, 3, generator=generator, dtype=torch.float64) for _ in range(n)]
    for step in made:
        curvature.add(step, (hessian @ step.ravel()).view(2, 3))
    return curvature, made


def test_without_a_pair_the_direction_is_that_of_the_approximate_inverse():
    gradient = torch.ones(2, 3, dtype=torch.float64)
    assert torch.equal(Curvature().direction(gradient, lambda rest: 3 * rest), 3 * gradient)


def test_the_last_change_of_the_gradient_leads_back_along_the_last_step(hessian):
    curvature, made = steps(hessian, 4)
    found = curvature.direction((hessian @ made[-1].ravel()).view(2, 3), lambda rest: rest / 7)
    torch.testing.assert_close(found, made[-1])


def test_the_direction_is_that_of_bfgs_updates_of_the_inverse(hessian):
    curvature, _ = steps(hessian, 3)
    inverse, eye = torch.eye(6, dtype=torch.float64) / 7, torch.eye(6, dtype=torch.float64)
    for pair in curvature.pairs:  # Nocedal & Wright 2006, equation 7.16
        left = eye - pair.scale * torch.outer(pair.step.ravel(), pair.change.ravel())
        inverse = left @ inverse @ left.T + pair.scale * torch.outer(pair.step.ravel(), pair.step.ravel())
    gradient = torch.arange(6, dtype=torch.float64).view(2, 3)
    found = curvature.direction(gradient, lambda rest: rest / 7)
    torch.testing.assert_close(found, (inverse @ gradient.ravel()).view(2, 3))


def test_an_exact_inverse_stays_exact(hessian):
    curvature, _ = steps(hessian, 5)
    gradient = torch.arange(6, dtype=torch.float64).view(2, 3)
    exact = torch.linalg.solve(hessian, gradient.ravel()).view(2, 3)
    found = curvature.direction(gradient, lambda rest: torch.linalg.solve(hessian, rest.ravel()).view(2, 3))
    torch.testing.assert_close(found, exact)


def test_a_step_along_which_the_gradient_did_not_rise_is_not_kept():
    curvature = Curvature()
    curvature.add(torch.ones(2, 3), -torch.ones(2, 3))
    curvature.add(torch.ones(2, 3), torch.zeros(2, 3))
    assert not curvature.pairs
