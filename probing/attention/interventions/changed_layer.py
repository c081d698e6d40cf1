"""A pass with other hidden states at one layer: vectors of words or sentences are changed, all layers above follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probing.attention.interventions.passes import forward, resumed
from probing.attention.interventions.patched_pass import entering
from probing.axes import IntArray
from probing.errors import ConfigError
from probing.model.batches import Batch
from probing.model.block_calls import Call, calls
from probing.model.blocks import Block, blocks
from probing.model.encoder import Encoder
from probing.model.pooling import Pooling, pooling_weights

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class PooledItems:
    """The P items of a batch that are changed. weights (P, B * T): their pooled subwords. rows (P,): their sentences'
    rows in the batch. which (P,): the number of each among the items of its sentence.
    """

    weights: sparse.csr_matrix
    rows: NDArray[np.int64]
    which: NDArray[np.int64]

    def vectors(self, states: "torch.Tensor") -> NDArray[np.float32]:
        """Hidden states (B, T, D) -> the vectors of the items, (P, D)."""
        return np.asarray(self.weights @ states.flatten(0, 1).float().cpu().numpy())

    def moved(self, states: "torch.Tensor", by: Sequence[NDArray[np.floating]]) -> "torch.Tensor":
        """The states (B, T, D) once for each of K moves ``by``, (P, D) each, one copy after the other: (K * B, T, D).

        They give every item the vector that it has plus its row of the move. Each subword that an item is pooled from
        moves as the item does; one of several items as their mean does.
        """
        import torch

        flat = np.stack([self._spread @ np.asarray(one, dtype=np.float32) for one in by])
        moves = torch.from_numpy(flat).to(states.device, states.dtype).view(len(by), *states.shape)
        return (states + moves).flatten(0, 1)

    @cached_property
    def _spread(self) -> sparse.csr_matrix:
        """(B * T, P): which items move a subword, each with 1 / their number."""
        there = (self.weights > 0).astype(np.float32).T.tocsr()
        counts = np.maximum(np.diff(there.indptr), 1)
        return sparse.diags((1 / counts).astype(np.float32)) @ there


def pooled_items(batch: Batch, items: Sequence[IntArray], n_words: IntArray, pooling: Pooling) -> PooledItems:
    """The items of a batch. items: per sentence of the batch the words that are items, (W,), or (1,) for the sentence;
    n_words: of each sentence of the batch. Items without a subword are left out.
    """
    n_rows, length = batch.ids.shape
    starts, lengths = np.arange(n_rows) * length, batch.real.sum(axis=1)
    last = None if batch.last_words is None else batch.last_words.ravel()
    pool = pooling_weights(batch.words.ravel(), starts, lengths, n_words, pooling, last)
    per_row = np.ones(n_rows, np.int64) if pooling.level == "sentence" else n_words.astype(np.int64)
    first = np.cumsum(per_row) - per_row
    rows = np.repeat(np.arange(n_rows), [len(of) for of in items])
    which = np.concatenate([np.arange(len(of)) for of in items])
    wanted = first[rows] + np.concatenate([np.asarray(of, dtype=np.int64) for of in items])
    there = np.flatnonzero(np.diff(pool.indptr)[wanted] > 0)
    return PooledItems(pool[wanted[there]], rows[there], which[there])


@dataclass(frozen=True, eq=False)
class LayerPass:
    """The pass of a batch, kept so that it can go on from any layer. states: of every layer, (B, T, D) each.

    found, kept: the blocks with attention, and their calls.
    """

    encoder: Encoder
    batch: Batch
    found: Sequence[Block]
    kept: Sequence[Call]
    states: "Sequence[torch.Tensor]"

    def above(self, layer: int, changed: "torch.Tensor") -> "dict[int, torch.Tensor]":
        """The states of ``layer`` and of all layers above it, by layer, if those of ``layer`` are ``changed``.

        changed: (K * B, T, D), K copies of the batch one after the other, each changed in another way; so are all
        states returned. The blocks below compute nothing.
        Raises: ConfigError for a layer that is neither the last one nor read by a block with attention.
        """
        import torch

        last = len(self.states) - 1
        if layer == last:
            return {last: changed}
        places = [place for place, block in enumerate(self.found) if block.number == layer + 1]
        if not places:
            layers = [*(block.number - 1 for block in self.found), last]
            raise ConfigError(f"layers={layer}: no block with attention reads this layer; choose among {layers}")
        below, copies = self.found[: places[0]], len(changed) // len(self.batch.ids)
        with torch.inference_mode(), resumed(below, self.kept, copies), entering(self.found[places[0]], changed):
            states = forward(self.encoder, self.batch.repeat(copies)).hidden_states
        return {layer: changed, **{above: states[above] for above in range(layer + 1, last + 1)}}


def entered(encoder: Encoder) -> list[int]:
    """The layers whose states can be changed: those that a block with attention reads, and the last one.

    Raises: ModelError for an architecture whose blocks are not known.
    """
    return [*(block.number - 1 for block in blocks(encoder.network)), encoder.n_layers - 1]


def layer_pass(encoder: Encoder, batch: Batch) -> LayerPass:
    """The pass of a batch, without gradients. Raises: ModelError for an architecture whose blocks are not known."""
    import torch

    found = blocks(encoder.network)
    with torch.inference_mode(), calls(block.module for block in found) as kept:
        states = forward(encoder, batch).hidden_states
    return LayerPass(encoder, batch, found, kept, states)
