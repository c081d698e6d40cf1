"""Forward passes with interventions: over batches, with something in the place of a head, from a layer on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from probing.model.batches import Batch, batch_of, plan
from probing.model.blocks import Block, hooks
from probing.model.encoder import Encoder
from probing.model.maps import usable
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
BUDGET, ACCELERATOR_BUDGET = 2048, 8192  # padded subwords per pass, copies of a sentence included


def budget(encoder: Encoder) -> int:
    """Padded subwords that one pass may hold on the encoder's device."""
    return min(BUDGET if encoder.device == "cpu" else ACCELERATOR_BUDGET, encoder.memory.ceiling)


def each(encoder: Encoder, subwords: Subwords, run: Callable[[Batch], T], copies: int = 1) -> Iterator[tuple[Batch, T]]:
    """The usable sentences in batches of like length, and what ``run`` returns for each.

    A batch is small enough to be run ``copies`` times at once. Where memory runs out the halves of a batch take its
    place: ``run`` may be called again for the same sentences, and must return what it found and add to nothing.
    Raises: ModelError if one sentence alone does not fit.
    """
    chosen = np.flatnonzero(usable(encoder, subwords))
    lengths = np.diff(subwords.offsets)[chosen]

    def found(sentences: NDArray[np.int64]) -> tuple[Batch, T]:
        batch = batch_of(subwords, sentences, encoder.pad)
        return batch, run(batch)

    for some in plan(lengths, max(1, budget(encoder) // copies)):
        yield from encoder.memory.halving(chosen[some], lengths[some], found, copies)


def run(encoder: Encoder, batch: Batch, embedded: "torch.Tensor | None" = None) -> Any:
    """The network's output with all hidden states; from ``embedded`` (B, T, E), if given, in place of the ids.

    Whether gradients are kept is the caller's choice.
    """
    import torch

    mask = torch.from_numpy(batch.real.astype(np.int64)).to(encoder.device)
    if embedded is None:
        inputs = {"input_ids": torch.from_numpy(batch.ids).to(encoder.device)}
    else:
        inputs = {"inputs_embeds": embedded}
    return encoder.network(**inputs, attention_mask=mask, output_hidden_states=True, return_dict=True)


def hidden(encoder: Encoder, batch: Batch, layer: int) -> "torch.Tensor":
    """Hidden states of one layer, (B, T, D), without gradients."""
    import torch

    with torch.inference_mode():
        states: torch.Tensor = run(encoder, batch).hidden_states[layer]
    return states


class Call(NamedTuple):
    """One call of a block: what went in, hidden states first, and what came out."""

    inputs: tuple[Any, ...]
    options: dict[str, Any]
    output: Any


@contextmanager
def calls(found: Sequence[Block]) -> Iterator[list[Call]]:
    """Keep the calls of these blocks in the next pass, in order."""
    kept: list[Call] = []

    def keep(_block: "torch.nn.Module", inputs: tuple[Any, ...], options: dict[str, Any], output: Any) -> None:
        kept.append(Call(inputs, options, output))

    with hooks(*(block.module.register_forward_hook(keep, with_kwargs=True) for block in found)):
        yield kept


@contextmanager
def resumed(found: Sequence[Block], kept: Sequence[Call], copies: int = 1) -> Iterator[None]:
    """Let these blocks give what they gave before, each sentence ``copies`` times, and compute nothing.

    An intervention leaves all below it as it was; running it again for every head would double the work.
    """
    modules = [block.module for block in found]
    for module, call in zip(modules, kept, strict=False):
        vars(module)["forward"] = _give(_repeated(call.output, copies))
    try:
        yield
    finally:
        for module in modules:
            vars(module).pop("forward", None)


def _give(output: Any) -> Callable[..., Any]:
    return lambda *_inputs, **_options: output


def _repeated(output: Any, copies: int) -> Any:
    if isinstance(output, tuple):  # (hidden states, nothing that the next block reads)
        return (_repeated(output[0], copies), *output[1:])
    return output.repeat(copies, 1, 1)


# from the value vectors of a pass (B, T, H, d) to what takes the heads' places, of a shape that broadcasts to theirs
Substitute = Callable[["torch.Tensor"], "torch.Tensor"]


@contextmanager
def replaced(block: Block, substitute: Substitute, chosen: "torch.Tensor") -> Iterator[None]:
    """Put a substitute for the chosen heads in front of the output projection of ``block``.

    chosen (B, H) or (1, H), boolean: whose heads. Everything else in the pass stays as it is.
    """
    import torch

    values: list[torch.Tensor] = []

    def keep(_value: "torch.nn.Module", _inputs: object, projected: "torch.Tensor") -> None:
        values[:] = [block.values(projected)]

    def put(_output: "torch.nn.Module", inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        heads = inputs[0].unflatten(-1, (block.n_heads, block.head_width))  # (B, T, H * d) -> (B, T, H, d)
        new = substitute(values[0]).to(heads.dtype)
        return torch.where(chosen[:, None, :, None], new, heads).flatten(-2), *inputs[1:]

    with hooks(block.value.register_forward_hook(keep), block.output.register_forward_pre_hook(put)):
        yield
