"""Calls of blocks: recorded in a pass, made again with other hidden states, and watched module by module."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from probing.model.network_pass import hooks

if TYPE_CHECKING:
    import torch

    BlockOutput = torch.Tensor | tuple[torch.Tensor, ...] | list[torch.Tensor]  # hidden states, alone or first


class Call(NamedTuple):
    """One call of a block: its inputs and keyword arguments, hidden states among them, and its output."""

    block: "torch.nn.Module"
    inputs: tuple[Any, ...]
    options: dict[str, Any]
    output: "BlockOutput"

    @property
    def states(self) -> "torch.Tensor":
        """The hidden states that the block was given, (B, T, D), where it computes."""
        return first_tensor(self.inputs, self.options).to(states_of(self.output).device)

    def again(self, states: "torch.Tensor") -> "torch.Tensor":
        """Hidden states after the block for other ``states``, all else as in this call."""
        if self.inputs:
            return states_of(self.block(states, *self.inputs[1:], **self.options))
        return states_of(self.block(**{**self.options, "hidden_states": states}))


def first_tensor(inputs: Sequence[Any], options: "dict[str, Any]") -> "torch.Tensor":
    """What a module works on: its first input, or the one that is named hidden_states."""
    given: torch.Tensor = inputs[0] if inputs else options["hidden_states"]
    return given


def states_of(output: "BlockOutput") -> "torch.Tensor":
    """The hidden states among what a block returns."""
    return output[0] if isinstance(output, (tuple, list)) else output


@contextmanager
def calls(modules: "Iterable[torch.nn.Module]") -> Iterator[list[Call]]:
    """Record the calls of these blocks in the passes inside the ``with`` statement, in order."""
    kept: list[Call] = []

    def keep(block: "torch.nn.Module", inputs: tuple[Any, ...], options: dict[str, Any], output: "BlockOutput") -> None:
        kept.append(Call(block, inputs, options, output))

    with hooks(*(module.register_forward_hook(keep, with_kwargs=True) for module in modules)):
        yield kept


Change = Callable[["torch.nn.Module", Any], Any]  # a module and its output -> another output; None: as it is


@dataclass(frozen=True, eq=False)
class Seen:
    """The first call of every module inside a block, in the order in which they returned, and the block's output.

    given: the tensor that a module was called with. output: what it returned, after it was changed.
    """

    states: "torch.Tensor"
    given: "dict[torch.nn.Module, torch.Tensor]" = field(default_factory=dict)
    output: "dict[torch.nn.Module, Any]" = field(default_factory=dict)
    result: "list[torch.Tensor]" = field(default_factory=list)


def watched(call: Call, states: "torch.Tensor", change: Change) -> Seen:
    """Call a block again with ``states`` while ``change`` may change the output of any module inside it."""
    seen = Seen(states)
    thread = threading.get_ident()  # a pass of another thread is neither seen nor changed

    def keep(module: "torch.nn.Module", inputs: tuple[Any, ...], options: dict[str, Any], output: Any) -> Any:
        if threading.get_ident() != thread or module is call.block:
            return None
        new = change(module, output)
        given = [part for part in (*inputs, *options.values()) if getattr(part, "ndim", 0) > 1]
        if given and module not in seen.given:
            seen.given[module] = given[0].clone()
            seen.output[module] = copied(output if new is None else new)
        return new

    with hooks(*(module.register_forward_hook(keep, with_kwargs=True) for module in call.block.modules())):
        seen.result.append(call.again(states.clone()))
    return seen


def copied(output: Any) -> Any:
    """What a module returned, apart from it: some blocks go on to change it in place (Falcon)."""
    if isinstance(output, (tuple, list)):
        parts = [copied(part) for part in output]
        return parts if isinstance(output, list) else tuple(parts)
    return output.clone() if hasattr(output, "clone") else output
