"""Multinomial logistic regression for many targets and strengths on one matrix.

Targets (a task, its controls) share every pass over the data: their weights are stacked, and a pass is two
matrix products. Between passes each target descends by itself on a sketch: the rows of which its model is unsure,
which hold nearly all of the Hessian, with the gradient corrected to that of all rows (as distributed approximate
Newton methods do; Shamir et al. 2014). Strengths are walked from strong to weak, in the basis of principal
components, where the Hessian is nearly diagonal; what is learnt of the Hessian at one strength serves the next. The
optimum is unique: the path to it leaves no trace in the result.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.probe.descent import Curvature, descend
from probing.probe.sketch import Rows, Surrogate, fast_products, penalised

if TYPE_CHECKING:
    import torch

_SHARE = 0.2  # of the rows in a sketch at first
_LEAST = 16384  # rows in a sketch: with fewer, all are taken
_GAIN = 0.3  # a sketch is left when its predicted decrease is this share of what it was: all rows must judge
_FLOOR_NATS = 0.01  # below it a fit is all but perfect, and a share of nothing is no tolerance


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

    features (N, D), centred; targets (T, N) class indices; l2 of length R, in any order. A target has converged
    when the decrease that its curvature predicts for one more step is below ``tolerance`` of its objective (at
    least of 0.01 nats); ``passes`` counts readings of all rows by all targets. scikit-learn's C is 1 / (N * l2).
    """
    import torch

    rotation = _principal(features)
    path = _Path(features @ rotation, targets, n_classes)
    weights, objective, converged = {}, {}, {}
    for strength in sorted(l2, reverse=True):
        path.penalise(strength)
        with fast_products():
            done = path.walk(tolerance, max_iterations)
        if not done.all():  # what the rounding of fast products cannot resolve
            path.measure(path.everyone, path.weights.clone())
            done = path.walk(tolerance, max_iterations)
        weights[strength] = torch.cat([path.weights[..., :-1] @ rotation.T, path.weights[..., -1:]], dim=2)
        objective[strength], converged[strength] = path.objective()[0], done
    return Solution(
        torch.stack([weights[s] for s in l2], dim=1),
        torch.stack([objective[s] for s in l2], dim=1).cpu().numpy(),
        torch.stack([converged[s] for s in l2], dim=1).cpu().numpy(),
        path.passes,
    )


class _Path:
    """T targets side by side: where they stand, what all rows say there, and what is known of their Hessians."""

    def __init__(self, features: "torch.Tensor", targets: "torch.Tensor", n_classes: int) -> None:
        import torch

        n = len(features)
        self.rows = Rows(features, features.new_full((n,), 1 / n))
        self.moment = _moments(features, targets, n_classes)
        self.weights = torch.zeros_like(self.moment)
        self.weights[..., -1] = torch.log(self.moment[..., -1] + 1.0 / n)
        self.everyone = list(range(len(targets)))
        self.curvatures = [Curvature() for _ in targets]
        self.l2, self.passes = 0.0, 0.0
        self.value = torch.zeros(len(targets), dtype=torch.float64, device=features.device)
        self.gradient = torch.zeros_like(self.moment)
        self.doubt = features.new_empty(len(targets), n)
        with fast_products():
            self.measure(self.everyone, self.weights.clone())

    def measure(self, active: list[int], weights: "torch.Tensor") -> None:
        """A pass over all rows: stand at ``weights`` (A, C, D + 1)."""
        doubt = self.doubt.new_empty(len(active), len(self.rows.features))
        self.value[active], self.gradient[active] = self.rows.normaliser(weights, doubt)
        self.weights[active], self.doubt[active] = weights, doubt
        self.passes += len(active) / len(self.everyone)

    def objective(self) -> "tuple[torch.Tensor, torch.Tensor]":
        """Objective (T,) and gradient (T, C, D + 1) where the targets stand."""
        return penalised(self.value, self.gradient, self.weights, self.moment, self.l2)

    def penalise(self, l2: float) -> None:
        """Change the strength."""
        for curvature in self.curvatures:
            curvature.penalise(l2 - self.l2)
        self.l2 = l2

    def walk(self, tolerance: float, max_iterations: int) -> "torch.Tensor":
        """Descend on sketches, judged by all rows; which targets converged, (T,).

        The others ran out of iterations or of digits.
        """
        import torch

        converged = torch.zeros(len(self.everyone), dtype=torch.bool, device=self.weights.device)
        share = dict.fromkeys(self.everyone, max(_SHARE, _LEAST / len(self.rows.features)))
        left = dict.fromkeys(self.everyone, max_iterations)
        sketches: dict[int, Rows] = {}
        while left:
            (objective, gradient), moved = self.objective(), {}
            for t in list(left):
                exact = share[t] >= 1
                if t not in sketches:
                    sketches[t] = self.rows if exact else self.rows.sketch(self.doubt[t], share[t])
                anchor = self.weights[t], self.value[t], self.gradient[t]
                problem = Surrogate(sketches[t], self.moment[t], self.l2, anchor)
                start = self.weights[t], float(objective[t]), gradient[t]
                enough = tolerance * max(start[1], _FLOOR_NATS)
                end = descend(problem, start, self.curvatures[t], enough, 0.0 if exact else _GAIN, left[t])
                left[t] -= end.steps
                if end.steps:
                    moved[t] = end.weights
                elif end.predicted < enough or exact or not left[t]:
                    converged[t] = end.predicted < enough
                    del left[t]
                else:
                    share[t] *= 2
                    del sketches[t]
            for t in self._judge(moved, objective):
                if share[t] >= 1:
                    del left[t]
                share[t] *= 2
                del sketches[t]
        return converged

    def _judge(self, moved: "dict[int, torch.Tensor]", objective: "torch.Tensor") -> list[int]:
        """Move targets if all rows agree that it is down; those that went back, since their sketch misled them."""
        import torch

        if not moved:
            return []
        active = list(moved)
        before = self.value.clone(), self.gradient.clone(), self.weights.clone(), self.doubt.clone()
        self.measure(active, torch.stack(list(moved.values())))
        misled = (self.objective()[0] > objective * (1 + 1e-7)).nonzero()[:, 0].tolist()
        for now, then in zip((self.value, self.gradient, self.weights, self.doubt), before, strict=True):
            now[misled] = then[misled]
        return [t for t in active if t in misled]


def _moments(features: "torch.Tensor", targets: "torch.Tensor", n_classes: int) -> "torch.Tensor":
    """Mean of one-hot label times features, (T, C, D + 1): the only way that labels enter the objective."""
    import torch

    moments = torch.zeros(len(targets), n_classes, features.shape[1] + 1, device=features.device)
    for moment, target in zip(moments, targets, strict=True):
        indicator = torch.nn.functional.one_hot(target, n_classes).T.to(features.dtype)  # (C, N)
        moment[:, :-1] = indicator @ features
        moment[:, -1] = indicator.sum(1)
    return moments / len(features)


def log_probabilities(features: "torch.Tensor", weights: "torch.Tensor") -> "torch.Tensor":
    """(N, D) and (C, D + 1) -> (N, C), nats."""
    import torch

    return torch.log_softmax(features @ weights[:, :-1].T + weights[:, -1], dim=1)


def _principal(features: "torch.Tensor") -> "torch.Tensor":
    """Eigenvectors of the covariance, (D, D): a rotation, so it changes no penalty."""
    import torch

    with fast_products():  # a basis need not be the exact one, only orthogonal
        covariance = features.T @ features / len(features)
    vectors: torch.Tensor = torch.linalg.eigh(covariance.double())[1]
    return vectors.float()
