"""Gradients of an output with respect to the embeddings that a frozen network is given."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.passes import each, run
from probing.attention.interventions.readouts import Output
from probing.errors import one_of
from probing.model.batches import Batch
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

NORMS = ("l1", "l2", "input")


def gradients(encoder: Encoder, subwords: Subwords, output: Output, norm: str = "l1") -> list[NDArray[np.float64]]:
    """How steeply the output's score (nats) changes with each subword's embedding, per sentence (S,).

    The embedding x (D) is the row of the embedding table, before positions and normalisation; g its gradient. ``l1``:
    sum |g|; ``l2``: |g|; ``input``: gradient × input, g · x, which is signed. NaN for sentences that do not fit into
    one input or give the output nothing to predict. The network's parameters take no gradient.
    """
    one_of("norm", norm, NORMS)
    steepness = [np.full(n, np.nan) for n in np.diff(subwords.offsets)]
    for batch, (defined, per_subword) in each(encoder, subwords, lambda b: _of_batch(encoder, b, output, norm)):
        for row in np.flatnonzero(defined):
            steepness[batch.sentences[row]] = per_subword[row, batch.real[row]]
    return steepness


def _of_batch(
    encoder: Encoder, batch: Batch, output: Output, norm: str
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which sentences have a score (B,), and its steepness (B, T)."""
    import torch

    ids = torch.from_numpy(batch.ids).to(encoder.device)
    with torch.enable_grad():
        embedded = encoder.network.get_input_embeddings()(ids).detach().requires_grad_()
        reading = output(run(encoder, batch, embedded).hidden_states[output.layer], batch)
        # A sentence's score depends on its own embeddings alone: one backward pass serves the whole batch.
        (slopes,) = torch.autograd.grad(reading.scores().sum(), embedded)
    per_subword = _reduced(slopes.float(), embedded.detach().float(), norm)
    return reading.defined(), per_subword.double().cpu().numpy()


def _reduced(slopes: "torch.Tensor", embedded: "torch.Tensor", norm: str) -> "torch.Tensor":
    if norm == "input":
        return (slopes * embedded).sum(-1)
    return slopes.abs().sum(-1) if norm == "l1" else slopes.norm(dim=-1)
