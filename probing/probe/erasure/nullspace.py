"""Iterative nullspace projection: a probe is trained and its subspace removed, until a probe finds nothing more."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve

from probing.probe.erasure.subspaces import Classes, Erasure, Vectors, class_means, orthogonal, row_space

ENOUGH = 0.01  # accuracy above the majority below which nothing more is found

Fit = Callable[[Erasure], Vectors]  # a removal -> a probe of what it leaves, weights (C, D + 1), intercept last


@dataclass(frozen=True, eq=False)
class Nullspace:
    """What INLP found. erasure: of all subspaces together. rows: the weights of each probe, (C, D + 1), the intercept
    last; the subspaces of different probes are orthogonal. left: accuracy above the majority after the last step, on
    vectors that no probe was trained on. finished: whether that is at most ENOUGH.
    """

    erasure: Erasure
    rows: tuple[Vectors, ...]
    left: float
    finished: bool


def nullspace(mean: Vectors, held_out: tuple[Vectors, Classes], n_classes: int, fit: Fit, steps: int) -> Nullspace:
    """INLP (Ravfogel et al. 2020) on vectors of this ``mean`` (D,), at most ``steps`` probes.

    It ends before that when a probe of what is left is right on ``held_out`` no more than ENOUGH above its majority,
    or when one more subspace would leave nothing. At least one subspace is removed.
    """
    new, gold = held_out
    majority = np.bincount(gold, minlength=n_classes).max() / len(gold)
    rows: list[Vectors] = []
    erasure = Erasure(mean, np.zeros((0, len(mean))), np.zeros((len(mean), 0)))
    while True:
        weights = fit(erasure)
        reads = erasure.read_by(weights)
        left = float(((new @ reads[:, :-1].T + reads[:, -1]).argmax(axis=1) == gold).mean() - majority)
        directions = row_space((w := weights[:, :-1]) - w.mean(axis=0))
        room = erasure.rank + len(directions) < len(mean)
        if rows and (left <= ENOUGH or len(rows) == steps or not room):
            return Nullspace(erasure, tuple(rows), left, left <= ENOUGH)
        rows.append(weights)
        erasure = orthogonal(mean, np.concatenate([erasure.reads, directions]))


def discriminants(x: Vectors, y: Classes, n_classes: int, l2: float) -> Fit:
    """Linear discriminants (LDA) of what erasures leave of vectors (N, D): in closed form, as INLP needs many.

    Means and the covariance inside classes are computed once; an erasure is linear, and they follow from it.
    ``l2`` is added to the variance of every feature inside classes, so that removed directions do no harm.
    """
    means = class_means(x, y, n_classes)
    inside = x - means[y]
    covariance, shares = inside.T @ inside / len(x), np.bincount(y, minlength=n_classes) / len(y)

    def fit(erasure: Erasure) -> Vectors:
        left, of_rows = erasure(means), covariance - erasure.writes @ (erasure.reads @ covariance)
        within = of_rows - (of_rows @ erasure.reads.T) @ erasure.writes.T + l2 * np.eye(x.shape[1])
        weights = solve(within, left.T, assume_a="pos").T
        intercepts = np.log(shares) - np.einsum("cd,cd->c", weights, left) / 2
        return np.hstack([weights, intercepts[:, None]])

    return fit
