"""Multinomial logistic regression, many problems on one matrix at once.

The problems (targets x regularisation strengths) share every read of the data: their weights are stacked, and
one pass is two matrix products. Each problem has its own L-BFGS (Nocedal & Wright 2006, algorithm 7.4) with
the diagonal of its Hessian as the initial metric, taken in the basis of principal components, where it
is nearly diagonal; a problem that has converged leaves the stack. The optimum is unique, so the path to it
leaves no trace in the result.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

_ROWS = 8192  # per block: its logits for ten problems stay in the cache
_MEMORY = 20  # pairs that L-BFGS keeps: small beside one pass over the data
_REFRESH = (5, 15, 40, 80, 160)  # iterations after which the diagonal is taken anew
_ARMIJO = 1e-4
_FLOOR_NATS = 0.01  # below it a fit is all but perfect, and a share of nothing is no tolerance


@dataclass(frozen=True)
class Solution:
    """``weights`` (P, C, D + 1), intercept last, on standardised features; ``objective`` (P,) in nats."""

    weights: "torch.Tensor"
    objective: NDArray[np.float64]
    converged: NDArray[np.bool_]
    passes: float


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


def solve(
    features: "torch.Tensor",
    targets: "torch.Tensor",
    l2: "torch.Tensor",
    n_classes: int,
    tolerance: float = 1e-6,
    max_iterations: int = 300,
) -> Solution:
    """Minimise mean cross-entropy (nats) + l2/2 |W|^2, the intercept free, for every target and strength.

    features (N, D), centred; targets (T, N) class indices; l2 (R,). Problems are ordered target by target:
    P = T * R. A problem has converged when the decrease that its metric predicts for one more step is below
    ``tolerance`` of its objective (at least of 0.01 nats). scikit-learn's C is 1 / (N * l2).
    """
    import torch

    rotation = _principal(features)
    rotated = features @ rotation
    moment = _moments(rotated, targets, n_classes).repeat_interleave(len(l2), 0)
    strengths = l2.double().repeat(len(targets))
    start = torch.zeros_like(moment)
    start[..., -1] = torch.log(moment[..., -1] + 1.0 / len(features))
    with fast_products():
        if len(features) > 8 * _ROWS:  # a coarse start on an eighth of the rows costs an eighth
            part = torch.arange(0, len(features), 8, device=features.device)
            few = rotated[part].contiguous()
            coarse = _moments(few, targets[:, part], n_classes).repeat_interleave(len(l2), 0)
            start = _lbfgs(few, coarse, start, strengths, 1e-3, 20)[0]
        weights, converged, passes = _lbfgs(rotated, moment, start, strengths, tolerance, max_iterations)
    if left := torch.nonzero(~converged).flatten().tolist():  # what the rounding of fast products cannot resolve
        weights[left], converged[left], more = _lbfgs(
            rotated, moment[left], weights[left], strengths[left], tolerance, max_iterations
        )
        passes += more * len(left) / len(moment)
    objective, _ = _evaluate(rotated, moment, weights, strengths)
    weights = torch.cat([weights[..., :-1] @ rotation.T, weights[..., -1:]], dim=2)
    return Solution(weights, objective.cpu().numpy(), converged.cpu().numpy(), passes)


def log_probabilities(features: "torch.Tensor", weights: "torch.Tensor") -> "torch.Tensor":
    """(N, D) and (C, D + 1) -> (N, C), nats."""
    import torch

    return torch.log_softmax(features @ weights[:, :-1].T + weights[:, -1], dim=1)


def _principal(features: "torch.Tensor") -> "torch.Tensor":
    """Eigenvectors of the covariance, (D, D): a rotation, so it changes no penalty."""
    import torch

    vectors: torch.Tensor = torch.linalg.eigh((features.T @ features).double() / len(features))[1]
    return vectors.float()


def _moments(features: "torch.Tensor", targets: "torch.Tensor", n_classes: int) -> "torch.Tensor":
    """Mean of one-hot label times features, (T, C, D + 1): the only way that labels enter the objective."""
    import torch

    moments = torch.zeros(len(targets), n_classes, features.shape[1] + 1, device=features.device)
    for moment, target in zip(moments, targets, strict=True):
        moment[:, :-1].index_add_(0, target, features)
        moment[:, -1] = torch.bincount(target, minlength=n_classes)
    return moments / len(features)


def _evaluate(
    features: "torch.Tensor",
    moment: "torch.Tensor",
    weights: "torch.Tensor",
    l2: "torch.Tensor",
    diagonal: "torch.Tensor | None" = None,
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Objective (P,) and gradient (P, C, D + 1) in one pass; fills ``diagonal`` with the Hessian's if given."""
    import torch

    n_problems, n_classes, _ = weights.shape
    n = len(features)
    linear = weights[..., :-1].reshape(n_problems * n_classes, -1).contiguous()
    intercept = weights[..., -1].reshape(-1, 1)
    gradient = torch.zeros_like(weights).view(n_problems * n_classes, -1)
    curvature = torch.zeros_like(gradient)
    normaliser = torch.zeros_like(l2)
    for begin in range(0, n, _ROWS):
        rows = features[begin : begin + _ROWS]
        # classes before rows: the reductions over classes then run along contiguous memory
        logits = (linear @ rows.T).add_(intercept).view(n_problems, n_classes, -1)  # (P, C, rows)
        normaliser += torch.logsumexp(logits, 1).sum(1, dtype=torch.float64)
        p = torch.softmax(logits, 1).view(n_problems * n_classes, -1)
        gradient[:, :-1] += p @ rows
        gradient[:, -1] += p.sum(1)
        if diagonal is not None:
            variance = p * (1 - p)
            curvature[:, :-1] += variance @ (rows * rows)
            curvature[:, -1] += variance.sum(1)
    gradient = gradient.view_as(weights) / n - moment
    shrunk = weights[..., :-1]
    gradient[..., :-1] += l2.float().view(-1, 1, 1) * shrunk
    if diagonal is not None:
        diagonal.copy_(curvature.view_as(weights) / n)
        diagonal[..., :-1] += l2.float().view(-1, 1, 1)
    fit = (weights.double() * moment.double()).sum((1, 2))
    return normaliser / n - fit + l2 / 2 * (shrunk.double() ** 2).sum((1, 2)), gradient


def _lbfgs(
    features: "torch.Tensor",
    moment: "torch.Tensor",
    weights: "torch.Tensor",
    l2: "torch.Tensor",
    tolerance: float,
    max_iterations: int,
) -> "tuple[torch.Tensor, torch.Tensor, float]":
    """Weights, which problems converged, and passes over the data (one problem's pass counts 1 / P)."""
    import torch

    n_problems = len(weights)
    result, converged = weights.clone(), torch.zeros(n_problems, dtype=torch.bool, device=weights.device)
    active = torch.arange(n_problems, device=weights.device)
    diagonal = torch.empty_like(weights)
    objective, gradient = _evaluate(features, moment, weights, l2, diagonal)
    metric, passes = _inverse(diagonal), 1.0
    pairs: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
    stalled = torch.zeros_like(converged)
    for iteration in range(1, max_iterations + 1):
        direction = _direction(gradient, metric, pairs)
        decrease = (gradient * direction).sum((1, 2)).double()
        converged[active] = done = decrease / 2 < tolerance * objective.clamp_min(_FLOOR_NATS)
        keep = ~(done | stalled)
        if not keep.all():
            result[active[~keep]] = weights[~keep]
            if not keep.any():
                return result, converged, passes
            state = (active, weights, gradient, objective, direction, decrease, moment, l2, metric)
            active, weights, gradient, objective, direction, decrease, moment, l2, metric = (t[keep] for t in state)
            pairs = [(s[keep], y[keep], r[keep]) for s, y, r in pairs]
        curvature = torch.empty_like(weights) if iteration in _REFRESH else None
        step = _Step(features, moment, l2, weights, objective, direction, decrease, curvature)
        new, new_objective, new_gradient, stalled = step.search()
        passes += step.evaluations * len(active) / n_problems
        s, y = new - weights, new_gradient - gradient
        bend = (s * y).sum((1, 2))
        pairs = [*pairs[1 - _MEMORY :], (s, y, torch.where(bend > 0, 1 / bend.clamp_min(1e-30), 0.0))]
        weights, objective, gradient = new, new_objective, new_gradient
        metric = metric if curvature is None else _inverse(curvature)
    result[active] = weights
    return result, converged, passes


@dataclass
class _Step:
    """A step of every problem along its own direction, halved until the objective falls enough (Armijo)."""

    features: "torch.Tensor"
    moment: "torch.Tensor"
    l2: "torch.Tensor"
    weights: "torch.Tensor"
    objective: "torch.Tensor"
    direction: "torch.Tensor"
    decrease: "torch.Tensor"
    curvature: "torch.Tensor | None"
    evaluations: int = 0

    def search(self) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]":
        """New weights, objective and gradient, and which problems found no lower point and stay where they are."""
        import torch

        step = torch.ones_like(self.decrease)
        # the slack is the rounding of the objective itself, below which no step can be judged
        slack = 1e-7 * self.objective.abs()
        while True:
            new = self.weights - step.float().view(-1, 1, 1) * self.direction
            objective, gradient = _evaluate(self.features, self.moment, new, self.l2, self.curvature)
            self.evaluations += 1
            good = objective <= self.objective - _ARMIJO * step * self.decrease + slack  # False for NaN
            stalled = (step == 0) & ~good
            if bool((good | stalled).all()):
                return new, objective, gradient, step == 0
            step = torch.where(good, step, torch.where(step > 1e-4, step / 4, 0.0))


def _inverse(diagonal: "torch.Tensor") -> "torch.Tensor":
    # A floor keeps directions that no row informs (a class that hardly occurs) from steps without bound.
    return 1 / (diagonal + 1e-3 * diagonal.mean((1, 2), keepdim=True))


def _direction(
    gradient: "torch.Tensor",
    metric: "torch.Tensor",
    pairs: "list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]",
) -> "torch.Tensor":
    """The two-loop recursion for every problem: an approximate inverse Hessian times the gradient."""
    direction, factors = gradient.clone(), []
    for s, y, inverse in reversed(pairs):
        factor = inverse * (s * direction).sum((1, 2))
        factors.append(factor)
        direction -= factor.view(-1, 1, 1) * y
    direction *= metric
    if pairs:
        s, y, inverse = pairs[-1]
        scale = 1 / (inverse * (y * metric * y).sum((1, 2))).clamp_min(1e-30)
        direction *= scale.view(-1, 1, 1)
    for (s, y, inverse), factor in zip(pairs, reversed(factors), strict=True):
        direction += (factor - inverse * (y * direction).sum((1, 2))).view(-1, 1, 1) * s
    return direction
