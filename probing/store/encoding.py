"""Numbers as the store holds them: half the size where that is enough."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import RangeError

if TYPE_CHECKING:
    import torch

# bfloat16 has no type in numpy or HDF5: its bit patterns are stored
DTYPES = {"float16": np.float16, "float32": np.float32, "bfloat16": np.uint16}
AUTO, NARROW, WIDE = "auto", "float16", "float32"  # AUTO: NARROW where that is enough, else WIDE
WIDENED, ROUNDED = "stored as", "rows rounded to float16"  # in the provenance of a file that began in NARROW
# a number moves by at most half of its last bit, the implicit first one included
BITS = {"float16": 11, "float32": 24, "bfloat16": 8}
# Below 2**-14 a float16 loses bits. Where the largest number of a layer is 16 times that, most are above it.
_LEAST_FLOAT16 = 2.0**-10


Stored = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.uint16]


def encode(hidden: NDArray[np.float32], dtype: str) -> Stored:
    """float32 values (layers, rows, D) as they are stored, same shape.

    Raises RangeError where a number is too large for the type, or all numbers of a layer are too small for float16.
    """
    import torch

    if dtype == "float32":
        return hidden
    values = torch.from_numpy(hidden)
    _check_range(values, dtype)
    if dtype == "bfloat16":
        return values.to(torch.bfloat16).view(torch.uint16).numpy()
    return values.to(torch.float16).numpy()


def _check_range(values: "torch.Tensor", dtype: str) -> None:
    import torch

    if not values.numel():
        return
    low, high = values.flatten(1).aminmax(dim=1)
    largest = torch.maximum(-low, high)  # of each layer
    most = torch.finfo(getattr(torch, dtype)).max
    if (highest := float(largest.max())) > most:
        raise RangeError(f"numbers reach {highest:.3g}, {dtype} ends at {most:.6g}")
    faint = (largest > 0) & (largest < _LEAST_FLOAT16)
    if dtype == "float16" and faint.any():
        raise RangeError(
            f"a layer has no number above {float(largest[faint].min()):.3g}, float16 keeps few digits of them"
        )


def decode(raw: Stored, dtype: str) -> NDArray[np.float32]:
    """Stored values as float32, same shape."""
    if dtype == "bfloat16":
        return (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32, copy=False)


def precision(dtype: str) -> str:
    """How exact stored numbers are, in words."""
    return f"{BITS[dtype]} bits: rounding changes a number by at most {100 * 2.0 ** -BITS[dtype]:.1g} %"
