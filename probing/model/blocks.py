"""Where a block computes values, joins its heads and normalises: the places that hooks need, by architecture."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probing.errors import ModelError
from probing.model.families import FAMILIES, SANDWICHED, Family
from probing.model.network_pass import Network

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle


@dataclass(frozen=True)
class Block:
    """Attention of one block, whose output is added to the block's input.

    ``attention`` returns a pair, the second its map (B, H, T, T). ``value`` yields what values(output) turns into
    (B, T, H, d); ``output`` takes the heads side by side, (B, T, H * d), and its matrix is weight() (H * d, D).
    ``norm`` normalises the sum; None: the block normalises before attention, and never after.
    """

    module: "torch.nn.Module"
    attention: "torch.nn.Module"
    value: "torch.nn.Module"
    output: "torch.nn.Module"
    norm: "torch.nn.Module | None"
    n_heads: int
    head_width: int

    def values(self, projected: "torch.Tensor") -> "torch.Tensor":
        """The output of ``value`` -> (B, T, H, d); value heads shared by several heads are repeated."""
        width, total = self.head_width, self.n_heads * self.head_width
        *rows, wide = projected.shape
        if wide == 3 * total and type(self.value).__name__ == "Conv1D":  # GPT-2: queries, keys, values as thirds
            projected = projected[..., 2 * total :]
        elif wide == 3 * total:  # GPT-NeoX: queries, keys, values head by head
            projected = projected.reshape(*rows, self.n_heads, 3 * width)[..., 2 * width :]
        heads = projected.reshape(*rows, -1, width)
        return heads.repeat_interleave(self.n_heads // heads.shape[-2], dim=-2)

    def weight(self) -> "torch.Tensor":
        """The matrix of ``output``, (H * d, D): head h owns rows h * d to (h + 1) * d."""
        stored: Any = self.output.weight
        matrix: torch.Tensor = stored if type(self.output).__name__ == "Conv1D" else stored.T
        return matrix


def blocks(network: Network, families: Sequence[Family] = FAMILIES) -> list[Block]:
    """The blocks of ``network`` in order, layer 1 first. Raises: ModelError for an architecture not in ``families``."""
    import torch

    n_layers, n_heads = (getattr(network.config, f"num_{part}", None) for part in ("hidden_layers", "attention_heads"))
    for _, modules in network.named_modules():
        if n_heads and isinstance(modules, torch.nn.ModuleList) and len(modules) == n_layers:
            found = [_block(module, n_heads, families) for module in modules]
            if all(found):
                return [block for block in found if block]
    raise ModelError(
        f"{type(network).__name__}: interventions and value vectors are made for BERT, RoBERTa, ELECTRA, DistilBERT, "
        "DeBERTa, GPT-2, GPT-NeoX, Llama and Qwen; type attention=rollout, which needs none of them, or add a line to "
        "probing/model/families.py"
    )


def _block(module: "torch.nn.Module", n_heads: int, families: Sequence[Family]) -> Block | None:
    modules = dict(module.named_modules())
    # Granite scales what it adds; elsewhere the output of attention is added to the block's input as it is.
    if set(modules) & SANDWICHED or getattr(module, "residual_multiplier", 1.0) != 1.0:
        return None
    for attention, value, output, norm in families:
        if {attention, value, output} <= set(modules) and (norm is None or norm in modules):
            joined, _ = _sizes(modules[output])
            _, projected = _sizes(modules[value])
            if projected != 3 * joined and joined % projected:
                return None
            after = modules[norm] if norm else None
            parts = (module, modules[attention], modules[value], modules[output], after)
            return Block(*parts, n_heads, joined // n_heads)
    return None


def _sizes(linear: Any) -> tuple[int, int]:
    """What a linear map takes and what it yields: GPT-2's Conv1D keeps its matrix the other way round."""
    first, second = linear.weight.shape
    return (first, second) if type(linear).__name__ == "Conv1D" else (second, first)


@contextmanager
def hooks(*handles: "RemovableHandle") -> Iterator[None]:
    """Keep hooks for the time of a ``with`` statement."""
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
