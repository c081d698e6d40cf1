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

from probing.probe.descent import Curvature, End, descend
from probing.probe.sketch import Rows, Surrogate, fast_products, penalised

if TYPE_CHECKING:
    import torch

_SHARE = 0.2  # of the rows that the first sketch samples
_LEAST = 16384  # rows in a sketch; of a smaller matrix all rows are taken
_GAIN = 0.3  # the descent on a sketch ends when a step promises less than this share of what the first step promised
_FLOOR_NATS = 0.01  # the tolerance is relative to the objective, but never to less than this


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

    rotation = _principal(features)
    descent = _Descent(features @ rotation, targets, n_classes)
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


@dataclass
class _Budget:
    """Of one target at one strength: the share of rows in its sketch, the iterations left, and the sketch."""

    share: float
    left: int
    sketch: Rows | None = None

    @property
    def exact(self) -> bool:
        """Whether the sketch is all rows."""
        return self.share >= 1

    def enlarge(self) -> None:
        """Take twice as many rows from now on."""
        self.share *= 2
        self.sketch = None


class _Descent:
    """T targets side by side: their weights, objective and gradient on all rows, and what is known of their Hessians.

    ``value`` (T,) and ``gradient`` (T, C, D + 1) are those of the log-partition at ``weights``; ``gini`` (T, N) is
    each row's Gini impurity there.
    """

    def __init__(self, features: "torch.Tensor", targets: "torch.Tensor", n_classes: int) -> None:
        import torch

        n = len(features)
        self.rows = Rows(features, features.new_full((n,), 1 / n))
        self.moment = _moments(features, targets, n_classes)
        self.weights = torch.zeros_like(self.moment)
        self.weights[..., -1] = torch.log(self.moment[..., -1] + 1.0 / n)
        self.all_targets = list(range(len(targets)))
        self.curvatures = [Curvature() for _ in targets]
        self.l2, self.passes = 0.0, 0.0
        self.value = torch.zeros(len(targets), dtype=torch.float64, device=features.device)
        self.gradient = torch.zeros_like(self.moment)
        self.gini = features.new_empty(len(targets), n)
        with fast_products():
            self.evaluate(self.all_targets, self.weights.clone())

    def evaluate(self, active: list[int], weights: "torch.Tensor") -> None:
        """Move the ``active`` targets to ``weights`` (A, C, D + 1), with one pass over all rows."""
        gini = self.gini.new_empty(len(active), len(self.rows.features))
        self.value[active], self.gradient[active] = self.rows.log_partition(weights, gini)
        self.weights[active], self.gini[active] = weights, gini
        self.passes += len(active) / len(self.all_targets)

    def objective(self) -> "tuple[torch.Tensor, torch.Tensor]":
        """Objective (T,) and gradient (T, C, D + 1) on all rows at ``weights``."""
        return penalised(self.value, self.gradient, self.weights, self.moment, self.l2)

    def penalise(self, l2: float) -> None:
        """Change the strength."""
        for curvature in self.curvatures:
            curvature.penalise(l2 - self.l2)
        self.l2 = l2

    def minimise(self, tolerance: float, max_iterations: int) -> "torch.Tensor":
        """Descend on sketches, each result checked on all rows. Returns which targets converged, (T,).

        The others used up their iterations, or rounding hid any further decrease.
        """
        import torch

        converged = torch.zeros(len(self.all_targets), dtype=torch.bool, device=self.weights.device)
        share = max(_SHARE, _LEAST / len(self.rows.features))
        budgets = {t: _Budget(share, max_iterations) for t in self.all_targets}
        while budgets:
            (objective, gradient), moved = self.objective(), {}
            for t, budget in list(budgets.items()):
                enough = tolerance * max(float(objective[t]), _FLOOR_NATS)
                end = self._descend(t, budget, (self.weights[t], float(objective[t]), gradient[t]), enough)
                budget.left -= end.steps
                if end.steps:
                    moved[t] = end.weights
                elif end.predicted < enough or budget.exact or not budget.left:
                    converged[t] = end.predicted < enough
                    del budgets[t]
                else:
                    budget.enlarge()
            for t in self._reject(moved, objective):
                if budgets[t].exact:
                    del budgets[t]
                else:
                    budgets[t].enlarge()
        return converged

    def _descend(
        self, target: int, budget: _Budget, start: "tuple[torch.Tensor, float, torch.Tensor]", enough: float
    ) -> End:
        """Descend on the target's sketch, which is sampled if there is none yet."""
        if budget.sketch is None:
            budget.sketch = self.rows if budget.exact else self.rows.sketch(self.gini[target], budget.share)
        anchor = self.weights[target], self.value[target], self.gradient[target]
        surrogate = Surrogate(budget.sketch, self.moment[target], self.l2, anchor)
        return descend(surrogate, start, self.curvatures[target], enough, 0.0 if budget.exact else _GAIN, budget.left)

    def _reject(self, moved: "dict[int, torch.Tensor]", objective: "torch.Tensor") -> list[int]:
        """Move targets, and move those back whose objective on all rows increased; returns these."""
        import torch

        if not moved:
            return []
        active = list(moved)
        before = self.value.clone(), self.gradient.clone(), self.weights.clone(), self.gini.clone()
        self.evaluate(active, torch.stack(list(moved.values())))
        rejected = (self.objective()[0] > objective * (1 + 1e-7)).nonzero()[:, 0].tolist()
        for now, then in zip((self.value, self.gradient, self.weights, self.gini), before, strict=True):
            now[rejected] = then[rejected]
        return [t for t in active if t in rejected]


def _moments(features: "torch.Tensor", targets: "torch.Tensor", n_classes: int) -> "torch.Tensor":
    """Mean over rows of one-hot label times features, (T, C, D + 1): all that the objective needs of the labels."""
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
    """Eigenvectors of the covariance, (D, D). A rotation changes no norm, so the penalty stays the same."""
    import torch

    with fast_products():  # the basis need not be exact, only orthogonal
        covariance = features.T @ features / len(features)
    vectors: torch.Tensor = torch.linalg.eigh(covariance.double())[1]
    return vectors.float()
