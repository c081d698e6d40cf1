"""Iterative nullspace projection: a probe is trained and its subspace removed, until a probe finds nothing more."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve

from probing.probe.erasure.subspaces import Classes, Erasure, Vectors, class_means, orthogonal, row_space

ENOUGH = 0.01  # accuracy above the majority below which nothing more is found

Fit = Callable[[Vectors, Classes], Vectors]  # vectors (N, D) and classes (N,) -> weights (C, D + 1), intercept last


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


def nullspace(
    train: tuple[Vectors, Classes], held_out: tuple[Vectors, Classes], n_classes: int, fit: Fit, steps: int
) -> Nullspace:
    """INLP (Ravfogel et al. 2020) on vectors and classes of ``train``, at most ``steps`` probes.

    It ends before that when a probe of what is left is right on ``held_out`` no more than ENOUGH above its majority,
    or when one more subspace would leave nothing. At least one subspace is removed.
    """
    (x, y), (new, gold) = train, held_out
    mean, majority = x.mean(axis=0), np.bincount(gold, minlength=n_classes).max() / len(gold)
    rows: list[Vectors] = []
    erasure = Erasure(mean, np.zeros((0, x.shape[1])), np.zeros((x.shape[1], 0)))
    while True:
        weights = fit(erasure(x), y)
        right = (erasure(new) @ weights[:, :-1].T + weights[:, -1]).argmax(axis=1) == gold
        left = float(right.mean() - majority)
        directions = row_space((w := weights[:, :-1]) - w.mean(axis=0))
        room = erasure.rank + len(directions) < x.shape[1]
        if rows and (left <= ENOUGH or len(rows) == steps or not room):
            return Nullspace(erasure, tuple(rows), left, left <= ENOUGH)
        rows.append(weights)
        erasure = orthogonal(mean, np.concatenate([erasure.reads, directions]))


def discriminant(x: Vectors, y: Classes, n_classes: int, l2: float) -> Vectors:
    """A linear discriminant (LDA) as a probe, (C, D + 1), intercept last: in closed form, as INLP needs many.

    ``l2`` is added to the variance of every feature inside classes, so that removed directions do no harm.
    """
    means = class_means(x, y, n_classes)
    inside = x - means[y]
    covariance = inside.T @ inside / len(x) + l2 * np.eye(x.shape[1])
    weights = solve(covariance, means.T, assume_a="pos").T
    shares = np.bincount(y, minlength=n_classes) / len(y)
    intercepts = np.log(shares) - np.einsum("cd,cd->c", weights, means) / 2
    return np.hstack([weights, intercepts[:, None]])
