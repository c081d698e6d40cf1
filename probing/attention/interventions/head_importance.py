"""How important a head is by gradients: what the readout loses if the head's output is scaled down a little."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.head_ablation import Ablation, Head
from probing.attention.interventions.passes import Substitute, below, each_batch, forward
from probing.attention.interventions.readouts import Readout
from probing.model.batches import Batch
from probing.model.blocks import Block, blocks
from probing.model.encoder import Encoder
from probing.model.network_pass import hooks
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch


def importance(encoder: Encoder, subwords: Subwords, readout: Readout, ablation: Ablation) -> NDArray[np.float64]:
    """The importance of each head, (L, H) for the layers up to the one that is read; each layer has L2 norm 1.

    A head's output is multiplied by a gate g, and what replaces it by 1 - g; the importance is the mean over sentences
    of |d score / d g| at g = 1, where the score is the mean log-probability of gold in the sentence. With
    replacement=zero this is the expected sensitivity of Michel et al. (2019), who divide by the layer's norm too.
    A layer without any sensitivity has zeros. Raises: ModelError as ``blocks`` does.
    """
    found = below(blocks(encoder.network), readout.layer)
    total = np.zeros((len(found), found[0].n_heads))
    slopes = each_batch(encoder, subwords, lambda batch: _slopes(encoder, batch, readout, ablation, found))
    for _, of_batch in slopes:
        total += of_batch
    norms = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(np.divide(total, norms, out=np.zeros_like(total), where=norms > 0))


def by_importance(scores: NDArray[np.float64], layers: tuple[int, ...]) -> list[Head]:
    """Heads from the least to the most important: scores (L, H) of ``layers``; ties by layer, then head."""
    order = np.argsort(scores, axis=None, kind="stable")
    return [(layers[int(layer)], int(head)) for layer, head in zip(*np.unravel_index(order, scores.shape), strict=True)]


def _slopes(
    encoder: Encoder, batch: Batch, readout: Readout, ablation: Ablation, found: list[Block]
) -> NDArray[np.float64]:
    """|d score / d gate| summed over the sentences of a batch, (L, H)."""
    import torch

    with torch.enable_grad(), ExitStack() as stack:
        gates = torch.ones(len(found), len(batch.ids), found[0].n_heads, device=encoder.device, requires_grad=True)
        for place, block in enumerate(found):
            stack.enter_context(gated(block, ablation.substitute(encoder, batch, place), gates[place]))
        scores = readout(forward(encoder, batch).hidden_states[readout.layer], batch).scores()
        if not scores.requires_grad:  # nothing to predict in this batch
            return np.zeros((len(found), found[0].n_heads))
        (slope,) = torch.autograd.grad(scores.sum(), gates)  # a sentence depends on its own gates only
    return np.asarray(slope.abs().sum(1, dtype=torch.float64).cpu().numpy())


@contextmanager
def gated(block: Block, substitute: Substitute, gates: "torch.Tensor") -> Iterator[None]:
    """Mix the output of each head with its replacement: gates (B, H), 1 for the head's own output, 0 for the other."""
    values: list[torch.Tensor] = []

    def keep(_value: "torch.nn.Module", _inputs: object, projected: "torch.Tensor") -> None:
        values[:] = [block.values(projected)]

    def put(_output: "torch.nn.Module", inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        heads = inputs[0].unflatten(-1, (block.n_heads, block.head_width))
        share = gates[:, None, :, None].to(heads)
        mixed = share * heads + (1 - share) * substitute(values[0].to(gates.device)).to(heads)
        return mixed.flatten(-2), *inputs[1:]

    with hooks(block.value.register_forward_hook(keep), block.output.register_forward_pre_hook(put)):
        yield
