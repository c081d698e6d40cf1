"""Multinomial logistic regression for many targets and strengths on one matrix; docs/solver.md derives the method.

The problem has one row of weights per class, for two classes too. Strengths are solved from strong to weak, each from
the solution before it. The problem is convex: the path does not change where it ends.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.probe.newton import Newton
from probing.probe.sketch import Rows

if TYPE_CHECKING:
    import torch

_FIRST = 10.0  # strength at which weights of zero are near the solution
_NEAR = 0.01  # tolerance at the strengths on the way to the one that is wanted


@dataclass(frozen=True, eq=False)
class Solution:
    """``weights`` (T, R, C, D + 1), intercept last, on the features as given; ``objective`` (T, R) in nats."""

    weights: "torch.Tensor"
    objective: NDArray[np.float64]
    converged: NDArray[np.bool_]
    passes: float


@dataclass(frozen=True, eq=False)
class Solved:
    """One target at one strength: ``weights`` (C, D + 1), the intercept last, and its objective in nats."""

    weights: "torch.Tensor"
    objective: float
    converged: bool


class Path:
    """The solutions of one target from strength to strength, each from the one before.

    A solution has converged when the decrease that is left, as Newton's model predicts it, is below ``tolerance`` times
    its objective (or times 0.01 nats, if that is larger).
    """

    def __init__(
        self, features: "torch.Tensor", labels: "torch.Tensor", n_classes: int, tolerance: float, max_iterations: int
    ) -> None:
        """From features (N, D), centred, and class indices (N,)."""
        n = len(features)
        self._newton = Newton(Rows(features, features.new_full((n,), 1 / n)), moment(features, labels, n_classes))
        self._tolerance, self._max_iterations, self._l2 = tolerance, max_iterations, _FIRST

    @property
    def passes(self) -> float:
        """How often all rows were read, products with the Hessian of a sketch counted by its share."""
        return self._newton.passes + self._newton.sketched

    def approach(self, l2: float) -> None:
        """Come near the solution at one strength through stronger ones, which is faster than to start there."""
        while self._l2 > 10 * l2:
            self._l2 /= 10
            self._newton.minimise(self._l2, _NEAR, self._max_iterations)

    def solve(self, l2: float, rough: bool = False) -> Solved:
        """Minimise mean cross-entropy (nats) + l2/2 |W|^2, the intercept free; ``rough``: only come near."""
        self.approach(l2)
        return self._solve(l2, max(_NEAR, self._tolerance) if rough else self._tolerance)

    def finish(self, l2: float, rough: Solved) -> Solved:
        """Go on from a rough solution at a strength."""
        self._newton.move(rough.weights)
        return self._solve(l2, self._tolerance)

    def _solve(self, l2: float, tolerance: float) -> Solved:
        self._l2 = l2
        converged = self._newton.minimise(l2, tolerance, self._max_iterations)
        return Solved(self._newton.place.weights, self._newton.objective(l2)[0], converged)


def solve(
    features: "torch.Tensor",
    targets: "torch.Tensor",
    l2: "list[float]",
    n_classes: int,
    tolerance: float = 1e-4,
    max_iterations: int = 1000,
) -> Solution:
    """Minimise mean cross-entropy (nats) + l2/2 |W|^2, the intercept free, for every target and strength.

    ``features`` (N, D), centred; ``targets`` (T, N) class indices; ``l2`` of length R, in any order. ``passes`` is the
    mean over targets. scikit-learn's C is 1 / (N * l2); for two classes, of which it has one row of weights, it is
    2 / (N * l2).
    """
    import torch

    order = sorted(set(l2), reverse=True)
    paths = [Path(features, target, n_classes, tolerance, max_iterations) for target in targets]
    found = [{strength: path.solve(strength) for strength in order} for path in paths]
    return Solution(
        torch.stack([torch.stack([solved[s].weights for s in l2]) for solved in found]),
        np.array([[solved[s].objective for s in l2] for solved in found]),
        np.array([[solved[s].converged for s in l2] for solved in found]),
        sum(path.passes for path in paths) / len(paths),
    )


def moment(features: "torch.Tensor", labels: "torch.Tensor", n_classes: int) -> "torch.Tensor":
    """Mean over rows of one-hot label times features, (C, D + 1): all that the objective needs of the labels."""
    import torch

    indicator = torch.nn.functional.one_hot(labels, n_classes).T.to(features.dtype)  # (C, N)
    return torch.cat([indicator @ features, indicator.sum(1, keepdim=True)], dim=1) / len(features)


def log_probabilities(features: "torch.Tensor", weights: "torch.Tensor") -> "torch.Tensor":
    """(N, D) and (C, D + 1) -> (N, C), nats."""
    import torch

    return torch.log_softmax(features @ weights[:, :-1].T + weights[:, -1], dim=1)
