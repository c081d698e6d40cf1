"""What a readout still gets right without several heads: without all but one of a layer, or with fewer and fewer."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.head_ablation import Ablation, Head, ablated
from probing.attention.interventions.passes import each_batch, hidden
from probing.attention.interventions.readouts import Reading, Readout
from probing.model.batches import Batch
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a readout does on N sentences. score (N,): mean log-probability of gold, in nats. correct, labels (N,): right
    labels, and all labels, of each sentence. there (N,): 1 where something is read.
    """

    score: NDArray[np.float64]
    correct: NDArray[np.float64]
    labels: NDArray[np.float64]
    there: NDArray[np.float64]


def outcomes(
    encoder: Encoder,
    subwords: Subwords,
    readout: Readout,
    ablation: Ablation,
    removed: Mapping[Key, Collection[Head]],
) -> dict[Key, Outcome]:
    """How the readout does without each set of heads; an empty set is the intact model. Raises: ModelError."""

    def without(batch: Batch) -> list[NDArray[np.float64]]:
        return [_outcome(encoder, batch, readout, ablation, heads) for heads in removed.values()]

    found = np.zeros((len(removed), 4, len(subwords)))
    for batch, of_batch in each_batch(encoder, subwords, without):
        found[:, :, batch.sentences] = np.stack(of_batch)
    return {key: Outcome(*of_set) for key, of_set in zip(removed, found, strict=True)}


def _outcome(
    encoder: Encoder, batch: Batch, readout: Readout, ablation: Ablation, heads: Collection[Head]
) -> NDArray[np.float64]:
    """The four rows of an Outcome for a batch, (4, B)."""
    with ablated(encoder, batch, heads, ablation):
        reading = readout(hidden(encoder, batch, readout.layer), batch)
    correct, labels = right(reading)
    there = reading.defined().astype(np.float64)
    return np.stack([reading.scores().cpu().double().numpy(), correct, labels, there])


def right(reading: Reading) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many labels of each sentence are predicted rightly, and how many there are: (B,) each."""
    rows = reading.rows.cpu().numpy()
    hits = (reading.log_probabilities.argmax(1) == reading.gold).cpu().numpy()
    counts = [np.bincount(rows, weights=weights, minlength=reading.n_sentences) for weights in (hits, None)]
    return counts[0].astype(np.float64), counts[1].astype(np.float64)


def all_but(kept: Mapping[int, int], n_heads: int) -> dict[int, set[Head]]:
    """Per layer the heads to remove so that only the one in ``kept`` (layer -> head) is left.

    >>> all_but({2: 1}, 3)
    {2: {(2, 0), (2, 2)}}
    """
    return {layer: {(layer, head) for head in range(n_heads) if head != one} for layer, one in kept.items()}


def in_steps(order: Sequence[Head], steps: int) -> dict[int, list[Head]]:
    """The first heads of ``order`` in ``steps`` equal steps from none to all of them: number of heads -> heads.

    >>> in_steps([(1, 0), (1, 1), (2, 0), (2, 1)], 2)
    {0: [], 2: [(1, 0), (1, 1)], 4: [(1, 0), (1, 1), (2, 0), (2, 1)]}
    """
    return {n: list(order[:n]) for n in (round(step * len(order) / steps) for step in range(steps + 1))}
