"""A classifier applied to parts that add up to the vector it reads, so that the results add up to its logits.

Heads call functions (tanh, relu, linear) that belong to no module, so that functions are watched here, not modules.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from probing.attention.values.linear_rules import in_ratio, normalised, shared_out, without_bias

if TYPE_CHECKING:
    import torch

    Logits = Callable[[torch.Tensor], torch.Tensor]

# what these functions take after the vectors, in order
_ORDER = {"linear": ("weight", "bias"), "layer_norm": ("normalized_shape", "weight", "bias", "eps")}


def through_head(logits: "Logits", parts: "torch.Tensor", share: bool) -> "torch.Tensor":
    """Logits in parts: parts (K, D), the constant last, of one vector -> (K, C).

    They add up where the head consists of linear maps, layer normalisations and functions of one element (tanh, relu,
    gelu, silu); the caller must check it. share: as in ``through_block``.
    """
    from torch.nn.functional import linear

    rules = _rules()
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def note(func: Any, args: Any, options: Any) -> Any:
        output = func(*args, **options)
        if func in rules:
            seen.append((args[0], output))
        return output

    def follow(func: Any, args: Any, options: Any) -> Any:
        named = dict(zip(_ORDER.get(func.__name__, ()), args[1:], strict=False)) | options
        if func in rules:
            return rules[func](*seen.pop(0), shared_out(args[0]) if share else args[0], named)
        output = func(*args, **options)
        return without_bias(output, named.get("bias")) if func is linear else output

    with _each_function(note):
        logits(parts.sum(0, keepdim=True))
    with _each_function(follow):
        return logits(parts)


def _rules() -> dict[Any, "Callable[..., torch.Tensor]"]:
    """What functions make of parts: of (given, output, parts, options)."""
    import torch
    from torch.nn import functional

    def by_element(given: "torch.Tensor", output: "torch.Tensor", parts: "torch.Tensor", _: object) -> "torch.Tensor":
        return in_ratio(given, output, parts)

    def norm(given: "torch.Tensor", _: object, parts: "torch.Tensor", options: Any) -> "torch.Tensor":
        return normalised(given, parts, options.get("weight"), options.get("bias"), options.get("eps", 1e-5))

    functions = (torch.tanh, torch.relu, functional.relu, functional.gelu, functional.silu)
    return {functional.layer_norm: norm, **dict.fromkeys(functions, by_element)}


def _each_function(handle: "Callable[[Any, Any, Any], Any]") -> Any:
    """A context in which ``handle`` (function, arguments, options) is called in place of every function of torch."""
    from torch.overrides import TorchFunctionMode

    class Handled(TorchFunctionMode):
        def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return handle(func, args, kwargs or {})

    return Handled()
