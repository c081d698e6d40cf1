"""A block applied to parts that add up to its input, so that the results add up to its output.

The block itself is called with the parts in place of its input, as a batch. Attention weights are those that it had;
linear maps give their bias to the constant alone; normalisations and activations follow ``linear_rules``. Whatever else
the block does must be linear: that the parts still add up shows that it is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probing.attention.values.linear_rules import (
    by_ratio,
    is_layer_norm,
    keeps_ratios,
    normalised,
    refused,
    shared_out,
    without_bias,
)
from probing.errors import first_line
from probing.model.block_calls import Call, Seen, watched
from probing.model.blocks import Block
from probing.model.network_pass import hooks
from probing.model.placement import weight_and_bias
from probing.model.projections import alike, is_linear

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

    Module = torch.nn.Module
    Rule = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, eq=False)
class OwnCall:
    """What a block computed in the network: the call, the first call of each of its modules, and its map (H, S, S)."""

    block: Block
    call: Call
    seen: Seen

    @property
    def map(self) -> "torch.Tensor":
        """The attention weights, (H, S, S)."""
        found: torch.Tensor = self.seen.output[self.block.attention][self.block.place][0]
        return found


def own_call(block: Block, call: Call) -> OwnCall:
    """Call a block as the network did, and watch it."""
    return OwnCall(block, call, watched(call, call.states, lambda _module, _output: None))


def through_block(own: OwnCall, parts: "torch.Tensor", share: bool) -> "torch.Tensor":
    """The output of a block in parts: parts (K, S, D), the constant last, of its input -> (K, S, D) of its output.

    share: the constant is shared out among the sources wherever a normalisation or an activation reads it.
    A module whose result is multiplied with another (a gate) has no parts: it is held as it was, like attention
    weights. Which one is found by trying: the parts must add up to the output.
    Raises: ModelError where they do not, naming the block.
    """
    where = f"{type(own.call.block).__name__}, block {own.block.number}"
    if not own.block.copies:
        raise refused("it cannot be called with several inputs at once", where)
    try:
        rules, unknown = _rules(own, share)
        tried = (_called(own, parts, {**rules, **_held(own, gate)}) for gate in (None, *reversed(rules)))
        found = next((some for some in tried if alike(some.sum(0), own.seen.result[0][0])), None)
    except Exception as error:  # blocks fail in ways of their own when they are called with parts
        raise refused(f"it cannot be called with parts ({first_line(error)})", where) from error
    if found is None:
        names = f" (no rule is known for {', '.join(sorted({*unknown}))})" if unknown else ""
        raise refused(f"its output is not the sum of what its parts become{names}", where)
    return found


def _rules(own: OwnCall, share: bool) -> "tuple[dict[Module, Rule], list[str]]":
    """The rule of every module of a block that is neither linear nor leaves its input as it is; names of those without.

    A module without a rule is called as it is: where only attention weights depend on it, that does no harm.
    """
    import torch

    rules: dict[Module, Rule] = {}
    unknown: list[str] = []
    for module, output in own.seen.output.items():
        given = own.seen.given[module]
        fits = isinstance(output, torch.Tensor) and output.shape == given.shape and given.is_floating_point()
        if [*module.children()] or is_linear(module, output) or (fits and alike(output, given)):
            continue
        if fits and (is_layer_norm(module) or keeps_ratios(module, given, output)):
            rules[module] = rule_of(module, given, output, share)
        else:
            unknown.append(type(module).__name__)
    return rules, unknown


def rule_of(module: Any, given: "torch.Tensor", output: "torch.Tensor", share: bool) -> "Rule":
    """What ``module`` makes of parts of ``given``; the constant is shared out before."""

    def rule(parts: "torch.Tensor") -> "torch.Tensor":
        told = shared_out(parts) if share else parts
        if is_layer_norm(module):
            return normalised(given, told, *weight_and_bias(module), module.eps)
        return by_ratio(module, given, output, told)

    return rule


def _held(own: OwnCall, gate: "Module | None") -> "dict[Module, Rule]":
    if gate is None:
        return {}
    output = own.seen.output[gate]
    return {gate: lambda parts: output.expand(len(parts), *output.shape[1:])}


def _called(own: OwnCall, parts: "torch.Tensor", rules: "dict[Module, Rule]") -> "torch.Tensor":
    """The block called with parts while its modules follow rules."""
    with hooks(*_following(own, rules)):
        return own.call.again(parts)


def _following(own: OwnCall, rules: "dict[Module, Rule]") -> "Iterator[RemovableHandle]":
    import torch

    values: list[torch.Tensor] = []

    def no_bias(module: Any, _inputs: object, output: "torch.Tensor") -> "torch.Tensor":
        return without_bias(output, weight_and_bias(module)[1])

    def keep(_module: object, _inputs: object, output: "torch.Tensor") -> None:
        values[:] = [own.block.values(output)]

    def joined(_module: object, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        found = torch.einsum("hqs,kshd->kqhd", own.map.to(values[0].dtype), values[0])
        return found.flatten(2), *inputs[1:]

    def follow(module: "Module", inputs: tuple[Any, ...], _output: object) -> "torch.Tensor":
        return rules[module](inputs[0])

    for module, output in own.seen.output.items():
        if is_linear(module, output):
            yield module.register_forward_hook(no_bias)
    yield own.block.value.register_forward_hook(keep)
    yield own.block.output.register_forward_pre_hook(joined)
    for module in rules:
        yield module.register_forward_hook(follow)
