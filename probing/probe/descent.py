"""L-BFGS (Nocedal & Wright 2006, algorithm 7.4) that starts its recursion from the diagonal of the Hessian."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

_MEMORY = 40  # curvature pairs that are kept
_REFRESH = 15  # iterations after which the Hessian's diagonal is computed again
_ARMIJO = 1e-4  # share of the decrease that the slope promises, which a step must reach
_SHORTEST = 1e-4  # step length at which the line search gives up


class Problem(Protocol):
    """A smooth convex function of weights (C, D + 1), with the penalty l2/2 |w|^2 on all but the last column."""

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
    """What a descent has learnt of the Hessian: curvature pairs and a diagonal.

    A pair is a step s, the change y of the gradient over it, and 1 / (s·y). It stays valid when the strength of the
    penalty changes, because the penalty's own Hessian is known.
    """

    pairs: "list[tuple[torch.Tensor, torch.Tensor, float]]" = field(default_factory=list)
    diagonal: "torch.Tensor | None" = None
    scale: float = 1.0
    age: int = 0

    def penalise(self, change: float) -> None:
        """Add the Hessian of a penalty that is stronger by ``change`` to all pairs."""
        self.pairs = [_pair(s, y + change * without_intercept(s)) for s, y, _ in self.pairs]

    def inverse_diagonal(self, problem: Problem, weights: "torch.Tensor") -> "torch.Tensor":
        """Inverse of the Hessian's diagonal, (C, D + 1); the diagonal is computed again when it is old."""
        if self.diagonal is None or self.age >= _REFRESH:
            self.diagonal, self.age = problem.diagonal(weights), 0
        # The floor limits steps in directions of which the rows say nothing (a class that hardly occurs).
        curvature = self.diagonal + 1e-3 * self.diagonal.mean()
        curvature[:, :-1] += problem.l2
        return 1 / curvature

    def update(self, inverse_diagonal: "torch.Tensor", step: "torch.Tensor", change: "torch.Tensor") -> None:
        """Keep a step and the change of the gradient over it, if they show positive curvature."""
        self.age += 1
        s, y, inverse = _pair(step, change)
        if inverse > 0:
            self.pairs = [*self.pairs[1 - _MEMORY :], (s, y, inverse)]
            self.scale = 1 / (inverse * float((y * inverse_diagonal * y).sum()))

    def newton(self, inverse_diagonal: "torch.Tensor", gradient: "torch.Tensor") -> "torch.Tensor":
        """The two-loop recursion: an approximate inverse Hessian times the gradient."""
        direction, factors = gradient.clone(), []
        for s, y, inverse in reversed(self.pairs):
            factors.append(inverse * (s * direction).sum())
            direction.sub_(y * factors[-1])
        direction.mul_(inverse_diagonal).mul_(self.scale)
        for (s, y, inverse), factor in zip(self.pairs, reversed(factors), strict=True):
            direction.add_(s * (factor - inverse * (y * direction).sum()))
        return direction


@dataclass(frozen=True)
class End:
    """Where a descent ended, after how many steps, and the decrease that its curvature predicts for one more step."""

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
    """Descend until one more step promises less than ``enough``, or until rounding hides any decrease.

    ``start`` is weights (C, D + 1) with their value and gradient. After the first step, the descent also ends when a
    step promises less than ``share`` of what the first one promised.
    """
    weights, objective, gradient = start
    for step in range(max_steps + 1):
        inverse_diagonal = curvature.inverse_diagonal(problem, weights)
        direction = curvature.newton(inverse_diagonal, gradient)
        slope = float((gradient * direction).sum())
        if slope / 2 < enough or step == max_steps:
            break
        enough = enough if step else max(enough, share * slope / 2)
        length = 1.0
        while length > _SHORTEST:  # backtracking line search
            new = weights - length * direction
            new_objective, new_gradient = problem.evaluate(new)
            # The last term is the rounding of the objective itself: no smaller decrease can be seen.
            if new_objective <= objective - _ARMIJO * length * slope + 1e-7 * abs(objective):
                break
            length /= 4
        else:
            break
        curvature.update(inverse_diagonal, new - weights, new_gradient - gradient)
        weights, objective, gradient = new, new_objective, new_gradient
    return End(weights, step, slope / 2)


def without_intercept(weights: "torch.Tensor") -> "torch.Tensor":
    """A copy whose last column is zero."""
    shrunk = weights.clone()
    shrunk[..., -1] = 0
    return shrunk


def _pair(s: "torch.Tensor", y: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor, float]":
    """A step, the gradient's change over it, and 1 / (s·y), or 0 where the curvature along the step is not positive."""
    bend = float((s * y).sum())
    return s, y, 1 / bend if bend > 0 else 0.0
