"""Ridge regression in closed form: one set of moments serves every target and strength."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_ROWS = 16384


class Ridge:
    """The problem: minimise mean (y - x·w - b)^2 + l2 |w|^2, b free, for every column of ``targets``.

    ``features`` (N, D), centred; ``targets`` (N, T), float64. Moments are summed in float64 over blocks of rows; one
    eigendecomposition serves all strengths.
    """

    def __init__(self, features: "torch.Tensor", targets: "torch.Tensor") -> None:
        import torch

        n, width = features.shape
        self._intercepts = targets.mean(dim=0)
        gram = torch.zeros(width, width, dtype=torch.float64, device=features.device)
        cross = torch.zeros(width, targets.shape[1], dtype=torch.float64, device=features.device)
        for begin in range(0, n, _ROWS):
            rows = features[begin : begin + _ROWS]
            gram += rows.T @ rows
            cross += rows.T @ (targets[begin : begin + _ROWS] - self._intercepts).float()
        values, self._vectors = torch.linalg.eigh(gram / n)
        self._values = values.clamp_min(0)  # without variance, the eigenvalue is only rounding and may be negative
        self._projected = self._vectors.T @ (cross / n)  # (D, T)

    def weights(self, l2: float, target: int) -> "torch.Tensor":
        """Weights of one target, (D + 1,), float32, the intercept last."""
        import torch

        found = self._vectors @ (self._projected[:, target] / (self._values + l2))
        return torch.cat([found, self._intercepts[target, None]]).float()
