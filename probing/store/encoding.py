"""Numbers as the store holds them: half the size of float32, whatever their range."""

import zlib

import numpy as np
from numpy.typing import NDArray

# bfloat16 has no type in numpy or HDF5: its bit patterns are stored
DTYPES = {"float16": np.float16, "float32": np.float32, "bfloat16": np.uint16}
AUTO, NARROW = "auto", "float16"  # the same: NARROW with exponents takes any number
# a number moves by at most half of its last bit, the implicit first one included
BITS = {"float16": 11, "float32": 24, "bfloat16": 8}
# Below 2**-14 a float16 loses bits, and moves by at most 2**-25. A feature whose largest number is below 2**-10 is
# scaled, so that no number moves by more than 2**-15 of the largest of its feature.
_LEAST_FLOAT16, _MOST_FLOAT16 = 2.0**-10, 65504
_TOP, _LOWEST = 15, -126  # scaled numbers end below 2**15; the lowest power of two that float32 multiplies by exactly

Stored = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.uint16]
Exponents = NDArray[np.int8]


def encode(hidden: NDArray[np.float32], dtype: str) -> tuple[Stored, Exponents]:
    """Finite values (layers, rows, D) of one batch -> what is stored, same shape, and exponents (layers, D).

    A value is what is stored times two to the power of the exponent of its layer and feature. All exponents are 0 but
    those of features whose numbers in this batch do not fit float16: too large for it, or so small that digits would
    be lost.
    """
    import torch

    exponents = np.zeros((len(hidden), hidden.shape[2]), np.int8)
    if dtype == "float32":
        return hidden, exponents
    if dtype == "bfloat16":
        return torch.from_numpy(_finite(hidden, dtype)).to(torch.bfloat16).view(torch.uint16).numpy(), exponents
    stored: NDArray[np.float16] = torch.from_numpy(hidden).to(torch.float16).numpy()
    largest = np.maximum(hidden.max(axis=1, initial=0), -hidden.min(axis=1, initial=0))
    scaled = (largest > _MOST_FLOAT16) | (largest > 0) & (largest < _LEAST_FLOAT16)
    exponents[scaled] = np.maximum(np.frexp(largest[scaled])[1] - _TOP, _LOWEST)
    for layer in np.flatnonzero(scaled.any(axis=1)):
        features = np.flatnonzero(scaled[layer])
        stored[layer][:, features] = _finite(hidden[layer][:, features], dtype) / _powers(exponents[layer, features])
    return stored, exponents


def _finite(values: NDArray[np.float32], dtype: str) -> NDArray[np.float32]:
    """The same numbers, none so large that the bits of ``dtype`` would round it to infinity."""
    most = np.float32((2 - 2.0 ** (1 - BITS[dtype])) * 2.0**127)
    clipped: NDArray[np.float32] = np.clip(values, -most, most)
    return clipped


def _powers(exponents: Exponents) -> NDArray[np.float32]:
    powers: NDArray[np.float32] = np.ldexp(np.float32(1), exponents)
    return powers


def decode(raw: Stored, exponents: Exponents, dtype: str) -> NDArray[np.float32]:
    """Stored rows (..., rows, D) with their exponents (..., D) as float32, same shape."""
    if dtype == "bfloat16":
        return (raw.astype(np.uint32) << 16).view(np.float32)
    values = raw.astype(np.float32, copy=False)
    return values * _powers(exponents)[..., None, :] if exponents.any() else values


def rounded(hidden: NDArray[np.float32], dtype: str) -> NDArray[np.float32]:
    """Values (layers, rows, D) as a store of this type gives them back."""
    return decode(*encode(hidden, dtype), dtype)


def checksum_of(raw: Stored, exponents: Exponents) -> int:
    """CRC-32 of stored rows (rows, D) and their exponents (D,)."""
    return zlib.crc32(np.ascontiguousarray(exponents).data, zlib.crc32(np.ascontiguousarray(raw).data))


def precision(dtype: str) -> str:
    """How exact stored numbers are, in words."""
    words = f"{BITS[dtype]} bits: rounding changes a number by at most {100 * 2.0 ** -BITS[dtype]:.1g} %"
    return f"{words}, or {100 * 2.0**-15:.1g} % of the largest of its feature" if dtype == NARROW else words
