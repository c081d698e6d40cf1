"""Gradients of a readout's score with respect to the embeddings that enter a frozen network."""

from collections.abc import Iterator
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

NORMS = ("l1", "l2", "sum", "input")
SCORES = ("label", "last_logit")


def gradients(
    encoder: Encoder, subwords: Subwords, readout: Readout, norm: str = "l1", score: str = "label"
) -> list[NDArray[np.float64]]:
    """How strongly labels depend on each subword's embedding, a word's own label apart: per sentence (S,), in nats.

    x (D,) is the subword's row of the embedding table, before positions and normalisation are added; g is the gradient
    with respect to it of the mean log-probability of gold over all places that are not the subword's own
    (``readout.places``: for the label of a sentence these are all). norm: l1 is Σ |g|, l2 is the length of g, sum is
    |Σ g|, input is gradient × input, g · x, which has a sign. score: last_logit is the logit of the last class in place
    of the log-probability of gold (with sum: as the code of Abnar & Zuidema 2020). NaN where there is no such place,
    and for sentences that do not fit into one input. The network's parameters have no gradient. Raises: ConfigError
    for another norm or score.
    """
    one_of("norm", norm, NORMS)
    one_of("score", score, SCORES)
    steepness = [np.full(n, np.nan) for n in np.diff(subwords.offsets)]
    for batch, per_subword in each_batch(encoder, subwords, lambda b: _of_batch(encoder, b, readout, (norm, score))):
        for row, sentence in enumerate(batch.sentences):
            steepness[sentence] = per_subword[row, batch.real[row]]
    return steepness


def _of_batch(encoder: Encoder, batch: Batch, readout: Readout, way: tuple[str, str]) -> NDArray[np.float64]:
    """The steepness of a batch, (B, T)."""
    import torch

    places = readout.places(batch)
    n_others = _by_row((~places.own).astype(np.float64), places.rows, len(batch.ids))
    ids = torch.from_numpy(batch.ids).to(encoder.device)
    with torch.enable_grad():
        embedded = encoder.network.get_input_embeddings()(ids).detach().requires_grad_()
        reading = readout(forward(encoder, batch, embedded).hidden_states[readout.layer], batch)
        scores = reading.logits[:, -1] if way[1] == "last_logit" else reading.of_gold()
        slopes = torch.zeros_like(embedded, dtype=torch.float32)
        # a label depends only on its own sentence, so that one backward pass serves one place of every sentence
        for some in _one_of_each_row(places.rows):
            (slope,) = torch.autograd.grad(scores[some].sum(), embedded, retain_graph=True)
            others = torch.from_numpy(~places.own[some]).to(slope.device)
            slopes[places.rows[some]] += slope[places.rows[some]].float() * others[:, :, None]
    total = _reduced(slopes, embedded.detach().float(), way[0]).double().cpu().numpy()
    return np.asarray(np.divide(total, n_others, out=np.full(total.shape, np.nan), where=n_others > 0))


def _one_of_each_row(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Numbers of places, at most one of each row at a time, until all were given. rows (P,), ascending."""
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    for number in range(int(rank.max(initial=-1)) + 1):
        yield np.flatnonzero(rank == number)


def _by_row(values: NDArray[np.float64], rows: NDArray[np.int64], n_rows: int) -> NDArray[np.float64]:
    """Sums of values (P, T) over the places of each row: (B, T)."""
    found = np.zeros((n_rows, values.shape[1]))
    np.add.at(found, rows, values)
    return found


def _reduced(slopes: "torch.Tensor", embedded: "torch.Tensor", norm: str) -> "torch.Tensor":
    if norm == "input":
        return (slopes * embedded).sum(-1)
    if norm == "sum":
        return slopes.sum(-1).abs()
    return slopes.abs().sum(-1) if norm == "l1" else slopes.norm(dim=-1)
