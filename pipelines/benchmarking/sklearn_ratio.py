"""Our solver of the linear probe, compared with scikit-learn's."""

import time

import numpy as np
from numpy.typing import NDArray

from pipelines.benchmarking.bench import Bench, Ratio
from pipelines.benchmarking.probe_problem import ProbeProblem, objective, own_fit, probe_problem


def probe_over_sklearn(bench: Bench) -> Ratio:
    """Scikit-learn's LogisticRegression / our solver, task and control, one layer (times faster)."""
    problem = probe_problem(bench)
    reference_s, reference = sklearn_fit(problem)
    fits = [own_fit(problem, bench.parts.probe, bench.parts.settings.device) for _ in range(bench.repeats)]
    excess = Ratio(
        [float(np.max(found / reference - 1)) for _, found in fits],
        "scikit-learn's objective: the largest relative excess of ours",
    )
    return Ratio(
        [reference_s / seconds for seconds, _ in fits],
        f"scikit-learn LogisticRegression (lbfgs, float32, tol 1e-4, warm-started along the grid), timed once on layer "
        f"{bench.layer} of {bench.corpus.name}: task and control, {len(problem.l2)} strengths, "
        f"{len(problem.features):,} items",
        beside={"objective_gap": excess},
        details={
            "reference_seconds": reference_s,
            "own_seconds": [seconds for seconds, _ in fits],
            "objectives": {"own_nats": fits[-1][1].tolist(), "sklearn_nats": reference.tolist()},
        },
    )


def sklearn_fit(problem: ProbeProblem) -> tuple[float, NDArray[np.float64]]:
    """Seconds that scikit-learn takes, one target at a time along the grid, and its objectives (nats), (T, R)."""
    from sklearn.linear_model import LogisticRegression

    n, seconds = len(problem.features), 0.0
    found = np.zeros((len(problem.labels), len(problem.l2)))
    for t, labels in enumerate(problem.labels):
        model = LogisticRegression(warm_start=True, max_iter=10_000)
        # of two classes scikit-learn fits the difference w of both rows, and |w|^2 is twice |W|^2
        scale = 2 if len(np.unique(labels)) == 2 else 1
        for r, strength in enumerate(problem.l2):
            began = time.perf_counter()
            model.set_params(C=scale / (n * strength)).fit(problem.features, labels)
            seconds += time.perf_counter() - began
            fitted = np.column_stack([model.coef_, model.intercept_]).astype(np.float64)
            found[t, r] = objective(problem, t, r, all_classes(fitted, model.classes_, problem.n_classes))
    return seconds, found


def all_classes(fitted: NDArray[np.float64], classes: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    """One row per class, (C, D + 1), from scikit-learn's weights.

    It fits one row (1, D + 1) for two classes, and none for a class that does not occur: its probability is then zero.
    """
    rows = np.concatenate([-fitted / 2, fitted / 2]) if len(fitted) == 1 else fitted
    weights = np.zeros((n_classes, rows.shape[1]))
    weights[:, -1] = -np.inf
    weights[classes] = rows
    return weights
