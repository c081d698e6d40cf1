"""The linear probe's solver compared with plain L-BFGS: is the solver worth its length?"""

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.benchmarking.bench import Bench, Ratio
from pipelines.benchmarking.probe_problem import ProbeProblem, objective, own_fit, probe_problem
from pipelines.shared.machine import probe_device
from probing.axes import FloatArray

if TYPE_CHECKING:
    import torch

    from probing.probe.sketch import Rows

EXCESS = 1e-4  # relative excess over the solver's objective at which L-BFGS may stop
HISTORY = 100  # curvature pairs; with 20 it takes a fifth more evaluations


def solver_over_lbfgs(bench: Bench) -> Ratio:
    """Plain L-BFGS of torch, stopped at our objective / our solver, same problems (times faster)."""
    problem, device = probe_problem(bench), probe_device(bench.parts.settings.device)
    pairs, evaluations = [], 0
    for _ in range(bench.repeats):  # in turn, so that a machine that slows down slows both
        own_s, goals = own_fit(problem, bench.parts.probe, bench.parts.settings.device)
        reference_s, weights, evaluations = lbfgs(problem, goals, device)
        pairs.append((own_s, reference_s))
    found = np.array([[objective(problem, t, r, w) for r, w in enumerate(ws)] for t, ws in enumerate(weights)])
    return Ratio(
        [reference_s / own_s for own_s, reference_s in pairs],
        f"torch.optim.LBFGS (strong Wolfe, {HISTORY} pairs) in the same principal components, scaled by the Hessian's "
        f"diagonal where each strength starts, each target from strong to weak, stopped as soon as its objective is "
        f"within {EXCESS:g} of ours; layer {bench.layer} of {bench.corpus.name}: task and control, "
        f"{len(problem.l2)} strengths, {len(problem.features):,} items",
        details={
            "own_seconds": [own_s for own_s, _ in pairs],
            "reference_seconds": [reference_s for _, reference_s in pairs],
            "reference_evaluations": evaluations,
            "reference_excess": float(np.max(found / goals - 1)),
        },
    )


class _Reached(Exception):
    """The objective that was wanted is reached."""


def lbfgs(problem: ProbeProblem, goals: FloatArray, device: str) -> tuple[float, NDArray[np.float64], int]:
    """Minimise until within ``EXCESS`` of ``goals`` (T, R) nats, or until no step decreases the objective.

    Returns the seconds, weights (T, R, C, D + 1) and the number of evaluations, each one pass of one target over all
    rows.
    """
    import torch

    from probing.probe.logistic import moment
    from probing.probe.sketch import Rows

    features, labels = torch.from_numpy(problem.features).to(device), torch.from_numpy(problem.labels).to(device)
    began, total, found = time.perf_counter(), 0, []
    with torch.no_grad():
        rotation = principal_components(features)
        rows = Rows(features @ rotation, features.new_full((len(features),), 1 / len(features)))
        for target, wanted in zip(labels, goals, strict=True):
            known = moment(rows.features, target, problem.n_classes)
            weights = torch.zeros_like(known)
            weights[:, -1] = torch.log(known[:, -1] + 1 / len(features))
            for l2, goal in zip(problem.l2, wanted.tolist(), strict=True):
                weights, evaluations = _minimise(rows, known, weights, l2, goal * (1 + EXCESS))
                found.append(torch.cat([weights[:, :-1] @ rotation.T, weights[:, -1:]], dim=1))
                total += evaluations
    stacked = torch.stack(found).cpu()
    return time.perf_counter() - began, stacked.double().numpy().reshape(*goals.shape, *known.shape), total


def _minimise(
    rows: "Rows", moment: "torch.Tensor", start: "torch.Tensor", l2: float, goal: float
) -> "tuple[torch.Tensor, int]":
    """From weights (C, D + 1) in the principal components: the weights at ``goal``, and the number of evaluations."""
    import torch

    from probing.probe.sketch import penalised

    diagonal = diagonal_of(rows, start)
    diagonal += 1e-3 * diagonal.mean()  # limits steps in directions of which the rows say nothing
    diagonal[:, :-1] += l2
    scale, evaluations = diagonal.rsqrt(), 0
    position = start / scale

    def closure() -> float:
        nonlocal evaluations
        evaluations += 1
        weights = (position * scale)[None]
        value, gradient = penalised(*rows.log_partition(weights), weights, moment[None], l2)
        if value <= goal:
            raise _Reached
        position.grad = gradient[0] * scale
        return float(value)

    limits = {"max_iter": 10_000, "max_eval": 10_000, "tolerance_grad": 0, "tolerance_change": 0}
    # its step has no types
    optimizer: Any = torch.optim.LBFGS([position], history_size=HISTORY, line_search_fn="strong_wolfe", **limits)
    with suppress(_Reached):
        optimizer.step(closure)
    return position * scale, evaluations


def principal_components(features: "torch.Tensor") -> "torch.Tensor":
    """Eigenvectors of the covariance, (D, D). A rotation changes no norm, so the penalty stays the same."""
    import torch

    vectors: torch.Tensor = torch.linalg.eigh((features.T @ features / len(features)).double())[1]
    return vectors.float()


def diagonal_of(rows: "Rows", weights: "torch.Tensor") -> "torch.Tensor":
    """Diagonal of the Hessian of the mean log-sum-exp at weights (C, D + 1), in their shape."""
    import torch

    diagonal = torch.zeros_like(weights)
    for begin in range(0, len(rows.features), 16384):
        x, importance = rows.features[begin : begin + 16384], rows.importance[begin : begin + 16384]
        p = torch.softmax((weights[:, :-1] @ x.T).add_(weights[:, -1:]), 0)
        variance = (p * (1 - p)).mul_(importance)
        diagonal[:, :-1] += variance @ (x * x)
        diagonal[:, -1] += variance.sum(1)
    return diagonal
