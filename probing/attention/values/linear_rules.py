"""How a vector that is a sum of parts goes through a module: one rule per kind of module, so that parts add up.

parts (K, S, D): K vectors at each of S positions; the last of them, the constant, belongs to no source. Their sum is
what the module was given in the network, ``given`` (1, S, D), and the results must add up to its ``output`` (1, S, D).
"""

from typing import TYPE_CHECKING, Any

from probing.errors import ModelError
from probing.model.projections import alike

if TYPE_CHECKING:
    import torch

    Module = torch.nn.Module
    Scale = torch.Tensor | None


def shared_out(parts: "torch.Tensor") -> "torch.Tensor":
    """The constant divided among the sources, in proportion to the absolute values of their inner products with it.

    This is how DecompX divides biases (Modarressi et al. 2023). Where all products are 0, it stays.
    """
    sources, constant = parts[:-1], parts[-1]
    alike_to = (sources * constant).sum(-1, keepdim=True).abs()  # (K - 1, S, 1)
    total = alike_to.sum(0, keepdim=True)
    share = alike_to / total.clamp_min(1e-30)
    found = parts.clone()
    found[:-1] += share * constant
    found[-1] = constant * (total[0] <= 0)
    return found


def without_bias(result: "torch.Tensor", bias: "Scale") -> "torch.Tensor":
    """What a linear map made of parts, with its bias in the constant alone."""
    if bias is None:
        return result
    found = result - bias
    found[-1] = result[-1]
    return found


def normalised(
    given: "torch.Tensor", parts: "torch.Tensor", weight: "Scale", bias: "Scale", epsilon: float
) -> "torch.Tensor":
    """Layer normalisation: the deviation of the sum divides every part; each is centred by its own mean."""
    deviation = (given.var(-1, correction=0, keepdim=True) + epsilon).sqrt()
    scaled: torch.Tensor = (parts - parts.mean(-1, keepdim=True)) / deviation
    if weight is not None:
        scaled = scaled * weight
    if bias is not None:
        scaled[-1] += bias
    return scaled


def in_ratio(given: "torch.Tensor", output: "torch.Tensor", parts: "torch.Tensor") -> "torch.Tensor":
    """Any function of each element with f(0) = 0: parts times f(x) / x, where x is their sum.

    DecompX calls this the slope through zero. Where x is 0, nothing comes out.
    """
    there = given != 0
    ratio = output / given.where(there, given.new_ones(()))
    return parts * ratio.where(there, ratio.new_zeros(()))


def by_ratio(module: Any, given: "torch.Tensor", output: "torch.Tensor", parts: "torch.Tensor") -> "torch.Tensor":
    """``in_ratio`` of a module; what it makes of zero goes to the constant."""
    at_zero = module.forward(given.new_zeros(given.shape))  # no hooks: they wait for the parts
    found = in_ratio(given, output - at_zero, parts)
    found[-1] += at_zero[0]
    return found


def is_layer_norm(module: "Module") -> bool:
    """Whether ``normalised`` is the rule of this module."""
    import torch

    return isinstance(module, torch.nn.LayerNorm)


def keeps_ratios(module: Any, given: "torch.Tensor", output: "torch.Tensor") -> bool:
    """Whether ``in_ratio`` is the rule of a module: it works element by element, or it divides by one number.

    Of an element-wise function, no result changes when other elements do. One that divides by the root mean square
    gives to all elements of a position, but for a gain that is the same everywhere, the same factor.
    """
    import torch

    half = given.shape[-1] // 2
    other = given.clone()
    other[..., :half] *= -2
    if alike(module.forward(other)[..., half:], output[..., half:]):
        return True
    gain = module.forward(torch.ones_like(given))
    scaled = gain * given
    number = (scaled * output).sum(-1, keepdim=True) / scaled.square().sum(-1, keepdim=True).clamp_min(1e-30)
    return alike(number * scaled, output)


def refused(what: str, where: str) -> ModelError:
    """The error of a network that has no additive decomposition here."""
    return ModelError(f"decomposition: {where}: {what}; use blank-out or integrated gradients for this model")
