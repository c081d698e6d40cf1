"""L-BFGS around an approximate Newton step: what the last steps told of the Hessian corrects that of a sketch."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_KEPT = 12  # pairs
_FLAT = 1e-10  # cosine of step and change below which a pair tells nothing but rounding


@dataclass(frozen=True, eq=False)
class Pair:
    """A step and the change of the gradient of all rows along it, (C, D + 1) each, and one over their product."""

    step: "torch.Tensor"
    change: "torch.Tensor"
    scale: float


@dataclass
class Curvature:
    """The pairs of the last steps at one strength."""

    pairs: deque[Pair] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def add(self, step: "torch.Tensor", change: "torch.Tensor") -> None:
        """Keep a step and what it changed in the gradient; unless rounding hides the curvature along it."""
        product = float((step * change).sum())
        if product > _FLAT * float(step.norm()) * float(change.norm()):
            self.pairs.append(Pair(step, change, 1 / product))

    def direction(self, gradient: "torch.Tensor", solve: "Callable[[torch.Tensor], torch.Tensor]") -> "torch.Tensor":
        """The direction to go against, (C, D + 1); ``solve`` is the inverse of an approximate Hessian.

        The two-loop recursion (Nocedal & Wright 2006, algorithm 7.4), with ``solve`` where L-BFGS has a multiple of
        the identity.
        """
        rest, lengths = gradient.clone(), []
        for pair in reversed(self.pairs):
            lengths.append(pair.scale * float((pair.step * rest).sum()))
            rest -= lengths[-1] * pair.change
        direction = solve(rest)
        for pair, length in zip(self.pairs, reversed(lengths), strict=True):
            direction += (length - pair.scale * float((pair.change * direction).sum())) * pair.step
        return direction
