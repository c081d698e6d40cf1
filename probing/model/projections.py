"""The projections of a block, found by what they do: which module makes values, which joins the heads, what is added.

A block is called again with noise instead of its hidden states, and noise instead of what its linear maps yield. What
follows then depends on no weights: the input of the output projection is, column by column, the map times
some column of the value projection's output, in whatever order queries, keys and values stand there.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from probing.model.block_calls import Call, Change, Seen, copied, watched

if TYPE_CHECKING:
    import torch

    Module = torch.nn.Module


class Projections(NamedTuple):
    """value, output: linear maps. columns (H * d,): which column of ``value``'s output is which input of ``output``.

    A column of a value head that several heads share occurs several times.
    """

    value: "Module"
    output: "Module"
    columns: "torch.Tensor"


def transposed(linear: Any) -> bool:
    """Whether a linear map keeps its matrix as (inputs, outputs): GPT-2's Conv1D."""
    return type(linear).__name__ == "Conv1D"


def is_linear(module: "Module", output: Any) -> bool:
    """Whether ``module``, which returned ``output``, multiplies by a matrix and adds a bias, if it has one."""
    import torch

    return isinstance(output, torch.Tensor) and (isinstance(module, torch.nn.Linear) or transposed(module))


def tolerance(numbers: "torch.Tensor") -> float:
    """What rounding may change, relative to the largest number: well above it, and far below any other computation."""
    import torch

    return 1e-4 if numbers.dtype in (torch.float32, torch.float64) else 0.03


def alike(one: "torch.Tensor", other: "torch.Tensor") -> bool:
    """Whether two tensors have one shape and the same numbers, but for rounding."""
    if one.shape != other.shape:
        return False
    off = (one.float() - other.float()).abs().max()
    return bool(off <= tolerance(other) * other.float().abs().max().clamp_min(1e-6))


def noise_like(tensor: "torch.Tensor", seed: int) -> "torch.Tensor":
    """Standard normal numbers in the shape of ``tensor``, the same for the same seed on every device."""
    import torch

    return torch.randn(tensor.shape, generator=torch.Generator().manual_seed(seed)).to(tensor)


def noise() -> Change:
    """Linear maps yield noise: the same in each pass that calls them in the same order."""
    n_calls = 0

    def change(module: "Module", output: Any) -> Any:
        nonlocal n_calls
        n_calls += 1
        return noise_like(output, n_calls) if is_linear(module, output) else None

    return change


def noise_but(fixed: "Mapping[Module, Any]") -> Change:
    """As ``noise``, but some modules yield what is ``fixed``."""
    rest = noise()

    def change(module: "Module", output: Any) -> Any:
        other, here = rest(module, output), fixed.get(module)
        fits = here is not None and getattr(here, "shape", None) == getattr(output, "shape", None)
        return copied(here) if fits else other

    return change


def with_noise(call: Call) -> Seen:
    """A call of a block with noise for its input and for what linear maps yield."""
    return watched(call, noise_like(call.states, 0), noise())


def projections(seen: Seen, map_: "torch.Tensor") -> Projections | None:
    """The projections of values and of joined heads in a block that gave ``map_`` (B, H, T, T) in ``with_noise``."""
    places = map_.shape[0] * map_.shape[-1]
    linear = [part for part, output in seen.output.items() if is_linear(part, output)]
    # those with a row for every subword: experts see a part of them
    whole = [part for part in linear if seen.output[part].shape[:-1].numel() == places]
    for n_before, output in enumerate(whole):
        for value in whole[:n_before]:
            columns = _columns(map_.float().cpu(), seen.output[value].float().cpu(), seen.given[output].cpu())
            if columns is not None:
                return Projections(value, output, columns.to(map_.device))
    return None


def _columns(map_: "torch.Tensor", projected: "torch.Tensor", joined: "torch.Tensor") -> "torch.Tensor | None":
    """The column of ``projected`` (…, w) that the map turns into each of ``joined`` (B, T, H * d); or None."""
    import torch

    n_rows, n_heads, length, _ = map_.shape
    if joined.ndim != 3 or joined.shape[:2] != (n_rows, length) or joined.shape[-1] % n_heads:
        return None
    rows = projected.reshape(n_rows, length, -1)
    heads = joined.float().reshape(n_rows * length, n_heads, -1)  # (B * T, H, d)
    limit = tolerance(joined) * heads.abs().max()
    found = []
    for head in range(n_heads):
        context = (map_[:, head] @ rows).flatten(0, 1)  # (B * T, w)
        off, columns = torch.cdist(heads[:, head].T, context.T, p=torch.inf).min(dim=-1)
        if not off.max() <= limit:
            return None
        found.append(columns)
    return torch.cat(found)
