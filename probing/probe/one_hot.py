"""The linear probe on one-hot word types, solved exactly: what a probe can do that sees which word it is, no context.

Rows of one type are equal, so that a type's counts stand for all of them, and types with equal counts have equal
weights: treebanks have some thousand different counts. The penalty is in occurrences: it is the probe's l2 times the
number of training items.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probing.probe.fit import SCORED, Target
from probing.probe.strengths import choose

Floats = NDArray[np.float64]
PENALTIES = (10.0, 1.0, 0.1, 0.01)
STEPS, PRECISION = 50, 1e-7  # Newton steps at most; largest gradient, per training item, at which they end


class Counts(NamedTuple):
    """Types with the same class counts in one line: counts (U, C), and how many types it stands for, (U,)."""

    counts: Floats
    times: Floats


def one_hot(target: Target, types: dict[str, list[str]]) -> dict[str, list[NDArray[np.float64]]]:
    """Predictions for dev and test of logistic (classes) or ridge (numbers) regression on one-hot types.

    types: of every item, per split. A type that is not in train has the intercept alone. ``strengths.choose`` tells how
    the penalty is chosen.
    """
    number = {form: i for i, form in enumerate(sorted(set(types["train"])))}
    at = {split: np.array([number.get(form, len(number)) for form in found]) for split, found in types.items()}
    solve = _classes if target.kind == "class" else _numbers
    by_type = solve(at["train"], target.flat("train"), at["dev"], target.flat("dev"), target.n_classes)
    return target.by_sentence({split: by_type[at[split]] for split in SCORED})


def _classes(
    at: NDArray[np.int64], gold: NDArray[np.int64], dev: NDArray[np.int64], dev_gold: NDArray[np.int64], n_classes: int
) -> Floats:
    """The class of each type, and last that of the intercept, (K + 1,)."""
    counts = np.zeros((at.max() + 1, n_classes))
    np.add.at(counts, (at, gold), 1)
    distinct, line, times = np.unique(counts, axis=0, return_inverse=True, return_counts=True)
    line = np.append(line.ravel(), len(distinct))
    known = np.isin(dev_gold, gold)  # a class that train does not have has no probability
    of = Counts(distinct.astype(np.float64), times.astype(np.float64))
    intercept = np.log(counts.sum(axis=0) + 0.5)
    logits = np.repeat(intercept[None], len(distinct), axis=0)

    def solve(penalty: float) -> tuple[float, Floats]:
        log_p = _log_softmax(np.vstack(logistic_by_type(of, penalty, logits, intercept)))
        loss = -float(log_p[line[dev[known]], dev_gold[known]].mean()) if known.any() else 0.0
        return loss, log_p.argmax(axis=1).astype(float)

    return choose(PENALTIES, solve).solved[line]


def logistic_by_type(of: Counts, penalty: float, logits: Floats, intercept: Floats) -> tuple[Floats, Floats]:
    """Minimise summed cross-entropy + penalty/2 |W|^2, the intercept free, by Newton's method from the values given.

    A type's logits are intercept + weights: (U, C) and (C,), in and out. Its Hessian is diagonal plus rank one; the
    intercept is what remains when the types are eliminated (Schur complement).
    """
    n = of.counts.sum(axis=1, keepdims=True)
    for _ in range(STEPS):
        p = np.exp(_log_softmax(logits))
        slope = n * p - of.counts + penalty * (logits - intercept)  # (U, C)
        of_intercept = -penalty * of.times @ (logits - intercept)  # (C,)
        if max(np.abs(slope).max(), np.abs(of_intercept).max()) <= PRECISION * (of.times @ n).item():
            break
        d = n * p + penalty
        q = p / d
        scale = n / (1 - n * (p * q).sum(axis=1, keepdims=True))  # of the rank-one part of the inverse
        back = slope / d + scale * q * (q * slope).sum(axis=1, keepdims=True)  # inverse Hessian times slope
        inverse = np.diag(of.times @ (1 / d)) + (q * scale * of.times[:, None]).T @ q  # summed over types, (C, C)
        left = penalty * of.times.sum() * np.eye(len(intercept)) - penalty**2 * inverse
        # a constant added to all logits changes nothing: the matrix is singular, the smallest step is taken
        step = np.linalg.lstsq(left, -of_intercept - penalty * of.times @ back, rcond=1e-12)[0]
        toward = penalty * (step / d + scale * q * (q @ step)[:, None]) - back
        logits, intercept = _shorter(of, penalty, (logits, intercept), (toward, step))
    return logits, intercept


def _shorter(of: Counts, penalty: float, start: tuple[Floats, Floats], step: tuple[Floats, Floats]) -> Sequence[Floats]:
    """The full step, or half of it again and again, until the objective is not larger."""
    before, size = _objective(of, penalty, *start), 1.0
    while size > 1e-6:
        after = [a + size * b for a, b in zip(start, step, strict=True)]
        if _objective(of, penalty, after[0], after[1]) <= before:
            return after
        size /= 2
    return start


def _objective(of: Counts, penalty: float, logits: Floats, intercept: Floats) -> float:
    loss = -(of.counts * _log_softmax(logits)).sum(axis=1) + penalty / 2 * ((logits - intercept) ** 2).sum(axis=1)
    return float(of.times @ loss)


def _log_softmax(logits: Floats) -> Floats:
    from scipy.special import log_softmax

    return np.asarray(log_softmax(logits, axis=1))


def _numbers(at: NDArray[np.int64], gold: Floats, dev: NDArray[np.int64], dev_gold: Floats, _: int) -> Floats:
    """The value of each type, and last that of the intercept, (K + 1,): means, drawn to the intercept."""
    n = np.bincount(at).astype(float)
    mean = np.bincount(at, weights=gold) / n

    def solve(penalty: float) -> tuple[float, Floats]:
        weight = n * penalty / (n + penalty)  # of a type's mean in the intercept
        intercept = float(weight @ mean / weight.sum())
        values = np.append((n * mean + penalty * intercept) / (n + penalty), intercept)
        return float(((values[dev] - dev_gold) ** 2).mean()), values

    return choose(PENALTIES, solve).solved
