"""Multinomial logistic regression for many targets and strengths on one matrix; docs/solver.md derives the method.

Targets (a task, its controls) share every pass over all rows: their weights are stacked, and a pass is two matrix
products. Between passes each target is minimised alone on a sketch: a sample of the rows of which its model is unsure,
with the gradient corrected to that of all rows (as in distributed approximate Newton methods; Shamir et al. 2014).
Strengths are solved from strong to weak in the basis of principal components, where the Hessian is nearly diagonal;
what is learnt of the Hessian at one strength serves the next. The problem is convex: the path does not change where it
ends.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.probe.sketch import fast_products
from probing.probe.sketched_descent import SketchedDescent

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Solution:
    """``weights`` (T, R, C, D + 1), intercept last, on the features as given; ``objective`` (T, R) in nats."""

    weights: "torch.Tensor"
    objective: NDArray[np.float64]
    converged: NDArray[np.bool_]
    passes: float


def solve(
    features: "torch.Tensor",
    targets: "torch.Tensor",
    l2: "list[float]",
    n_classes: int,
    tolerance: float = 1e-5,
    max_iterations: int = 300,
) -> Solution:
    """Minimise mean cross-entropy (nats) + l2/2 |W|^2, the intercept free, for every target and strength.

    ``features`` (N, D), centred; ``targets`` (T, N) class indices; ``l2`` of length R, in any order. A target has
    converged when the decrease that its curvature predicts for one more step is below ``tolerance`` times its
    objective (or times 0.01 nats, if that is larger). ``passes`` counts how often all targets read all rows.
    scikit-learn's C is 1 / (N * l2).
    """
    import torch

    rotation = principal_components(features)
    rotated = features @ rotation
    descent = SketchedDescent(rotated, moments(rotated, targets, n_classes))
    weights, objective, converged = {}, {}, {}
    for strength in sorted(l2, reverse=True):
        descent.penalise(strength)
        with fast_products():
            done = descent.minimise(tolerance, max_iterations)
        if not done.all():  # the rounding of fast products may be too coarse: once more in full float32
            descent.evaluate(descent.all_targets, descent.weights.clone())
            done = descent.minimise(tolerance, max_iterations)
        weights[strength] = torch.cat([descent.weights[..., :-1] @ rotation.T, descent.weights[..., -1:]], dim=2)
        objective[strength], converged[strength] = descent.objective()[0], done
    return Solution(
        torch.stack([weights[s] for s in l2], dim=1),
        torch.stack([objective[s] for s in l2], dim=1).cpu().numpy(),
        torch.stack([converged[s] for s in l2], dim=1).cpu().numpy(),
        descent.passes,
    )


def moments(features: "torch.Tensor", targets: "torch.Tensor", n_classes: int) -> "torch.Tensor":
    """Mean over rows of one-hot label times features, (T, C, D + 1): all that the objective needs of the labels."""
    import torch

    found = torch.zeros(len(targets), n_classes, features.shape[1] + 1, device=features.device)
    for moment, target in zip(found, targets, strict=True):
        indicator = torch.nn.functional.one_hot(target, n_classes).T.to(features.dtype)  # (C, N)
        moment[:, :-1] = indicator @ features
        moment[:, -1] = indicator.sum(1)
    return found / len(features)


def log_probabilities(features: "torch.Tensor", weights: "torch.Tensor") -> "torch.Tensor":
    """(N, D) and (C, D + 1) -> (N, C), nats."""
    import torch

    return torch.log_softmax(features @ weights[:, :-1].T + weights[:, -1], dim=1)


def principal_components(features: "torch.Tensor") -> "torch.Tensor":
    """Eigenvectors of the covariance, (D, D). A rotation changes no norm, so the penalty stays the same."""
    import torch

    with fast_products():  # the basis need not be exact, only orthogonal
        covariance = features.T @ features / len(features)
    vectors: torch.Tensor = torch.linalg.eigh(covariance.double())[1]
    return vectors.float()
