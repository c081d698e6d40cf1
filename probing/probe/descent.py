"""L-BFGS (Nocedal & Wright 2006, algorithm 7.4) with the diagonal of the Hessian for its metric."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

_MEMORY = 40  # curvature pairs that are kept
_REFRESH = 15  # iterations after which the Hessian's diagonal is taken anew
_ARMIJO = 1e-4
_SHORTEST = 1e-4  # step length below which a step is given up


class Problem(Protocol):
    """A smooth convex function of weights (C, D + 1) that penalises all but the last column with l2/2."""

    @property
    def l2(self) -> float:
        """The strength of the penalty."""
        ...

    def evaluate(self, weights: "torch.Tensor") -> "tuple[float, torch.Tensor]":
        """Value and gradient."""
        ...

    def diagonal(self, weights: "torch.Tensor") -> "torch.Tensor":
        """Diagonal of the Hessian, without the penalty."""
        ...


@dataclass
class Curvature:
    """What a descent has learnt of the Hessian; it outlives a change of the penalty, whose Hessian is known."""

    pairs: "list[tuple[torch.Tensor, torch.Tensor, float]]" = field(default_factory=list)
    diagonal: "torch.Tensor | None" = None
    scale: float = 1.0
    age: int = 0

    def penalise(self, change: float) -> None:
        """Account for a penalty that is stronger by ``change``."""
        self.pairs = [_pair(s, y + change * without_intercept(s)) for s, y, _ in self.pairs]

    def metric(self, problem: Problem, weights: "torch.Tensor") -> "torch.Tensor":
        """Inverse of the Hessian's diagonal, computed anew when it is old."""
        if self.diagonal is None or self.age >= _REFRESH:
            self.diagonal, self.age = problem.diagonal(weights), 0
        # A floor keeps directions that no row informs (a class that hardly occurs) from steps without bound.
        curvature = self.diagonal + 1e-3 * self.diagonal.mean()
        curvature[:, :-1] += problem.l2
        return 1 / curvature

    def learn(self, metric: "torch.Tensor", step: "torch.Tensor", change: "torch.Tensor") -> None:
        """Keep the change of the gradient that a step showed."""
        self.age += 1
        s, y, inverse = _pair(step, change)
        if inverse > 0:
            self.pairs = [*self.pairs[1 - _MEMORY :], (s, y, inverse)]
            self.scale = 1 / (inverse * float((y * metric * y).sum()))

    def newton(self, metric: "torch.Tensor", gradient: "torch.Tensor") -> "torch.Tensor":
        """The two-loop recursion: an approximate inverse Hessian times the gradient."""
        direction, factors = gradient.clone(), []
        for s, y, inverse in reversed(self.pairs):
            factors.append(inverse * (s * direction).sum())
            direction.sub_(y * factors[-1])
        direction.mul_(metric).mul_(self.scale)
        for (s, y, inverse), factor in zip(self.pairs, reversed(factors), strict=True):
            direction.add_(s * (factor - inverse * (y * direction).sum()))
        return direction


@dataclass(frozen=True)
class End:
    """Where a descent ended, after how many steps, and the decrease that its curvature predicted for one more."""

    weights: "torch.Tensor"
    steps: int
    predicted: float


def descend(
    problem: Problem,
    start: "tuple[torch.Tensor, float, torch.Tensor]",
    curvature: Curvature,
    enough: float,
    share: float,
    max_steps: int,
) -> End:
    """Descend until one more step promises less than ``enough``, or rounding hides any decrease.

    ``start`` is weights (C, D + 1) with their value and gradient.

    Less than ``share`` of what the first step promised is enough too, once that step is taken.
    """
    weights, objective, gradient = start
    for step in range(max_steps + 1):
        metric = curvature.metric(problem, weights)
        direction = curvature.newton(metric, gradient)
        slope = float((gradient * direction).sum())
        if slope / 2 < enough or step == max_steps:
            break
        enough = enough if step else max(enough, share * slope / 2)
        length = 1.0
        while length > _SHORTEST:
            new = weights - length * direction
            new_objective, new_gradient = problem.evaluate(new)
            # the slack is the rounding of the objective itself, below which no step can be judged
            if new_objective <= objective - _ARMIJO * length * slope + 1e-7 * abs(objective):
                break
            length /= 4
        else:
            break
        curvature.learn(metric, new - weights, new_gradient - gradient)
        weights, objective, gradient = new, new_objective, new_gradient
    return End(weights, step, slope / 2)


def without_intercept(weights: "torch.Tensor") -> "torch.Tensor":
    """A copy whose last column is zero."""
    shrunk = weights.clone()
    shrunk[..., -1] = 0
    return shrunk


def _pair(s: "torch.Tensor", y: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor, float]":
    """A step, the gradient's change over it, and 1 / (s·y), or 0 where the step shows no curvature."""
    bend = float((s * y).sum())
    return s, y, 1 / bend if bend > 0 else 0.0
