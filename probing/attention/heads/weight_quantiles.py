"""Quantiles of attention weights, from counts in bins that are narrow where weights are small."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
# The upper 16 bits of a float32 from 0 to 1 are the index of a log-spaced bin (a value of bfloat16): 128 per octave.
_CUT = 16
BINS = (0x3F800000 >> _CUT) + 1  # the last bin is for 1


def histogram(values: "torch.Tensor", n_outside: int) -> NDArray[np.int64]:
    """The number of values (B, H, ...) in each bin per head, (H, bins), minus ``n_outside`` zeros per head."""
    import torch

    n_heads = values.shape[1]
    bins = values.flatten(2).view(torch.int32) >> _CUT
    bins += BINS * torch.arange(n_heads, dtype=torch.int32, device=values.device).unsqueeze(1)
    counts = torch.bincount(bins.flatten(), minlength=n_heads * BINS).view(n_heads, BINS)
    counts[:, 0] -= n_outside
    found: NDArray[np.int64] = counts.cpu().numpy()
    return found


def quantiles_of(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Lower edges of the bins that contain the quantiles: counts (L, H, bins) -> (L, H, Q)."""
    edges = (np.arange(BINS, dtype=np.uint32) << _CUT).view(np.float32).astype(np.float64)
    up_to = counts.cumsum(axis=-1)
    ranks = np.ceil(np.array(QUANTILES) * up_to[..., -1:])  # (L, H, Q)
    places = (up_to[..., None] < ranks[..., None, :]).sum(axis=-2)
    return np.where(up_to[..., -1:] > 0, edges[places], np.nan)
