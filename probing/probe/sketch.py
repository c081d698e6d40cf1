"""The rows of a matrix, all of them or a sample (a sketch), and the cross-entropy on them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from probing.probe.class_blocks import ClassBlocks, class_blocks

if TYPE_CHECKING:
    import torch

_BLOCK = 2**18  # logits at a time: they fit into the cache, and keep all cores busy
_EVEN = 0.2  # share of a sketch that is sampled evenly, so that no row's weight exceeds 1 / (_EVEN * share)
_BLOCK_ROWS = 8192  # rows from which the blocks of the preconditioner are estimated


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class Hessian:
    """The Hessian of the objective at weights (C, D + 1), estimated from ``rows``."""

    rows: Rows
    weights: "torch.Tensor"
    l2: float

    @cached_property
    def _p(self) -> "torch.Tensor":
        """Probabilities of the rows, (C, M)."""
        import torch

        return torch.softmax((self.weights[:, :-1] @ self.rows.features.T).add_(self.weights[:, -1:]), 0)

    def product(self, step: "torch.Tensor") -> "torch.Tensor":
        """Hessian times ``step``, (C, D + 1)."""
        import torch

        moved = (step[:, :-1] @ self.rows.features.T).add_(step[:, -1:]).mul_(self._p)  # (C, M)
        moved.sub_(self._p * moved.sum(0)).mul_(self.rows.importance)
        found = torch.empty_like(step)
        torch.matmul(moved, self.rows.features, out=found[:, :-1]).add_(step[:, :-1], alpha=self.l2)
        found[:, -1] = moved.sum(1)
        return found

    def blocks(self) -> ClassBlocks:
        """Its diagonal blocks, one per class, from some of the rows."""
        every = max(1, len(self.rows.features) // _BLOCK_ROWS)
        weight = (self._p * (1 - self._p) * self.rows.importance)[:, ::every] * every
        return class_blocks(self.rows.features[::every], weight)


def penalised(
    value: "torch.Tensor", gradient: "torch.Tensor", weights: "torch.Tensor", moment: "torch.Tensor", l2: float
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Objective (A,) and gradient (A, C, D + 1), from the log-partition's ``value`` and ``gradient``.

    Subtracts the inner product of weights and moment, which is all that the labels contribute, and adds the penalty.
    """
    shrunk = without_intercept(weights)
    fit = (weights.double() * moment.double()).sum((1, 2))
    return value - fit + l2 / 2 * (shrunk.double() ** 2).sum((1, 2)), gradient - moment + l2 * shrunk


def without_intercept(weights: "torch.Tensor") -> "torch.Tensor":
    """A copy whose last column is zero."""
    shrunk = weights.clone()
    shrunk[..., -1] = 0
    return shrunk
