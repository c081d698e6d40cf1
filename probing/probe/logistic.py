"""Multinomial logistic regression for many targets and strengths on one matrix.

Targets (a task, its controls) share every pass over the data: their weights are stacked, and a pass is two
matrix products. Strengths are walked from strong to weak. The descent is L-BFGS (Nocedal & Wright 2006,
algorithm 7.4) with the diagonal of the Hessian for its metric, taken in the basis of principal components, where
the Hessian is nearly diagonal. A change of strength shifts the Hessian by a known multiple of the identity,
so that the curvature learnt at one strength serves the next. The optimum is unique: the path to it leaves no
trace in the result.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.probe.descent import Descent

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Solution:
    """``weights`` (T, R, C, D + 1), intercept last, on the features as given; ``objective`` (T, R) in nats."""

    weights: "torch.Tensor"
    objective: NDArray[np.float64]
    converged: NDArray[np.bool_]
    passes: float


@contextmanager
def fast_products() -> Iterator[None]:
    """Let float32 matrix products round their inputs to bfloat16 where the processor is faster so."""
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def solve(
    features: "torch.Tensor",
    targets: "torch.Tensor",
    l2: "list[float]",
    n_classes: int,
    tolerance: float = 5e-6,
    max_iterations: int = 300,
) -> Solution:
    """Minimise mean cross-entropy (nats) + l2/2 |W|^2, the intercept free, for every target and strength.

    features (N, D), centred; targets (T, N) class indices; l2 of length R, in any order. A target has converged
    when the decrease that its metric predicts for one more step is below ``tolerance`` of its objective (at
    least of 0.01 nats); ``passes`` counts readings of the data by all targets together. scikit-learn's C is
    1 / (N * l2).
    """
    import torch

    rotation = _principal(features)
    descent = Descent(features @ rotation, targets, n_classes)
    weights, objective, converged = {}, {}, {}
    for strength in sorted(l2, reverse=True):
        descent.penalise(strength)
        with fast_products():
            done = descent.run(tolerance, max_iterations)
        if not done.all():  # what the rounding of fast products cannot resolve
            done = descent.run(tolerance, max_iterations)
        w = descent.weights
        weights[strength] = torch.cat([w[..., :-1] @ rotation.T, w[..., -1:]], dim=2)
        objective[strength], converged[strength] = descent.objective.clone(), done
    return Solution(
        torch.stack([weights[s] for s in l2], dim=1),
        torch.stack([objective[s] for s in l2], dim=1).cpu().numpy(),
        torch.stack([converged[s] for s in l2], dim=1).cpu().numpy(),
        descent.passes,
    )


def log_probabilities(features: "torch.Tensor", weights: "torch.Tensor") -> "torch.Tensor":
    """(N, D) and (C, D + 1) -> (N, C), nats."""
    import torch

    return torch.log_softmax(features @ weights[:, :-1].T + weights[:, -1], dim=1)


def _principal(features: "torch.Tensor") -> "torch.Tensor":
    """Eigenvectors of the covariance, (D, D): a rotation, so it changes no penalty."""
    import torch

    vectors: torch.Tensor = torch.linalg.eigh((features.T @ features).double() / len(features))[1]
    return vectors.float()
