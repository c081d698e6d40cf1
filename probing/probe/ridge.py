"""Ridge regression in closed form, every target and strength from one set of moments."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_ROWS = 16384


def ridge(
    features: NDArray[np.float32], targets: NDArray[np.float64], l2: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Minimise mean (y - x·w - b)^2 + l2 |w|^2, b free, for every column of ``targets`` and every strength.

    features (N, D), centred; targets (N, T) -> weights (R, D, T), intercepts (T,). Moments are summed in
    float64 over blocks of rows; one eigendecomposition serves all strengths.
    """
    n, width = features.shape
    intercepts = targets.mean(axis=0)
    gram = np.zeros((width, width))
    cross = np.zeros((width, targets.shape[1]))
    for begin in range(0, n, _ROWS):
        rows = features[begin : begin + _ROWS]
        gram += rows.T @ rows
        cross += rows.T @ (targets[begin : begin + _ROWS] - intercepts)
    values, vectors = np.linalg.eigh(gram / n)
    projected = vectors.T @ (cross / n)  # (D, T)
    # a direction without variance holds nothing to learn from, and its eigenvalue only rounding
    values = np.maximum(values, 0)
    weights = np.stack([vectors @ (projected / (values + strength)[:, None]) for strength in l2])
    return weights, intercepts
