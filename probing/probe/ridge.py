"""Ridge regression in closed form: one set of moments serves every target and strength."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_ROWS = 16384


def ridge(
    features: "torch.Tensor", targets: "torch.Tensor", l2: Sequence[float]
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Minimise mean (y - x·w - b)^2 + l2 |w|^2, b free, for every column of ``targets`` and every strength.

    ``features`` (N, D), centred; ``targets`` (N, T) -> weights (R, D, T), intercepts (T,). Moments are summed in
    float64 over blocks of rows; one eigendecomposition serves all strengths.
    """
    import torch

    n, width = features.shape
    intercepts = targets.mean(dim=0)
    gram = torch.zeros(width, width, dtype=torch.float64, device=features.device)
    cross = torch.zeros(width, targets.shape[1], dtype=torch.float64, device=features.device)
    for begin in range(0, n, _ROWS):
        rows = features[begin : begin + _ROWS]
        gram += rows.T @ rows
        cross += rows.T @ (targets[begin : begin + _ROWS] - intercepts).float()
    values, vectors = torch.linalg.eigh(gram / n)
    values = values.clamp_min(0)  # without variance, the eigenvalue is only rounding and may be negative
    projected = vectors.T @ (cross / n)  # (D, T)
    weights = torch.stack([vectors @ (projected / (values + strength)[:, None]) for strength in l2])
    return weights, intercepts
