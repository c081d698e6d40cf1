"""Where a block computes values, joins its heads and normalises: the places that hooks need, by architecture."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probing.errors import ModelError
from probing.model.measure import Network

if TYPE_CHECKING:
    import torch

# per family: (the block's attention, value projection, output projection, norm after the residual) by module names;
# a projection that yields queries, keys and values at once is named with the part that holds the values
_POST = ("attention.self", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm")
_FAMILIES: tuple[tuple[str, str, str, str | None], ...] = (
    _POST,  # BERT, RoBERTa, ELECTRA
    ("attention.self", "attention.self.value_proj", "attention.output.dense", "attention.output.LayerNorm"),  # DeBERTa
    ("attention", "attention.v_lin", "attention.out_lin", "sa_layer_norm"),  # DistilBERT
    ("attention", "attention.value", "attention.dense", "attention.LayerNorm"),  # ALBERT
    ("self_attn", "self_attn.v_proj", "self_attn.o_proj", None),  # Llama, Qwen
    ("attn", "attn.c_attn", "attn.c_proj", None),  # GPT-2
    ("attention", "attention.query_key_value", "attention.dense", None),  # GPT-NeoX
)


@dataclass(frozen=True)
class Block:
    """Attention of one block. ``norm`` normalises attention output plus residual; None: the block normalises before.

    ``values`` yields what values(output) turns into (B, T, H, d); ``output`` takes the heads side by side,
    (B, T, H * d), and its matrix is weight() (H * d, D).
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
        if projected.shape[-1] == 3 * total:
            if type(self.value).__name__ == "Conv1D":  # GPT-2: queries, keys, values one after the other
                projected = projected[..., 2 * total :]
            else:  # GPT-NeoX: head by head
                projected = projected.unflatten(-1, (self.n_heads, 3 * width))[..., 2 * width :].flatten(-2)
        heads = projected.unflatten(-1, (-1, width))
        return heads.repeat_interleave(self.n_heads // heads.shape[-2], dim=-2)

    def weight(self) -> "torch.Tensor":
        """The matrix of ``output``, (H * d, D): head h owns rows h * d to (h + 1) * d."""
        matrix: torch.Tensor = self.output.weight
        return matrix if type(self.output).__name__ == "Conv1D" else matrix.T


def blocks(network: Network) -> list[Block]:
    """The blocks of ``network`` in order, layer 1 first. Raises: ModelError for an architecture not in the list."""
    import torch

    n_layers, n_heads = int(network.config.num_hidden_layers), int(network.config.num_attention_heads)
    for _, modules in network.named_modules():
        if isinstance(modules, torch.nn.ModuleList) and len(modules) == n_layers:
            found = [_block(module, n_heads) for module in modules]
            if all(found):
                return [block for block in found if block]
    raise ModelError(
        f"{type(network).__name__}: interventions and value vectors are made for BERT, RoBERTa, ELECTRA, DistilBERT, "
        "GPT-2, GPT-NeoX, Llama and Qwen; type attention=rollout, which needs none of them"
    )


def _block(module: Any, n_heads: int) -> Block | None:
    modules = dict(module.named_modules())
    for attention, value, output, norm in _FAMILIES:
        if {attention, value, output} <= set(modules) and (norm is None or norm in modules):
            weight = modules[output].weight
            joined = weight.shape[0] if type(modules[output]).__name__ == "Conv1D" else weight.shape[1]
            after = modules[norm] if norm else None
            parts = (module, modules[attention], modules[value], modules[output], after)
            return Block(*parts, n_heads, joined // n_heads)
    return None


@contextmanager
def hooks(*handles: Any) -> Iterator[None]:
    """Keep hooks for the time of a ``with`` statement."""
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
