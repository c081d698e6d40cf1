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

    from probing.probe.logistic import moments, principal_components
    from probing.probe.sketch import Rows, fast_products

    features, labels = torch.from_numpy(problem.features).to(device), torch.from_numpy(problem.labels).to(device)
    began, total, found = time.perf_counter(), 0, []
    with fast_products(), torch.no_grad():
        rotation = principal_components(features)
        rows = Rows(features @ rotation, features.new_full((len(features),), 1 / len(features)))
        for moment, wanted in zip(moments(rows.features, labels, problem.n_classes), goals, strict=True):
            weights = torch.zeros_like(moment)
            weights[:, -1] = torch.log(moment[:, -1] + 1 / len(features))
            for l2, goal in zip(problem.l2, wanted.tolist(), strict=True):
                weights, evaluations = _minimise(rows, moment, weights, l2, goal * (1 + EXCESS))
                found.append(torch.cat([weights[:, :-1] @ rotation.T, weights[:, -1:]], dim=1))
                total += evaluations
    stacked = torch.stack(found).cpu()
    return time.perf_counter() - began, stacked.double().numpy().reshape(*goals.shape, *moment.shape), total


def _minimise(
    rows: "Rows", moment: "torch.Tensor", start: "torch.Tensor", l2: float, goal: float
) -> "tuple[torch.Tensor, int]":
    """From weights (C, D + 1) in the principal components: the weights at ``goal``, and the number of evaluations."""
    import torch

    from probing.probe.sketch import penalised

    diagonal = rows.diagonal(start)
    diagonal += 1e-3 * diagonal.mean()  # as the solver does
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
