"""Forward passes for interventions: in batches, with the output of some heads replaced, or from one layer upwards."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError
from probing.model.batches import Batch, batch_of
from probing.model.block_calls import Call
from probing.model.blocks import Block
from probing.model.encoder import Encoder
from probing.model.maps import usable
from probing.model.network_pass import hooks, run
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

    from probing.model.block_calls import BlockOutput

T = TypeVar("T")
BUDGET, ACCELERATOR_BUDGET = 2048, 8192  # padded subwords per pass, copies of a sentence included


def budget(encoder: Encoder) -> int:
    """Padded subwords that one pass may hold on the encoder's device."""
    return min(BUDGET if encoder.device == "cpu" else ACCELERATOR_BUDGET, encoder.memory.ceiling)


def each_batch(
    encoder: Encoder, subwords: Subwords, run: Callable[[Batch], T], copies: int = 1
) -> Iterator[tuple[Batch, T]]:
    """The usable sentences in batches of similar length, each with what ``run`` returns for it.

    A batch is small enough to be run ``copies`` times at once. Where memory runs out, a batch is divided into halves
    and ``run`` is called again: it must return its result and change nothing outside.
    Raises: ModelError if memory runs out for a single sentence.
    """
    chosen = np.flatnonzero(usable(encoder, subwords))
    lengths = np.diff(subwords.offsets)[chosen]

    def found(sentences: NDArray[np.int64]) -> tuple[Batch, T]:
        batch = batch_of(subwords, sentences, encoder.pad)
        return batch, run(batch)

    for some in encoder.plan(lengths, max(1, budget(encoder) // copies)):
        yield from encoder.memory.halving(chosen[some], lengths[some], found, copies)


def in_copies(
    encoder: Encoder,
    items: NDArray[np.int64],
    length: int,
    run: Callable[[NDArray[np.int64]], T],
    most: int | None = None,
) -> Iterator[tuple[NDArray[np.int64], T]]:
    """What ``run`` returns for some ``items`` at a time, each of which needs a copy of a batch of ``length`` subwords.

    As many copies at once as a pass can hold, or ``most``; fewer where memory runs out.
    """
    step = most or max(1, budget(encoder) // length)
    for at in range(0, len(items), step):
        some = items[at : at + step]
        yield from encoder.memory.halving(some, np.full(len(some), length), lambda part: (part, run(part)))


def forward(encoder: Encoder, batch: Batch, embedded: "torch.Tensor | None" = None) -> Any:
    """The network's output with all hidden states; computed from ``embedded`` (B, T, E), if given, not from the ids.

    The caller decides whether gradients are kept.
    """
    import torch

    mask = torch.from_numpy(batch.real.astype(np.int64)).to(encoder.device)
    if embedded is None:
        inputs = {"input_ids": torch.from_numpy(batch.ids).to(encoder.device)}
    else:
        inputs = {"inputs_embeds": embedded}
    return run(encoder.network, {**inputs, "attention_mask": mask}, output_hidden_states=True)


def hidden(encoder: Encoder, batch: Batch, layer: int) -> "torch.Tensor":
    """Hidden states of one layer, (B, T, D), without gradients."""
    import torch

    with torch.inference_mode():
        states: torch.Tensor = forward(encoder, batch).hidden_states[layer]
    return states


def below(found: Sequence[Block], layer: int) -> list[Block]:
    """The blocks that can change the hidden state ``layer``. Raises: ModelError if there is none."""
    some = [block for block in found if block.number <= layer]
    if not some:
        first = found[0].number
        raise ModelError(
            f"no attention comes before hidden state {layer}; read a layer from {first} on: layers=[{first}]"
        )
    return some


@contextmanager
def resumed(found: Sequence[Block], kept: Sequence[Call], copies: int = 1) -> Iterator[None]:
    """Let these blocks return their recorded output, each sentence ``copies`` times, and compute nothing.

    An intervention does not change the layers below it: computing them again for every head would double the work.
    """
    modules = [block.module for block in found]
    for module, call in zip(modules, kept, strict=False):
        vars(module)["forward"] = _returns(_repeated(call.output, copies))
    try:
        yield
    finally:
        for module in modules:
            vars(module).pop("forward", None)


def _returns(output: "BlockOutput") -> "Callable[..., BlockOutput]":
    return lambda *_inputs, **_options: output


def _repeated(output: "BlockOutput", copies: int) -> "BlockOutput":
    if isinstance(output, (tuple, list)):  # (hidden states, …): T5's next block reads terms of position too
        n_rows = len(output[0])
        return type(output)(_tiled(part, copies) if _is_of(part, n_rows) else part for part in output)
    return _tiled(output, copies)


def _is_of(part: Any, n_rows: int) -> bool:
    return getattr(part, "ndim", 0) > 0 and len(part) == n_rows


def _tiled(part: "torch.Tensor", copies: int) -> "torch.Tensor":
    return part if copies == 1 else part.repeat(copies, *[1] * (part.ndim - 1))


# from the value vectors of a pass (B, T, H, d) to the replacement of the heads' outputs, in a shape that broadcasts
Substitute = Callable[["torch.Tensor"], "torch.Tensor"]


@contextmanager
def replaced(block: Block, substitute: Substitute, chosen: "torch.Tensor") -> Iterator[None]:
    """Replace the outputs of the chosen heads before they enter the output projection of ``block``.

    chosen (B, H) or (1, H), boolean: which heads. Everything else in the pass stays unchanged.
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
