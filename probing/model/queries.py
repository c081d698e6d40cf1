"""Queries and keys of every layer, recorded while a network runs: what an attention score is made of."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError

if TYPE_CHECKING:
    import torch

Float32 = NDArray[np.float32]
CAP, SINK = "cap", "sink"
_PRODUCT = {"matmul", "bmm", "baddbmm"}
_SCALE = {"mul": 1, "imul": 1, "rmul": 1, "multiply": 1, "div": -1, "truediv": -1, "itruediv": -1, "divide": -1}
# what a score stays in: terms are added, some keys hidden, the shape or the precision changed
_KEEP = {
    *("add", "iadd", "radd", "sub", "isub", "masked_fill", "where", "max", "maximum", "clamp", "cat", "tanh"),
    *("view", "reshape", "expand", "contiguous", "clone", "to", "float", "type", "type_as"),
}


class Call(NamedTuple):
    """One softmax over scores: queries and keys (…, T, d), and what their product is multiplied by.

    kinds: what else is done to the scores than adding to them: CAP, they pass a tanh; SINK, a score of no subword is
    appended.
    """

    queries: "torch.Tensor"
    keys: "torch.Tensor"
    scale: float
    kinds: frozenset[str] = frozenset()


class Neurons(NamedTuple):
    """queries, keys (L, H, S, d) of one input; ``scale`` times their product is the score, except for added terms.

    Rotary positions are included. T5, DeBERTa, MPNet, BLOOM add terms of position; causal and local models add a mask.
    kinds: as in Call, of any layer.
    """

    queries: Float32
    keys: Float32
    scale: float
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class _Score:
    """A tensor that is, but for added terms, ``scale`` times the product of queries and keys."""

    tensor: "torch.Tensor"  # kept alive, so that no other has its id
    queries: "torch.Tensor"
    keys: "torch.Tensor"
    scale: float
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class _Trail:
    """Follows scores through a pass, from the product of queries and keys to the softmax: nothing is known by name."""

    kept: list[Call]
    scores: dict[int, _Score] = field(default_factory=dict)
    scaled: "dict[int, tuple[torch.Tensor, torch.Tensor, float]]" = field(default_factory=dict)

    def follow(self, name: str, args: Sequence[Any], options: Mapping[str, Any], output: Any) -> None:
        """Take note of one operation of torch and of its result."""
        score = next((self.scores[id(part)] for part in _tensors(args) if id(part) in self.scores), None)
        if name in _PRODUCT and output.ndim >= 3 and output.shape[-1] == output.shape[-2]:
            self._multiply(name, [*args, *options.values()], options.get("alpha", 1.0), output)
        elif name in _SCALE and len(args) > 1 and (number := _number(args[1])):
            self._scale(args[0], score, number ** _SCALE[name], output)
        elif score and name in _KEEP:
            kinds = score.kinds | {"tanh": {CAP}, "cat": {SINK}}.get(name, set())
            self.scores[id(output)] = replace(score, tensor=output, kinds=kinds)
        elif score and name == "softmax":
            self.kept.append(Call(score.queries, score.keys, score.scale, score.kinds))
            self.scores.clear()
            self.scaled.clear()

    def _multiply(self, name: str, given: Sequence[Any], alpha: float, output: "torch.Tensor") -> None:
        """A product of two stacks of matrices may be of queries and transposed keys."""
        left, right = _tensors(given)[-2:] if name == "baddbmm" else _tensors(given)[:2]
        (_, queries, one), (_, keys, other) = (self.scaled.get(id(part), (part, part, 1.0)) for part in (left, right))
        keys = keys.transpose(-1, -2).expand(*queries.shape[:-2], -1, -1)  # one key head may serve all queries
        self.scores[id(output)] = _Score(output, queries, keys, alpha * one * other)

    def _scale(self, given: "torch.Tensor", score: _Score | None, factor: float, output: "torch.Tensor") -> None:
        if score:
            self.scores[id(output)] = replace(score, tensor=output, scale=score.scale * factor)
        elif getattr(given, "ndim", 0) >= 3:  # queries or keys may be scaled before they are multiplied
            _, whole, before = self.scaled.get(id(given), (given, given, 1.0))
            self.scaled[id(output)] = (output, whole, before * factor)


def _tensors(args: Sequence[Any]) -> "list[torch.Tensor]":
    import torch

    flat = [part for arg in args for part in (arg if isinstance(arg, (tuple, list)) else [arg])]
    return [part for part in flat if isinstance(part, torch.Tensor)]


def _number(other: Any) -> float | None:
    """A number, given as one or as a tensor of one; None: anything else."""
    single = isinstance(other, (int, float)) or getattr(other, "ndim", 1) == 0
    return float(other) if single else None


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Keep every softmax over products of queries and keys in the passes inside the ``with`` statement, in order.

    Results stay equal to the bit. The network must compute attention step by step (``load(..., maps=True)``,
    ``step_by_step``). Only passes of this thread are kept.
    """
    from torch.overrides import TorchFunctionMode

    trail = _Trail([])

    class Following(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            output = func(*args, **(kwargs or {}))
            trail.follow(getattr(func, "__name__", "").strip("_"), args, kwargs or {}, output)
            return output

    with Following():
        yield trail.kept


def neurons(calls: Sequence[Call], shape: tuple[int, int, int]) -> Neurons:
    """Stack the calls of one pass over one input of S subwords; ``shape`` is its maps' (L, H, S).

    Raises: ModelError where attention was computed in another way, or is scaled differently from layer to layer.
    """
    import torch

    n_layers, n_heads, length = shape
    every = [part for call in calls for part in call[:2]]
    fits = all(part.shape[-2] == length and part.shape[:-1].numel() == n_heads * length for part in every)
    if len(calls) != n_layers or not fits or len({part.shape[-1] for part in every}) != 1:
        raise ModelError(
            f"queries and keys: {len(calls)} attention calls were seen, but one with (1, {n_heads}, {length}, d) is "
            f"expected for each of {n_layers} layers; this model computes attention in a way that is not known here"
        )
    scales = {call.scale for call in calls}
    if len(scales) > 1:
        raise ModelError("queries and keys: this model scales their product differently in each layer")
    # heads of (1, H, S, d) or (H, S, d) -> (L, H, S, d)
    queries, keys = (
        torch.stack([part.reshape(n_heads, length, -1).float().cpu() for part in parts]).numpy()
        for parts in zip(*(call[:2] for call in calls), strict=True)
    )
    return Neurons(queries, keys, scales.pop(), frozenset[str]().union(*(call.kinds for call in calls)))
