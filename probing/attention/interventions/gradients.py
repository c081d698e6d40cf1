"""Gradients of a readout's score with respect to the embeddings that enter a frozen network."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.passes import each_batch, forward
from probing.attention.interventions.readouts import Readout
from probing.errors import one_of
from probing.model.batches import Batch
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

NORMS = ("l1", "l2", "input")


def gradients(encoder: Encoder, subwords: Subwords, readout: Readout, norm: str = "l1") -> list[NDArray[np.float64]]:
    """How strongly the readout's score (nats) changes with each subword's embedding: per sentence (S,).

    x (D,) is the subword's row of the embedding table, before positions and normalisation are added; g is the gradient
    with respect to it. ``norm``: l1 is sum |g|, l2 is |g|, input is gradient × input, g · x, which has a sign. NaN for
    sentences that do not fit into one input or have nothing to predict. The network's parameters have no gradient.
    Raises: ConfigError for another norm.
    """
    one_of("norm", norm, NORMS)
    steepness = [np.full(n, np.nan) for n in np.diff(subwords.offsets)]
    for batch, (defined, per_subword) in each_batch(encoder, subwords, lambda b: _of_batch(encoder, b, readout, norm)):
        for row in np.flatnonzero(defined):
            steepness[batch.sentences[row]] = per_subword[row, batch.real[row]]
    return steepness


def _of_batch(
    encoder: Encoder, batch: Batch, readout: Readout, norm: str
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which sentences have a score (B,), and its steepness (B, T)."""
    import torch

    ids = torch.from_numpy(batch.ids).to(encoder.device)
    with torch.enable_grad():
        embedded = encoder.network.get_input_embeddings()(ids).detach().requires_grad_()
        reading = readout(forward(encoder, batch, embedded).hidden_states[readout.layer], batch)
        # A sentence's score depends only on its own embeddings, so one backward pass is enough for the whole batch.
        (slopes,) = torch.autograd.grad(reading.scores().sum(), embedded)
    per_subword = _reduced(slopes.float(), embedded.detach().float(), norm)
    return reading.defined(), per_subword.double().cpu().numpy()


def _reduced(slopes: "torch.Tensor", embedded: "torch.Tensor", norm: str) -> "torch.Tensor":
    if norm == "input":
        return (slopes * embedded).sum(-1)
    return slopes.abs().sum(-1) if norm == "l1" else slopes.norm(dim=-1)
