"""Facts about a network that each configuration states in its own way, or not at all: measured on five subwords."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probing.errors import ModelError

if TYPE_CHECKING:
    import torch

Network = Any  # a transformers model: its own annotations do not pass strict checks


@dataclass(frozen=True)
class Facts:
    """n_layers: hidden states, the embedding output included. width: numbers per vector.

    causal: no vector depends on later subwords. final_norm: the last hidden state has passed a normalisation,
    outside of any block, that the others have not; say so where layers are compared.
    """

    n_layers: int
    width: int
    causal: bool
    final_norm: bool


def measure(network: Network, pad: int, device: str) -> Facts:
    """Run ``network`` twice on five subwords. Raises: ModelError if it gives no hidden state per subword."""
    import torch

    ids = [number for number in range(7) if number != pad]
    outputs: list[torch.Tensor] = []

    def keep(_block: "torch.nn.Module", _inputs: object, output: Any) -> None:
        tensor = output[0] if isinstance(output, tuple) else output
        if isinstance(tensor, torch.Tensor):
            outputs.append(tensor)

    one = hidden_states(network, *_batch(ids[:5], device))
    blocks = [block for modules in network.modules() if isinstance(modules, torch.nn.ModuleList) for block in modules]
    hooks = [block.register_forward_hook(keep) for block in blocks]
    other = hidden_states(network, *_batch([*ids[:4], ids[5]], device))
    for hook in hooks:
        hook.remove()

    last = other[-1]
    return Facts(
        n_layers=len(one),
        width=one[0].shape[-1],
        causal=all(torch.equal(a[:, :4], b[:, :4]) for a, b in zip(one, other, strict=True)),
        final_norm=not any(output.shape == last.shape and torch.equal(output, last) for output in outputs),
    )


def hidden_states(network: Network, ids: "torch.Tensor", mask: "torch.Tensor") -> tuple["torch.Tensor", ...]:
    """All hidden states of a right-padded batch: ids, mask (B, T) -> L times (B, T, D)."""
    import torch

    with torch.inference_mode():
        output = network(input_ids=ids, attention_mask=mask, output_hidden_states=True, return_dict=True)
    states = getattr(output, "hidden_states", None)
    if not states or any(state.shape != (*ids.shape, states[0].shape[-1]) for state in states):
        raise ModelError(f"{type(network).__name__} gives no hidden state per layer and subword; choose an encoder")
    return tuple(states)


def _batch(ids: list[int], device: str) -> tuple["torch.Tensor", "torch.Tensor"]:
    import torch

    batch = torch.tensor([ids], device=device)
    return batch, torch.ones_like(batch)


def longest_input(network: Network) -> int | None:
    """Subwords that the network was built for; None if its configuration names no limit.

    RoBERTa and models like it count positions from the padding number on: the rows of the table up to it are not used.
    """
    import torch

    positions = getattr(network.config, "max_position_embeddings", None)
    if not positions or positions < 0:
        return None
    reserved = [
        table.padding_idx + 1
        for name, table in network.named_modules()
        if isinstance(table, torch.nn.Embedding) and "position" in name and table.num_embeddings == positions
        if table.padding_idx is not None
    ]
    return int(positions) - max(reserved, default=0)
