"""The feed-forward part of a block: the linear map that adds its result to the stream of hidden states."""

from typing import TYPE_CHECKING

from probing.errors import ModelError, first_line
from probing.model.block_calls import Call, watched
from probing.model.blocks import Block
from probing.model.projections import alike, is_linear, noise_like

if TYPE_CHECKING:
    import torch

    Module = torch.nn.Module


def feed_forward(block: Block, call: Call) -> "Module":
    """The last linear map of a block's feed-forward part: its input are the neurons, its output has the width D.

    Found by what it does: of the linear maps that yield as much as a hidden state, attention's apart, it is the last
    one on which no other linear map of the block depends. call: of the block, in a pass.
    Raises: ModelError, naming the block, where there is none, as in mixtures of experts.
    """
    try:
        seen = watched(call, call.states, lambda _module, _output: None)
        linear = [module for module, output in seen.output.items() if is_linear(module, output)]
        for module in reversed(linear):
            fits = module is not block.output and seen.output[module].numel() == call.states.numel()
            if fits and _is_last(call, module, linear):
                return module
    except Exception as error:  # blocks fail in ways of their own when they are called alone
        raise ModelError(f"block {block.number}: it cannot be called alone ({first_line(error)})") from error
    raise ModelError(
        f"{type(call.block).__name__}, block {block.number}: its feed-forward part is not known (it does not end with "
        "one linear map); only its attention can be replaced"
    )


def _is_last(call: Call, module: "Module", linear: "list[Module]") -> bool:
    """Whether the block's output, and no other linear map, depends on what ``module`` yields."""
    before = watched(call, call.states, lambda _module, _output: None)
    change = noise_like(before.output[module], 1)

    def changed(part: "Module", output: "torch.Tensor") -> "torch.Tensor | None":
        return output + change if part is module else None

    after = watched(call, call.states, changed)
    others = [part for part in linear if part is not module]
    same = all(alike(after.given[part], before.given[part]) for part in others)
    return same and not alike(after.result[0], before.result[0])
