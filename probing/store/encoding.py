"""Numbers as the store holds them: half the size where that is enough."""

import numpy as np
from numpy.typing import NDArray

from probing.errors import StoreError

# bfloat16 has no type in numpy or HDF5: its bit patterns are stored
DTYPES = {"float16": np.float16, "float32": np.float32, "bfloat16": np.uint16}


Stored = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.uint16]


def encode(hidden: NDArray[np.float32], dtype: str) -> Stored:
    """float32 values as they are stored, same shape. Raises StoreError where float16 would overflow."""
    import torch

    values = torch.from_numpy(hidden)
    if dtype == "float32":
        return hidden
    if dtype == "bfloat16":
        return values.to(torch.bfloat16).view(torch.uint16).numpy()
    largest = max(map(abs, map(float, values.aminmax()))) if values.numel() else 0.0
    most = float(np.finfo(np.float16).max)
    if largest > most:
        raise StoreError(
            f"activations reach {largest:.3g}, float16 ends at {most:.0f}; "
            "type store.dtype=bfloat16 (same size) or store.dtype=float32"
        )
    return values.to(torch.float16).numpy()


def decode(raw: Stored, dtype: str) -> NDArray[np.float32]:
    """Stored values as float32, same shape."""
    if dtype == "bfloat16":
        return (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32, copy=False)
