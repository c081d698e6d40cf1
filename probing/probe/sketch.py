"""The rows of a matrix, all of them or a telling few, and the part of the cross-entropy that they decide."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from probing.probe.descent import without_intercept

if TYPE_CHECKING:
    import torch

_BLOCK = 2**18  # logits at a time: few enough for the cache, enough to keep all cores at work
_EVEN = 0.2  # share of a sketch that is spread evenly, so that no row's weight exceeds 1 / (_EVEN * share)


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


@dataclass(frozen=True)
class Rows:
    """``features`` (M, D) and how much each row counts, (M,): its share of the mean over the N rows it is from."""

    features: "torch.Tensor"
    importance: "torch.Tensor"

    def normaliser(
        self, weights: "torch.Tensor", doubt: "torch.Tensor | None" = None
    ) -> "tuple[torch.Tensor, torch.Tensor]":
        """Mean log-sum-exp of the logits (A,) and its gradient (A, C, D + 1) at weights (A, C, D + 1), nats.

        Where ``doubt`` (A, M) is given, it is filled with 1 - sum of p^2: the trace of a row's part of the Hessian.
        """
        import torch

        n_targets, n_classes, _ = weights.shape
        linear = weights[..., :-1].reshape(n_targets * n_classes, -1).contiguous()
        intercept = weights[..., -1].reshape(-1, 1)
        gradient = weights.new_zeros(n_targets * n_classes, weights.shape[2])
        value = weights.new_zeros(n_targets, dtype=torch.float64)
        size = _BLOCK // (n_targets * n_classes) + 1
        for begin in range(0, len(self.features), size):
            rows, importance = self.features[begin : begin + size], self.importance[begin : begin + size]
            # classes before rows: the reductions over classes then run along contiguous memory
            logits = (linear @ rows.T).add_(intercept).view(n_targets, n_classes, -1)  # (A, C, rows)
            p = torch.softmax(logits, 1)
            # log-sum-exp from what softmax has computed: the largest p is exp(largest logit - log-sum-exp)
            value += (logits.amax(1) - p.amax(1).log()).mul_(importance).sum(1, dtype=torch.float64)
            if doubt is not None:
                doubt[:, begin : begin + size] = 1 - (p * p).sum(1)
            p = p.mul_(importance).view(n_targets * n_classes, -1)
            gradient[:, :-1] += p @ rows
            gradient[:, -1] += p.sum(1)
        return value, gradient.view_as(weights)

    def sketch(self, doubt: "torch.Tensor", share: float) -> "Rows":
        """About ``share`` of these rows, by how much of the Hessian they hold, weighted so that means are unbiased.

        Systematic sampling (no random numbers): a row whose chance is q is met by one in 1/q of the evenly spaced
        marks along the sum of the chances.
        """
        import torch

        chance = (share * ((1 - _EVEN) * doubt / doubt.mean().clamp_min(1e-12) + _EVEN)).clamp(max=1)
        marks = torch.cumsum(chance.double(), 0).floor()
        met = torch.nonzero(torch.diff(marks, prepend=marks.new_zeros(1)) > 0)[:, 0]
        return Rows(self.features.index_select(0, met), self.importance[met] / chance[met])

    def curvature(self, weights: "torch.Tensor") -> "torch.Tensor":
        """Diagonal of the Hessian of the normaliser at weights (C, D + 1)."""
        import torch

        diagonal = torch.zeros_like(weights)
        size = _BLOCK // len(weights) + 1
        for begin in range(0, len(self.features), size):
            rows, importance = self.features[begin : begin + size], self.importance[begin : begin + size]
            p = torch.softmax((weights[:, :-1] @ rows.T).add_(weights[:, -1:]), 0)
            variance = (p * (1 - p)).mul_(importance)
            diagonal[:, :-1] += variance @ (rows * rows)
            diagonal[:, -1] += variance.sum(1)
        return diagonal


@dataclass(frozen=True)
class Surrogate:
    """One target's objective on a sketch, corrected to have the value and the gradient of all rows at an anchor."""

    rows: Rows
    moment: "torch.Tensor"  # (C, D + 1), mean of one-hot label times features: the only way that labels enter
    l2: float
    anchor: "tuple[torch.Tensor, torch.Tensor, torch.Tensor]"  # weights, normaliser, its gradient over all rows

    @cached_property
    def _lack(self) -> "tuple[torch.Tensor, torch.Tensor]":
        """What the sketch's normaliser lacks at weights of zero, and its gradient everywhere."""
        weights, value, gradient = self.anchor
        own_value, own_gradient = self.rows.normaliser(weights[None])
        lack = gradient - own_gradient[0]
        return value - own_value[0] - (weights.double() * lack.double()).sum(), lack

    def evaluate(self, weights: "torch.Tensor") -> "tuple[float, torch.Tensor]":
        """Value and gradient at weights (C, D + 1)."""
        offset, lack = self._lack
        value, gradient = self.rows.normaliser(weights[None])
        value = value + offset + (weights.double() * lack.double()).sum()
        objective, slope = penalised(value, gradient + lack, weights[None], self.moment[None], self.l2)
        return float(objective[0]), slope[0]

    def diagonal(self, weights: "torch.Tensor") -> "torch.Tensor":
        """Diagonal of the Hessian, without the penalty."""
        return self.rows.curvature(weights)


def penalised(
    value: "torch.Tensor", gradient: "torch.Tensor", weights: "torch.Tensor", moment: "torch.Tensor", l2: float
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Objective (A,) and gradient (A, C, D + 1) from those of the normaliser: labels and penalty put in."""
    shrunk = without_intercept(weights)
    fit = (weights.double() * moment.double()).sum((1, 2))
    return value - fit + l2 / 2 * (shrunk.double() ** 2).sum((1, 2)), gradient - moment + l2 * shrunk
