"""Is the attention of a pool an explanation? Its weights against gradients, removed subwords and permuted weights.

The tests of Jain & Wallace (2019) for an output that is linear in the weights, up to its softmax: logits = sum over the
subwords t of a_t z_t + c. Changes of the output are total variation distances, which for two classes are |Δy|.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from probing.axes import FloatArray
from probing.errors import positive

Floats = NDArray[np.float64]
FEWEST = 3  # subwords: two are always perfectly correlated
_CONSTANT = 1e-6  # of the largest magnitude: less than that is rounding


@dataclass(frozen=True, eq=False)
class Pooled:
    """B sentences of up to T subwords. weights (B, T): each row adds up to 1, 0 after the last subword. values
    (B, T, C): what each subword would add to the logits if it had all of the weight. intercept (C,). lengths (B,).
    """

    weights: Floats
    values: Floats
    intercept: Floats
    lengths: NDArray[np.int64]

    @property
    def real(self) -> NDArray[np.bool_]:
        """Which places hold a subword, (B, T)."""
        return np.arange(self.weights.shape[1]) < self.lengths[:, None]

    def outputs(self, weights: Floats) -> Floats:
        """Probabilities with other weights, (B, …, T) -> (B, …, C)."""
        between = (slice(None), *[None] * (weights.ndim - 2))
        logits = (weights[..., None, :] @ self.values[between])[..., 0, :] + self.intercept
        return np.asarray(softmax(logits, axis=-1))

    def moved(self, weights: Floats) -> Floats:
        """How far the output moves with other weights, (B, …, T) -> (B, …), 0 to 1."""
        between = (slice(None), *[None] * (weights.ndim - 2))
        apart = np.abs(self.outputs(weights) - self.outputs(self.weights)[between])
        return np.asarray(apart.sum(axis=-1) / 2)


def padded(weights: Sequence[FloatArray], values: Sequence[FloatArray], intercept: FloatArray) -> Pooled:
    """Sentences side by side, of each (T,) and (T, C). Weights of float32 are made to add up to 1 in float64."""
    lengths = np.array([len(one) for one in weights], np.int64)
    whole = np.zeros((len(lengths), lengths.max()))
    added = np.zeros((*whole.shape, len(intercept)))
    for row, (share, value) in enumerate(zip(weights, values, strict=True)):
        whole[row, : len(share)], added[row, : len(share)] = share, value
    return Pooled(whole / whole.sum(axis=1, keepdims=True), added, np.asarray(intercept, np.float64), lengths)


def gradient_times_input(pooled: Pooled) -> Floats:
    """|gradient × input| of the probability of the predicted class, (B, T), with the weights held fixed (as published).

    With dp/dlogit_c = p (1[c is predicted] - p_c) it is a_t |p (z_t,predicted - sum over c of p_c z_tc)|: it has the
    weight itself as a factor. The input is the vector as the probe reads it (standardised).
    """
    p = pooled.outputs(pooled.weights)
    rows, best = np.arange(len(p)), p.argmax(axis=1)
    of_best = pooled.values[rows, :, best]
    mean = (pooled.values * p[:, None]).sum(axis=2)
    return np.asarray(pooled.weights * np.abs(p[rows, best][:, None] * (of_best - mean)))


def leave_one_out(pooled: Pooled) -> Floats:
    """How far the output moves when a subword gets no weight and the others share all of it, in proportion, (B, T).

    The vectors of the others stay as they are. NaN after the last subword, and where the others have no weight.
    """
    a, z = pooled.weights[..., None], pooled.values
    left = np.where(a < 1, 1 - a, np.nan)
    logits = ((a * z).sum(axis=1, keepdims=True) - a * z) / left + pooled.intercept
    apart = softmax(logits, axis=-1) - pooled.outputs(pooled.weights)[:, None]
    return np.where(pooled.real, np.abs(apart).sum(axis=-1) / 2, np.nan)


def permuted(pooled: Pooled, rng: np.random.Generator, draws: int = 100) -> Floats:
    """The median, over random permutations of a sentence's weights, of how far the output moves, (B,)."""
    positive("draws", draws)
    moved = np.empty((draws, len(pooled.weights)))
    for draw in range(draws):
        noise = np.where(pooled.real, rng.random(pooled.weights.shape), 2.0)  # what is no subword stays behind
        order = noise.argsort(axis=1, kind="stable")
        moved[draw] = pooled.moved(np.take_along_axis(pooled.weights, order, axis=1))
    return np.asarray(np.median(moved, axis=0))


def uniform(pooled: Pooled) -> Floats:
    """How far the output moves when all subwords have the same weight, (B,)."""
    return pooled.moved(pooled.real / pooled.lengths[:, None])


def rank_agreement(pooled: Pooled, reference: Floats) -> tuple[Floats, Floats]:
    """Kendall's tau-b of the weights with a reference (B, T) over the subwords of each sentence, and its p-value, (B,).

    NaN for fewer than three subwords with a reference, and where one of both is constant.
    """
    from scipy.stats import kendalltau

    found = np.full((2, len(reference)), np.nan)
    for row, (weights, other, real) in enumerate(zip(pooled.weights, reference, pooled.real, strict=True)):
        kept = real & np.isfinite(other)
        if kept.sum() >= FEWEST and _varies(weights[kept]) and _varies(other[kept]):
            result = kendalltau(weights[kept], other[kept])
            found[:, row] = result.statistic, result.pvalue
    return found[0], found[1]


def _varies(values: Floats) -> bool:
    return bool(np.ptp(values) > _CONSTANT * np.abs(values).max())
