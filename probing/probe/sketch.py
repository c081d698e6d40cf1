"""The rows of a matrix, all of them or a sample (a sketch), and the cross-entropy on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from probing.probe.descent import without_intercept

if TYPE_CHECKING:
    import torch

_BLOCK = 2**18  # logits at a time: they fit into the cache, and keep all cores busy
_EVEN = 0.2  # share of a sketch that is sampled evenly, so that no row's weight exceeds 1 / (_EVEN * share)


@contextmanager
def fast_products() -> Iterator[None]:
    """Allow float32 matrix products to round their inputs to bfloat16, on processors where that is faster."""
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@dataclass(frozen=True)
class Rows:
    """``features`` (M, D) and ``importance`` (M,): the weight of each row in the estimate of a mean over all N rows."""

    features: "torch.Tensor"
    importance: "torch.Tensor"

    def log_partition(
        self, weights: "torch.Tensor", gini: "torch.Tensor | None" = None
    ) -> "tuple[torch.Tensor, torch.Tensor]":
        """Mean log-sum-exp of the logits, nats, (A,), and its gradient (A, C, D + 1), at weights (A, C, D + 1).

        If ``gini`` (A, M) is given, it is filled with each row's Gini impurity 1 - sum p^2: the trace of the Hessian
        of the row's log-sum-exp with respect to its logits.
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
            if gini is not None:
                gini[:, begin : begin + size] = 1 - (p * p).sum(1)
            p = p.mul_(importance).view(n_targets * n_classes, -1)
            gradient[:, :-1] += p @ rows
            gradient[:, -1] += p.sum(1)
        return value, gradient.view_as(weights)

    def sketch(self, gini: "torch.Tensor", share: float) -> "Rows":
        """About ``share`` of these rows, sampled in proportion to their Gini impurity ``gini`` (M,).

        A row of probability q counts 1 / q times, so that the mean is kept. Systematic sampling, without random
        numbers: a row is taken when the running sum of the probabilities passes an integer.
        """
        import torch

        probability = (share * ((1 - _EVEN) * gini / gini.mean().clamp_min(1e-12) + _EVEN)).clamp(max=1)
        passed = torch.cumsum(probability.double(), 0).floor()
        sampled = torch.nonzero(torch.diff(passed, prepend=passed.new_zeros(1)) > 0)[:, 0]
        return Rows(self.features.index_select(0, sampled), self.importance[sampled] / probability[sampled])

    def diagonal(self, weights: "torch.Tensor") -> "torch.Tensor":
        """Diagonal of the Hessian of the mean log-sum-exp at weights (C, D + 1), in their shape."""
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
    moment: "torch.Tensor"  # (C, D + 1), mean of one-hot label times features
    l2: float
    anchor: "tuple[torch.Tensor, torch.Tensor, torch.Tensor]"  # weights, log-partition and its gradient on all rows

    @cached_property
    def _correction(self) -> "tuple[torch.Tensor, torch.Tensor]":
        """The linear function that is added to the sketch's log-partition: its value at weights of zero, its slope."""
        weights, value, gradient = self.anchor
        sketch_value, sketch_gradient = self.rows.log_partition(weights[None])
        slope = gradient - sketch_gradient[0]
        return value - sketch_value[0] - (weights.double() * slope.double()).sum(), slope

    def evaluate(self, weights: "torch.Tensor") -> "tuple[float, torch.Tensor]":
        """Value and gradient at weights (C, D + 1)."""
        offset, slope = self._correction
        value, gradient = self.rows.log_partition(weights[None])
        value = value + offset + (weights.double() * slope.double()).sum()
        objective, total = penalised(value, gradient + slope, weights[None], self.moment[None], self.l2)
        return float(objective[0]), total[0]

    def diagonal(self, weights: "torch.Tensor") -> "torch.Tensor":
        """Diagonal of the Hessian, without the penalty."""
        return self.rows.diagonal(weights)


def penalised(
    value: "torch.Tensor", gradient: "torch.Tensor", weights: "torch.Tensor", moment: "torch.Tensor", l2: float
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Objective (A,) and gradient (A, C, D + 1), from the log-partition's ``value`` and ``gradient``.

    Subtracts the inner product of weights and moment, which is all that the labels contribute, and adds the penalty.
    """
    shrunk = without_intercept(weights)
    fit = (weights.double() * moment.double()).sum((1, 2))
    return value - fit + l2 / 2 * (shrunk.double() ** 2).sum((1, 2)), gradient - moment + l2 * shrunk
