"""A view in the form that a page contains: a header in JSON, and arrays as whole levels, compressed, as text.

Of a weight the square root is stored, so that small weights keep more digits than large ones: level q of ``top`` means
scale * (q / top) ** 2. The levels of signed numbers are evenly spaced around level top / 2, which is 0. There is one
array per layer, so that a page unpacks only what it shows.
"""

import gzip
import math
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.errors import ConfigError, ModelError
from probing.view.record import View
from probing.view.view_header import header_of, layers_of, plain

FloatArray = NDArray[np.floating[Any]]
BITS = (8, 16)
LONGEST_EXACT = 128  # subwords beyond which weights are given in 8 bits
SQRT, LINEAR = "sqrt", "linear"
# the scale of distributions is 1, the scale of other arrays is their own largest magnitude
LAWS = {"attention": SQRT, "norm": SQRT, "rollout": SQRT, "flow": SQRT, "queries": LINEAR, "keys": LINEAR}
SHARES = ("attention", "rollout", "flow")
_ABOVE_ONE = 1e-3  # rounding may take a share this far beyond 1
_GZIP_LEVEL = 1  # at 512 subwords four times as fast as 6, for a tenth more bytes; 16 bits hardly compress at all


@dataclass(frozen=True)
class Packed:
    """One document of a page. arrays: name -> base64 of the gzipped levels, unsigned, little-endian, in C order."""

    header: dict[str, Any]
    arrays: dict[str, str]


def pack(view: View, bits: int | str = "auto") -> Packed:
    """``view`` in 8 or 16 bits a number; "auto": 16 up to LONGEST_EXACT subwords, 8 beyond.

    ``view.about["provenance"]`` goes into the header as it is. Raises: ConfigError for other bits; ModelError for
    arrays that are not finite, negative where they are weights, or of shapes that do not fit the subwords.
    """
    chosen = _bits(bits, len(view.tokens.labels))
    described, arrays = {}, {}
    for name, array in _layers(view):
        described[name], arrays[name] = _packed(name, array, chosen)
    header = {**header_of(view), "arrays": described, "precision": precision(chosen)}
    return Packed(plain({**header, "bytes": sum(map(len, arrays.values()))}), arrays)


def unpack(header: Mapping[str, Any], arrays: Mapping[str, str], name: str) -> NDArray[np.float32]:
    """The array ``name`` (``attention/1``, ``rollout/3`` …) of a document, as a page unpacks it. Raises: KeyError."""
    made = header["arrays"][name]
    levels = np.frombuffer(gzip.decompress(b64decode(arrays[name])), dtype=f"<u{made['bits'] // 8}")
    shares = levels.reshape(made["shape"]) / _top(made["bits"], made["law"])
    values = shares**2 if made["law"] == SQRT else 2 * shares - 1
    return np.asarray(made["scale"] * values, dtype=np.float32)


def precision(bits: int) -> str:
    """How far the numbers of a page may be from those that were computed: sqrt(w) / top for a weight w."""
    most, small = (_one_digit(root / _top(bits, SQRT)) for root in (1.0, 0.1))
    return (
        f"rounding changes a weight by at most {most}, a weight of 0.01 by at most {small}; norms, queries and keys "
        f"change by at most {most} times the largest number in their layer ({bits} bits for each number)"
    )


def _one_digit(error: float) -> str:
    """``error`` rounded up to its first digit."""
    places = math.ceil(-math.log10(error))
    return f"{math.ceil(error * 10**places) / 10**places:.{places}f}"


def _bits(bits: int | str, n_subwords: int) -> int:
    if bits == "auto":
        return 16 if n_subwords <= LONGEST_EXACT else 8
    if bits not in BITS:
        raise ConfigError(f"bits={bits}: not a number of bits for weights; choose one of auto, 8, 16")
    return int(bits)


def _top(bits: int, law: str) -> int:
    """The highest level; even for signed numbers, so that the middle level is 0."""
    return (1 << bits) - (1 if law == SQRT else 2)


def _layers(view: View) -> Iterator[tuple[str, FloatArray]]:
    """Name and values of every array, layer by layer, shapes checked."""
    n = len(view.tokens.labels)
    n_layers, n_heads = view.attention.shape[:2] if view.attention.ndim == 4 else (0, 0)
    queries = n if view.n_queries is None else view.n_queries
    keys = n if view.n_queries is None else n - queries
    wanted = {
        **dict.fromkeys(("attention", "norm"), (n_layers, n_heads, queries, keys)),
        **dict.fromkeys(("rollout", "flow"), (n_layers, n, n)),
        **dict.fromkeys(("queries", "keys"), (n_layers, n_heads, n)),  # of any width
    }
    for name in LAWS:
        array = getattr(view, name)
        if array is None:
            continue
        seen = array.shape[:3] if LAWS[name] == LINEAR else array.shape
        if seen != wanted[name] or not array.size:
            raise ModelError(
                f"{name} has shape {array.shape}; {wanted[name]} is expected: {n} subwords, the layers of attention"
            )
        yield from ((f"{name}/{layer}", values) for layer, values in zip(layers_of(view), array, strict=True))


def _packed(name: str, array: FloatArray, bits: int) -> tuple[dict[str, Any], str]:
    """How an array is packed, and its levels."""
    kind = name.partition("/")[0]
    law, scale = LAWS[kind], _scale(name, array, kind in SHARES)
    top = _top(bits, law)
    shares = np.sqrt(np.minimum(array / scale, 1)) if law == SQRT else (array / scale + 1) / 2
    levels = np.rint(shares * top).astype(f"<u{bits // 8}")
    text = b64encode(gzip.compress(levels.tobytes(), _GZIP_LEVEL, mtime=0)).decode("ascii")
    return {"shape": list(array.shape), "bits": bits, "law": law, "scale": scale}, text


def _scale(name: str, array: FloatArray, share: bool) -> float:
    """The number that the highest level means."""
    low, high = float(array.min()), float(array.max())  # NaN if one is
    if not math.isfinite(low) or not math.isfinite(high):
        raise ModelError(f"{name} is not finite (NaN or infinity); the weights may be damaged, or overflowed")
    if LAWS[name.partition("/")[0]] == LINEAR:
        return max(-low, high) or 1.0
    if low < 0:
        raise ModelError(f"{name} has a negative weight ({low:.3g}); expected are weights after the softmax, 0 or more")
    if share and high <= 1 + _ABOVE_ONE:
        return 1.0
    return high or 1.0
