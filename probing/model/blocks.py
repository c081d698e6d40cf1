"""Where a block computes values, joins its heads and normalises: the places that hooks need, by architecture."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probing.errors import ModelError
from probing.model.network_facts import Network

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

# per family: (the block's attention, value projection, output projection, norm after the residual) by module names;
# a projection that yields queries, keys and values at once is named with the part that holds the values
_FAMILIES: tuple[tuple[str, str, str, str | None], ...] = (
    # BERT, RoBERTa, ELECTRA
    ("attention.self", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm"),
    ("attention.self", "attention.self.value_proj", "attention.output.dense", "attention.output.LayerNorm"),  # DeBERTa
    ("attention", "attention.v_lin", "attention.out_lin", "sa_layer_norm"),  # DistilBERT
    ("self_attn", "self_attn.v_proj", "self_attn.o_proj", None),  # Llama, Qwen
    ("attn", "attn.c_attn", "attn.c_proj", None),  # GPT-2
    ("attention", "attention.query_key_value", "attention.dense", None),  # GPT-NeoX
)
# Blocks that normalise attention's output before they add it (Gemma 2, OLMo 2, GLM 4) share Llama's other names.
_SANDWICHED = {"post_feedforward_layernorm", "post_self_attn_layernorm"}


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


def blocks(network: Network) -> list[Block]:
    """The blocks of ``network`` in order, layer 1 first. Raises: ModelError for an architecture not in the list."""
    import torch

    n_layers, n_heads = (getattr(network.config, f"num_{part}", None) for part in ("hidden_layers", "attention_heads"))
    for _, modules in network.named_modules():
        if n_heads and isinstance(modules, torch.nn.ModuleList) and len(modules) == n_layers:
            found = [_block(module, n_heads) for module in modules]
            if all(found):
                return [block for block in found if block]
    raise ModelError(
        f"{type(network).__name__}: interventions and value vectors are made for BERT, RoBERTa, ELECTRA, DistilBERT, "
        "DeBERTa, GPT-2, GPT-NeoX, Llama and Qwen; type attention=rollout, which needs none of them"
    )


def _block(module: "torch.nn.Module", n_heads: int) -> Block | None:
    modules = dict(module.named_modules())
    # Granite scales what it adds; elsewhere the output of attention is added to the block's input as it is.
    if set(modules) & _SANDWICHED or getattr(module, "residual_multiplier", 1.0) != 1.0:
        return None
    for attention, value, output, norm in _FAMILIES:
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
