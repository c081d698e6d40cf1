"""Newton's method for one target of multinomial logistic regression; docs/solver.md derives it.

The gradient is always that of all rows. The Hessian is that of a sketch: a sample of the rows of which the model is
unsure (subsampled Newton; Roosta-Khorasani & Mahoney 2019). Its systems are solved by conjugate gradients,
preconditioned class by class (Nocedal & Wright 2006, chapters 5 and 7). What the sketch misjudges, the pairs
of the last steps correct (L-BFGS).
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from probing.probe.class_blocks import ClassBlocks
from probing.probe.curvature import Curvature
from probing.probe.sketch import Hessian, Rows, penalised

if TYPE_CHECKING:
    import torch

_SHARE = 0.1  # of the rows that the first sketch samples
_LEAST = 16384  # rows in a sketch; of a smaller matrix all rows are taken
_REST = 0.2  # conjugate gradients end when they promise less than this share of the decrease found so far
_MANY = 10  # steps of conjugate gradients after which the preconditioner is made anew
_AGE = 4  # Newton steps that a preconditioner serves at least
_LONG = 0.5  # of a step that is tried at least; more if the step before was best at more
_SHORT = 0.2  # of a step: if less would have been the best on all rows, the next sketch is larger
_ARMIJO = 1e-4  # share of the decrease that the slope promises, which a step must reach
_SHORTEST = 1e-3  # step length at which the line search gives up
_ROUNDING = 1e-7  # of the objective: no smaller decrease can be seen
FLOOR_NATS = 0.01  # the tolerance is relative to the objective, but never to less than this


@dataclass(frozen=True, eq=False)
class Place:
    """Weights (C, D + 1) and what a pass over all rows tells there: log-partition, its gradient, impurities (N,)."""

    weights: "torch.Tensor"
    value: "torch.Tensor"
    gradient: "torch.Tensor"
    gini: "torch.Tensor"


class Newton:
    """One target: where its weights stand, and the preconditioner. ``passes`` counts how often it read all rows."""

    def __init__(self, rows: Rows, moment: "torch.Tensor") -> None:
        """From all rows and ``logistic.moments`` (C, D + 1), at the best weights without any feature."""
        import torch

        self.rows, self.moment, self.passes, self.sketched = rows, moment, 0, 0.0
        weights = torch.zeros_like(moment)
        weights[:, -1] = torch.log(moment[:, -1] + 1.0 / len(rows.features))
        self.place = self._look(weights)
        self._blocks: ClassBlocks | None = None
        self._slow, self._age, self._left = False, 0, 0

    def objective(self, l2: float, place: Place | None = None) -> "tuple[float, torch.Tensor]":
        """Objective in nats and gradient (C, D + 1) on all rows, here or at another place."""
        at = place or self.place
        value, gradient = penalised(at.value[None], at.gradient[None], at.weights[None], self.moment[None], l2)
        return float(value[0]), gradient[0]

    def move(self, weights: "torch.Tensor") -> None:
        """Stand at ``weights`` (C, D + 1)."""
        if weights is not self.place.weights:
            self.place = self._look(weights)

    def minimise(self, l2: float, tolerance: float, max_iterations: int) -> bool:
        """Descend at one strength, until a step promises less than the tolerance. Returns whether that was reached.

        Otherwise ``max_iterations`` steps of conjugate gradients are used up, or rounding hides any further decrease.
        """
        share, self._left = max(_SHARE, _LEAST / len(self.rows.features)), max_iterations
        curvature, length = Curvature(), 1.0
        while self._left > 0:
            (objective, gradient), before = self.objective(l2), self.place.weights
            rows = self.rows if share >= 1 else self.rows.sketch(self.place.gini, share)
            hessian = Hessian(rows, before, l2)
            direction = curvature.direction(gradient, partial(self._solve, hessian))
            decrease = float((direction * gradient).sum()) / 2
            moved, best = self._search(l2, direction, decrease, length)
            if self._left > 0 and decrease < tolerance * max(objective, FLOOR_NATS):
                return True  # the last step was taken all the same: it makes good what the sketch may have misjudged
            if not moved and share >= 1:
                return False
            if moved:
                curvature.add(self.place.weights - before, self.objective(l2)[1] - gradient)
            length = min(1.0, max(best, _LONG))
            share *= 1 if moved and best > _SHORT else 2
        return False

    def _look(self, weights: "torch.Tensor") -> Place:
        gini = weights.new_empty(1, len(self.rows.features))
        value, gradient = self.rows.log_partition(weights[None], gini)
        self.passes += 1
        return Place(weights, value[0], gradient[0], gini[0])

    def _solve(self, hessian: Hessian, gradient: "torch.Tensor") -> "torch.Tensor":
        """The Newton direction (C, D + 1) by conjugate gradients, ended early."""
        import torch

        if self._blocks is None or (self._slow and self._age >= _AGE):
            self._blocks, self._age = hessian.blocks(), 0
        inverse = partial(self._blocks.solve, l2=hessian.l2)
        direction, rest = torch.zeros_like(gradient), gradient.clone()
        along = solved = inverse(rest)
        size, decrease, step = float((rest * solved).sum()), 0.0, 0
        while step < self._left and size > 0:
            bent = hessian.product(along)
            length = size / float((along * bent).sum())
            direction += length * along
            rest -= length * bent
            step += 1
            decrease += length * size / 2
            if step > 1 and step * length * size / 2 < _REST * decrease:
                break
            solved = inverse(rest)
            size, before = float((rest * solved).sum()), size
            along = solved + size / before * along
        self.sketched += step * len(hessian.rows.features) / len(self.rows.features)
        self._left -= step
        self._slow, self._age = step > _MANY, self._age + 1
        return direction

    def _search(self, l2: float, direction: "torch.Tensor", decrease: float, length: float) -> tuple[bool, float]:
        """Move against ``direction`` as far as the objective on all rows falls, at first by ``length``.

        Returns whether it fell, and the length that would be the best: the least of the parabola through the last two.
        """
        objective, _ = self.objective(l2)
        best = length
        while length > _SHORTEST:
            place = self._look(self.place.weights - length * direction)
            fallen = objective - self.objective(l2, place)[0]
            bent = 2 * decrease * length - fallen  # half the curvature times the squared length
            best = decrease * length**2 / bent if bent > 0 else 1.0
            if fallen >= 2 * _ARMIJO * length * decrease - _ROUNDING * abs(objective):
                self.place = place
                return True, best
            length = min(max(best, length / 10), length / 2)
        return False, best
