"""One forward pass over one input, with everything that a view is made from."""

import inspect
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from probing.attention.values.norms import norm_blocks, of_layer, watch
from probing.errors import ModelError, no_memory
from probing.model.blocks import Block
from probing.model.encoder import Encoder
from probing.model.network_pass import hooks, run
from probing.model.queries import Call, recorded
from probing.view.free_text import TokenizedInput
from probing.view.record import Float32

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Pass:
    """What a pass leaves. attention: L times (1, H, S, S). hidden (L + 1, S, D). calls: of the attention modules, with
    queries and keys. blocks, seen: what norms are computed from.
    """

    attention: "tuple[torch.Tensor, ...]"
    hidden: Float32
    calls: Sequence[Call]
    blocks: Sequence[Block]
    seen: Sequence[dict[str, Any]]

    def norms(self) -> Float32:
        """‖α f(x)‖ per head (Kobayashi et al., 2020): (L, H, S, S). Raises: ModelError as ``of_layer`` does."""
        no_words = np.zeros(0, dtype=np.int32)
        each = zip(self.blocks, self.seen, strict=True)
        return np.stack([of_layer(block, seen, no_words).heads().cpu().numpy() for block, seen in each])


def blocks_or_reason(encoder: Encoder) -> tuple[list[Block], str | None]:
    """The network's blocks; or none, and the reason why its value vectors cannot be computed."""
    try:
        return norm_blocks(encoder), None
    except ModelError as error:
        return [], str(error).partition(";")[0]


def forward(encoder: Encoder, given: TokenizedInput, found: Sequence[Block] = (), calls: bool = True) -> Pass:
    """Run ``given`` through the network; ``found``: blocks to watch for norms; ``calls``: keep queries and keys.

    Raises: ModelError for a network without maps, for numbers that are not finite, and if memory runs out.
    """
    kept: list[Call] = []
    seen: list[dict[str, Any]] = []
    with ExitStack() as stack:
        if calls:
            kept = stack.enter_context(recorded())
        watching = (hook for block in found for hook in watch(block, lambda _block, of: seen.append(dict(of))))
        stack.enter_context(hooks(*watching))
        output = _run(encoder, given)
    attention = (
        tuple(of["attention"].to(encoder.device) for of in seen) if found else getattr(output, "attentions", None)
    )
    return Pass(*_checked(encoder, attention, output, len(given.ids)), kept, found, seen)


def _run(encoder: Encoder, given: TokenizedInput) -> Any:
    import torch

    ids = torch.from_numpy(given.ids)[None].to(encoder.device)
    options = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    takes = "token_type_ids" in inspect.signature(encoder.network.forward).parameters
    if given.types.any() and takes and getattr(encoder.network.config, "type_vocab_size", 0) > 1:
        options["token_type_ids"] = torch.from_numpy(given.types)[None].to(encoder.device)
    try:
        with torch.inference_mode():
            return run(encoder.network, options, output_attentions=True, output_hidden_states=True)
    except RuntimeError as error:
        if not no_memory(error):
            raise
        raise ModelError(
            f"{encoder.checkpoint.name}: not enough memory for the maps of {len(given.ids)} subwords; type device=cpu "
            "or use a shorter text"
        ) from error


def _checked(encoder: Encoder, attention: Any, output: Any, length: int) -> "tuple[tuple[torch.Tensor, ...], Float32]":
    import torch

    square, expected = (length, length), encoder.map_facts.layers
    attention = [layer for layer in attention or () if layer is not None]
    if len(attention) != len(expected) or any(tuple(layer.shape[-2:]) != square for layer in attention):
        raise ModelError(
            f"{encoder.checkpoint.name}: a view needs an attention map over the whole input from every layer that "
            "has attention; choose another model (from Python: load it with maps=True)"
        )
    hidden = torch.cat(tuple(output.hidden_states)).float()
    if not (bool(attention[-1].isfinite().all()) and bool(hidden.isfinite().all())):
        raise ModelError(
            f"{encoder.checkpoint.name}: numbers are not finite for this text; the weights may be damaged, or the "
            "numbers too large for model.precision=float16"
        )
    return tuple(attention), hidden.cpu().numpy()
