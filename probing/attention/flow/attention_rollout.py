"""Attention rollout (Abnar and Zuidema 2020, section 3): from which inputs each position may get its information."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.flow.augmented import Rollout, augmented
from probing.axes import Split, Tally
from probing.model.map_facts import MapFacts
from probing.model.maps import SPECIAL, Maps

if TYPE_CHECKING:
    import torch

Int64 = NDArray[np.int64]
ON_SINK = "mass_on_sink"
METRICS = ("rollout_entropy_nats", "effective_tokens", "mass_on_self", "mass_on_first", "mass_on_special", ON_SINK)


def rollout(
    attention: "Sequence[torch.Tensor]",
    lengths: Int64,
    options: Rollout,
    sentences: Int64 | None = None,
    facts: MapFacts | None = None,
) -> "torch.Tensor":
    """R_l = Â_l R_(l-1) for every layer l, where R_0 is the identity: L maps (B, H, T, T) -> (B, L, T, T).

    Rows are queries in layer l, columns are input positions. Each row is a distribution over the positions of its
    sentence, and over the sinks if there are any; rows of padding have no meaning. Blocks without a map are passed
    over, as if they mixed nothing. Arguments and errors: as in ``augmented``.
    """
    import torch

    maps = augmented(attention, lengths, options, sentences, facts)
    return _recursion(maps, torch.eye(maps.shape[-1], device=maps.device).expand_as(maps[:, 0]), len(attention))


def by_word(batch: Maps, options: Rollout) -> "torch.Tensor":
    """Rollout from words to words in every layer: (B, L, W, 2 + W), W words in the longest sentence.

    Columns: position 0, all special subwords together, then each word; the last 1 + W sum to 1, less what sinks take.
    The result is that of ``rollout`` followed by ``to_words``, but columns are summed first, which is allowed because
    the recursion is linear and is faster. Words without subwords: as in ``from_words``; of words that share subwords
    (``linked``), the first stands for all. Raises: as ``augmented``.
    """
    import torch

    maps = augmented(batch.attention, batch.lengths, options, batch.sentences, batch.of)
    n_words = int(batch.units.max()) + 1
    start = torch.zeros((*batch.units.shape, 2 + n_words), device=maps.device)
    start[:, 0, 0] = 1
    start[:, :, 1:] = _member(start, batch.units, range(SPECIAL, n_words))
    return from_words(_recursion(maps, start, len(batch.attention)), batch.units, n_words)


def _recursion(maps: "torch.Tensor", start: "torch.Tensor", n_layers: int) -> "torch.Tensor":
    """Â_l … Â_first start for each of ``n_layers``: maps (B, K, T, T), start (B, T, C) -> (B, L, T, C)."""
    import torch

    before = n_layers - maps.shape[1]
    found = torch.empty((n_layers, *start.shape), device=maps.device)
    found[:before] = reached = start
    for layer in range(before, n_layers):
        reached = torch.bmm(maps[:, layer - before], reached, out=found[layer])
    return found.transpose(0, 1)


def from_words(matrix: "torch.Tensor", words: Int64, n_words: int) -> "torch.Tensor":
    """Rows averaged over the subwords of each word: (..., S, S) -> (..., W, S).

    ``words`` (S,), or (B, S) for a matrix (B, ..., S, S): the word of each subword. A word without subwords (in a batch
    also one after the end of its sentence) has a row of zeros.
    """
    member = _member(matrix, words, range(n_words))
    return (member / member.sum(dim=-2, keepdim=True).clamp(min=1)).transpose(-1, -2) @ matrix


def to_words(matrix: "torch.Tensor", words: Int64, n_words: int) -> "tuple[torch.Tensor, torch.Tensor]":
    """From words to words (Clark et al. 2019, section 4.1): (..., S, S) -> (..., W, W) and special_mass (..., W).

    Columns are summed and rows averaged over the subwords of a word; special_mass is what a word gives to special
    subwords, so that a row and its special mass sum to 1. ``words`` and words without subwords: as in ``from_words``.
    """
    rows = from_words(matrix, words, n_words)
    columns = rows @ _member(matrix, words, range(SPECIAL, n_words))  # (..., W, S) -> (..., W, 1 + W)
    return columns[..., 1:], columns[..., 0]


def _member(matrix: "torch.Tensor", words: Int64, names: range) -> "torch.Tensor":
    """Which subword belongs to which of ``names``: (..., S, len(names)), 1 or 0, with as many axes as ``matrix``."""
    import torch

    owner = torch.as_tensor(words, device=matrix.device)
    owner = owner.reshape(*owner.shape[:-1], *[1] * (matrix.ndim - owner.ndim - 1), owner.shape[-1], 1)
    return (owner == torch.tensor(names, device=matrix.device)).to(matrix.dtype)


class RolloutTally:
    """Statistics of the rollout of words, summed per sentence and layer over the words that have subwords.

    Words that share subwords count as one word (``linked``).

    rollout_entropy_nats, and effective_tokens (its exponential): of a word's distribution over the words of its
    sentence and one more outcome, all special subwords together. mass_on_self: on the word itself. mass_on_first: on
    position 0 (a special subword in many models). mass_on_special: on all special subwords. mass_on_sink: on the sinks
    of the layers below, one more outcome in entropy; only of models that have them.
    """

    def __init__(self, n_sentences: int, facts: MapFacts, split: Split, options: Rollout) -> None:
        self._split, self._options, self._facts = split, options, facts
        self._sums = np.zeros((len(METRICS), n_sentences, len(facts.layers)))
        self._items = np.zeros(n_sentences)

    def add(self, batch: Maps) -> None:
        """Add the maps of a batch. Raises: as ``rollout``."""
        import torch

        found = by_word(batch, self._options)  # (B, L, W, 2 + W)
        sink = (1 - found[..., 1:].sum(dim=-1)).clamp_min(0) if any(self._facts.sinks) else found.new_zeros(())
        entropy = torch.special.entr(found[..., 1:]).sum(dim=-1) + torch.special.entr(sink)
        itself = found[..., 2:].diagonal(dim1=-2, dim2=-1)
        values = torch.stack([entropy, entropy.exp(), itself, found[..., 0], found[..., 1], sink.expand_as(entropy)])
        exists = found[..., 1:].sum(dim=-1)[:, 0] > 0  # (B, W): words without subwords have a row of zeros
        sums = (values.double() * exists[:, None]).sum(dim=-1)  # (6, B, L, W) -> (6, B, L)
        self._sums[:, batch.sentences] = sums.cpu().numpy()
        self._items[batch.sentences] = exists.sum(dim=-1).cpu().numpy()

    def finish(self) -> list[Tally]:
        """One tally per metric: sums (N, L), items (N,), 0 for sentences that were not added."""
        return [
            Tally(metric, "all", "rollout", self._split, self._facts.layers, sums, self._items)
            for metric, sums in zip(METRICS, self._sums, strict=True)
            if metric != ON_SINK or any(self._facts.sinks)
        ]
