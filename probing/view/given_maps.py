"""Attention weights from any library as one array, checked."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probing.errors import ModelError, shown
from probing.view.record import Float32

if TYPE_CHECKING:
    import torch

    Layer = ArrayLike | torch.Tensor
    Weights = Iterable[Layer]

_TOLERANCE = 0.02  # of a sum of weights in half precision
_WANTED = "one array (heads, subwords, subwords) per layer is expected"


def checked_maps(
    attention: "Weights", queries: Sequence[str], keys: Sequence[str], name: str = "attention"
) -> tuple[Float32, tuple[str, ...]]:
    """Weights per layer, (H, Q, K) or (1, H, Q, K), as one array (L, H, Q, K); and a note if some of 1 is missing.

    name: of the argument, for messages. Raises: ModelError for shapes that do not fit each other or the names of
    queries (Q) and keys (K), weights that are negative or not finite or sum to more than 1, a query without weight.
    """
    maps = _stacked(attention, name)
    for side, names, n in (("queries", queries, maps.shape[-2]), ("keys", keys, maps.shape[-1])):
        if n != len(names):
            seen = f"over {n} subwords" if queries is keys else f"over {n} {side}"
            raise ModelError(f"{name} is {seen}, but there are {len(names)} tokens")
    if not np.isfinite(maps).all() or maps.min() < 0:
        raise ModelError(f"{name} has weights that are negative or not finite; give it after the softmax")
    _check_queries(maps, queries, name)
    return maps, _check_sums(maps, name)


def _check_queries(maps: Float32, tokens: Sequence[str], name: str) -> None:
    """Refuse queries without any weight: what reaches them is not known, and a page must not suggest that it is."""
    empty = np.argwhere(~maps.any(axis=(1, 3)))
    if len(empty):
        layer, query = empty[0]
        raise ModelError(
            f"{name} of layer {layer + 1}: query tokens[{query}] ({tokens[query]}) has no weight in any head; if it "
            f"is padding, cut it off: for the n other subwords give "
            f"{name}=[layer[..., :n, :n] for layer in {name}] and tokens[:n]"
        )


def _check_sums(maps: Float32, name: str) -> tuple[str, ...]:
    """A note if weights of a query are missing. Raises: ModelError if they sum to more than 1: these are no weights."""
    sums = maps.sum(axis=-1)
    if sums.max() > 1 + _TOLERANCE:
        raise ModelError(
            f"{name}: the weights of a query sum to {sums.max():.3g}, more than 1; give them after the softmax, "
            "from a model in evaluation mode (model.eval()), where no dropout changes them"
        )
    if sums.min() >= 1 - _TOLERANCE:
        return ()
    return (
        f"the given weights of a query sum to as little as {sums.min():.2f}; the rest goes to nothing that is shown, "
        "and rollout is computed as if they summed to 1",
    )


def _stacked(attention: "Weights", name: str) -> Float32:
    """Layers as one array: (L, H, queries, keys)."""
    try:
        given = list(attention)
    except TypeError as error:
        raise ModelError(f"{name} is a {type(attention).__name__}; {_WANTED}") from error
    layers = [_array(layer, f"{name} of layer {number}") for number, layer in enumerate(given, start=1)]
    if not layers:
        raise ModelError(f"{name} has no layer; {_WANTED}")
    shapes = {layer.shape for layer in layers}
    if len(shapes) != 1:
        raise ModelError(f"{name}'s layers have shapes {', '.join(map(str, sorted(shapes)))}; {_WANTED}")
    return np.stack(layers)


def _array(layer: "Layer | None", name: str) -> NDArray[np.float32]:
    """One layer as an array (H, queries, keys)."""
    if layer is None:
        raise ModelError(f"{name} is None; load the model with attn_implementation='eager'")
    try:
        if hasattr(layer, "detach"):  # a tensor, perhaps on a GPU, sparse, in half precision or with a gradient
            layer = layer.detach().to_dense().cpu()
            layer = layer.float().numpy() if layer.is_floating_point() else layer.numpy()
        given = np.asanyarray(layer)
    except Exception as error:  # what is given may come from any library
        raise ModelError(f"{name} is not an array of numbers ({shown(error)}); {_WANTED}") from error
    if given.dtype.kind not in "biuf" or isinstance(given, np.ma.MaskedArray):
        seen = f"a {type(given).__name__} of {given.dtype}"
        raise ModelError(f"{name} is not an array of numbers ({seen}); {_WANTED}")
    with np.errstate(over="ignore"):  # infinity is refused later
        found = np.asarray(given, dtype=np.float32)
    if found.ndim == 4 and len(found) == 1:
        found = found[0]
    if found.ndim != 3 or not found.size:
        raise ModelError(f"{name} has shape {found.shape}; {_WANTED}, a batch of one at most")
    return found
