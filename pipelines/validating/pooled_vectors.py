"""Sentence vectors of every layer, of an encoder as it is or with its access to the negation cut from a layer on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.passes import each_batch, forward, resumed
from probing.axes import Progress, Sentence, no_progress
from probing.data.negation_edits import negations_in
from probing.errors import DataError
from probing.model.batches import PADDING, Batch
from probing.model.block_calls import calls
from probing.model.blocks import blocks
from probing.model.encoder import Encoder

Vectors = NDArray[np.float32]  # (L, N, D)


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads sentences: mean over the subwords of their words, in every layer. What was read once is kept.

    cut_from: the first layer whose states are those of the same text with its negations masked out of attention, and
    whose vectors are means over the other words; None: the encoder as it is. (A mask token in their place would tell
    that there was a negation.) plain: the reader that reads the sentences without a negation; None: this one.
    """

    encoder: Encoder
    cut_from: int | None = None
    plain: "Reader | None" = None
    kept: dict[tuple[str, ...], NDArray[np.float32]] = field(default_factory=dict)

    def vectors(self, sentences: Sequence[Sentence], on_progress: Progress = no_progress) -> Vectors:
        """(L, N, D). Raises: DataError for a sentence that does not fit into one input, or has no subword."""
        others = [one for one in sentences if not negations_in(one.words)]
        if self.plain is not None and others:
            self.plain.vectors(others, on_progress)
        new = [*{one.words: one for one in sentences if self._of(one) is None}.values()]
        if new:
            self._read(new, on_progress)
        found = [self._of(one) for one in sentences]
        missing = [one.id for one, vector in zip(sentences, found, strict=True) if vector is None]
        if missing:
            raise DataError(f"{len(missing)} sentences do not fit into one input, or have no subword: {missing[0]}")
        return np.stack([vector for vector in found if vector is not None], axis=1)

    def _of(self, sentence: Sentence) -> NDArray[np.float32] | None:
        where = self.kept if self.plain is None or negations_in(sentence.words) else self.plain.kept
        return where.get(sentence.words)

    def _read(self, sentences: Sequence[Sentence], on_progress: Progress) -> None:
        def run(batch: Batch) -> NDArray[np.float32]:
            return self._pooled(batch, sentences)

        subwords, done = self.encoder.tokenize_sentences(sentences), 0
        for batch, found in each_batch(self.encoder, subwords, run):
            for place, vector in zip(batch.sentences, found.swapaxes(0, 1), strict=True):
                if np.isfinite(vector).all():
                    self.kept[sentences[place].words] = vector.copy()
            done += len(batch.sentences)
            on_progress("reading sentences", done, len(sentences))

    def _pooled(self, batch: Batch, sentences: Sequence[Sentence]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            if self.cut_from is None:
                return pooled(forward(self.encoder, batch).hidden_states, batch)
            return cut(self.encoder, batch, without_negations(batch, sentences), self.cut_from)


def without_negations(batch: Batch, sentences: Sequence[Sentence]) -> Batch:
    """The batch in which no place attends to a negation, and no negation counts: it is treated as padding."""
    words = batch.words.copy()
    for row, place in enumerate(batch.sentences):
        hidden = np.isin(words[row], negations_in(sentences[place].words))
        words[row] = np.where(hidden, PADDING, words[row])
    return replace(batch, words=words)


def cut(encoder: Encoder, batch: Batch, other: Batch, layer: int) -> NDArray[np.float32]:
    """Vectors of all layers, (L, B, D): from ``layer`` on, hooks let the blocks return what they give for ``other``."""
    above = [block for block in blocks(encoder.network) if block.number >= layer]
    with calls([block.module for block in above]) as recorded:
        forward(encoder, other)
    with resumed(above, recorded):
        states = forward(encoder, batch).hidden_states
    return np.concatenate([pooled(states[:layer], batch), pooled(states[layer:], other)])


def pooled(states: Any, batch: Batch) -> NDArray[np.float32]:
    """Hidden states, L times (B, T, D) -> (L, B, D): the mean over the subwords of words; NaN if there is none."""
    import torch

    weights = torch.from_numpy((batch.words >= 0).astype(np.float32)).to(states[0].device)
    weights = weights / weights.sum(dim=1, keepdim=True)
    found: NDArray[np.float32] = (
        torch.stack([torch.einsum("bt,btd->bd", weights, s.float()) for s in states]).cpu().numpy()
    )
    return found
