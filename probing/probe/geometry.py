"""A structural probe (Hewitt & Manning 2019): a linear map B of rank k that turns squared norms into trees.

Depth of a word: ‖B h‖². Distance of two words: ‖B (h_i − h_j)‖². How B is trained: structural_training.py.

There is no constant term. In a layer without a nearly constant direction that could replace it, the probe may predict
depth much worse than a regression does.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import FloatArray, IntArray

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class FittedStructural:
    """One probe: ``matrix`` is B, (k, D), for vectors multiplied by ``scale``; ``dev_losses`` has one per epoch."""

    pairs: bool  # distances of word pairs, not depths of words
    matrix: NDArray[np.float32]
    scale: float
    dev_losses: tuple[float, ...]
    converged: bool  # False: it used all epochs and was still gaining on dev

    def predict(self, vectors: NDArray[Any], offsets: IntArray) -> list[FloatArray]:
        """Depths (n,) or distances (n, n) of each sentence, from this layer's vectors (W, D)."""
        from scipy.spatial.distance import cdist

        projected = vectors.astype(np.float32, copy=False) @ (
            self.matrix.T * np.float32(self.scale)
        )  # (W, D) -> (W, k)
        sentences = np.split(projected, offsets[1:-1])
        if self.pairs:
            return [cdist(z, z, "sqeuclidean") for z in sentences]
        return [np.square(z).sum(axis=1) for z in sentences]


def absolute_errors(z: "torch.Tensor", gold: "torch.Tensor", weight: "torch.Tensor") -> "torch.Tensor":
    """Weighted sum of each probe's absolute errors: projected vectors (P, S, n, k) -> (P,).

    ``gold`` is (P, S, n) for depths, (P, S, n, n) for distances; ``weight`` has no P, and is 0 for padding.
    """
    if weight.ndim == 3:
        # Move the origin to the first word. Distances stay the same; far from the origin, the difference of
        # squares would lose digits.
        z = z - z[:, :, :1].detach()
        squares = z.square().sum(dim=-1)
        predicted = squares.unsqueeze(-1) + squares.unsqueeze(-2) - 2 * z @ z.mT
    else:
        predicted = z.square().sum(dim=-1)
    return ((predicted - gold).abs() * weight).flatten(1).sum(dim=1)
