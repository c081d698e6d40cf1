"""An approximate inverse of the Hessian of logistic regression, class by class: the preconditioner of its systems.

The diagonal block of class c is the mean of p(1 - p) [x, 1] [x, 1]^T, that is a weighted mean and covariance of the
features. One orthonormal basis, in which the sum of all covariances is diagonal, serves all classes; in it each
covariance is taken as diagonal. So wide vectors and many classes cost one decomposition, not one per class.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_SHARED = 0.1  # share of the sum of all blocks in each
_LEAST = 1e-6  # of the mean diagonal, added: limits steps in directions of which the rows say nothing


@dataclass(frozen=True, eq=False)
class ClassBlocks:
    """The blocks without the penalty. basis (D, D): a direction per column. mass (C,): the sum of p(1 - p) of a class;
    mean (C, D) of the features with these weights, and spread (C, D), mass times variance, along the directions.
    """

    basis: "torch.Tensor"
    mass: "torch.Tensor"
    mean: "torch.Tensor"
    spread: "torch.Tensor"

    def solve(self, gradient: "torch.Tensor", l2: float) -> "torch.Tensor":
        """An approximate Newton step (C, D + 1) whose rows add up to zero, as those of optima do.

        Each block with the penalty is inverted exactly, by elimination of the intercept.
        """
        import torch

        spread, intercepts = self.spread + l2, gradient[:, -1:]
        least = _LEAST * spread.mean()
        along = (gradient[:, :-1] @ self.basis - self.mean * intercepts) / (spread + least)
        last = intercepts[:, 0] / (self.mass + least) - (self.mean * along).sum(1)
        step = torch.cat([along @ self.basis.T, last[:, None]], dim=1)
        return step - step.mean(0)


def class_blocks(features: "torch.Tensor", weight: "torch.Tensor") -> ClassBlocks:
    """From features (M, D) and the weights p(1 - p) of each class in each row, (C, M).

    The block of a rare class rests on few rows; so each spread is mixed with the sum of all, scaled to its size.
    """
    import torch

    mass = weight.sum(1)
    mean = weight @ features / mass.clamp_min(torch.finfo(mass.dtype).tiny)[:, None]
    covariance = (features * weight.sum(0)[:, None]).T @ features - (mean * mass[:, None]).T @ mean
    _, basis = torch.linalg.eigh(covariance)
    basis[covariance.diagonal() == 0] = 0  # a feature without values keeps a weight of exactly 0
    mean = mean @ basis
    spread = (weight @ (features @ basis).square() - mass[:, None] * mean.square()).clamp_min(0)
    size = spread.sum(1) / spread.sum().clamp_min(torch.finfo(mass.dtype).tiny)
    return ClassBlocks(basis, mass, mean, (1 - _SHARED) * spread + _SHARED * size[:, None] * spread.sum(0))
