"""Counterfactual vectors: each is moved from its own class to another one, as little as the method allows."""

from collections.abc import Sequence

import numpy as np
from scipy.special import softmax

from probing.probe.erasure.subspaces import Classes, Vectors, random_basis, row_space

STEPS = 20  # of projected gradient descent
STRIDE = 0.25  # of one step, as a share of the radius


def other_classes(own: Classes, n_classes: int, rng: np.random.Generator) -> Classes:
    """For each item a class other than its own, all of them equally likely, (N,)."""
    found: Classes = (own + rng.integers(1, n_classes, size=len(own))) % n_classes
    return found


def mean_swap(x: Vectors, own: Classes, wanted: Classes, means: Vectors) -> Vectors:
    """Each vector (N, D) moved by the mean of the wanted class minus that of its own; means (C, D)."""
    return x + means[wanted] - means[own]


def alter_rep(x: Vectors, own: Classes, wanted: Classes, probes: Sequence[Vectors], alpha: float) -> Vectors:
    """After AlterRep (Ravfogel et al. 2021): each vector is put on the wanted side of the hyperplanes of ``probes``.

    Of each probe (C, D + 1), intercept last, the hyperplane lies between an item's own class and the wanted one. The
    vector's distance to it stays, ``alpha`` times as large, and its side becomes that of the wanted class. For two
    classes there is one hyperplane per probe, as in the paper as we know it; hyperplanes between pairs of more classes,
    and the intercept in the distance, are our own. What else the probes read stays. probes: those of INLP.
    """
    moved = x.copy()
    for weights in probes:
        normal = weights[wanted] - weights[own]  # (N, D + 1)
        length = np.linalg.norm(normal[:, :-1], axis=1)
        normal /= np.where(length > 0, length, 1)[:, None]
        distance = np.einsum("nd,nd->n", x, normal[:, :-1]) + normal[:, -1]
        moved += (alpha * np.abs(distance) - distance)[:, None] * normal[:, :-1]
    return moved


def projected_gradient(x: Vectors, wanted: Classes, weights: Vectors, radius: Vectors) -> Vectors:
    """Steps down the gradient of a probe's cross-entropy for the wanted class, no farther than ``radius`` (N,) away.

    weights (C, D + 1) of a linear probe, intercept last. Steps have the same length, STRIDE of the radius.
    """
    moved, rows = x.copy(), weights[:, :-1]
    goal = np.eye(len(weights))[wanted]
    for _ in range(STEPS):
        slope = (softmax(moved @ rows.T + weights[:, -1], axis=1) - goal) @ rows
        length = np.linalg.norm(slope, axis=1, keepdims=True)
        away = moved - STRIDE * radius[:, None] * slope / np.where(length > 0, length, 1) - x
        distance = np.linalg.norm(away, axis=1, keepdims=True)
        moved = x + away * np.minimum(1, radius[:, None] / np.where(distance > 0, distance, 1))
    return moved


def random_means(means: Vectors, rng: np.random.Generator) -> Vectors:
    """Random class means (C, D) in a random subspace of the rank that ``means`` span around their mean."""
    rank = len(row_space(means - means.mean(axis=0)))
    found: Vectors = rng.standard_normal((len(means), rank)) @ random_basis(rank, means.shape[1], rng)
    return found


def shifted_as_far(x: Vectors, moved: Vectors, towards: Vectors) -> Vectors:
    """Each vector moved as far as ``moved`` is from it, in the direction ``towards``; all (N, D)."""
    length = np.linalg.norm(moved - x, axis=1, keepdims=True)
    along = np.linalg.norm(towards, axis=1, keepdims=True)
    shifted: Vectors = x + towards * length / np.where(along > 0, along, 1)
    return shifted
