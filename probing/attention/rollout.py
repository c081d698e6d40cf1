"""Attention rollout (Abnar and Zuidema, 2020, section 3): where information may have come from, layer by layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split, Tally
from probing.errors import ConfigError, ModelError, one_of
from probing.model.maps import SPECIAL, Maps

if TYPE_CHECKING:
    import torch

Int64 = NDArray[np.int64]
FUSIONS = {"mean": "mean", "max": "amax", "min": "amin"}  # fusion of heads: torch's reduction
METRICS = ("rollout_entropy_nats", "effective_tokens", "mass_on_self", "mass_on_first", "mass_on_special")


@dataclass(frozen=True)
class Rollout:
    """How heads become one map per layer, and maps one rollout.

    residual_weight: share w of the identity in w I + (1 - w) A; 0.5 is the paper's (A + I) / 2, 0 the raw recursion.
    fusion: mean, max or min over heads; rows are made distributions again.
    discard: this share of a fused map's positive weights, the smallest, becomes 0 before rows are normalised; ties at
    the border and the largest weight of a row stay.
    first_layer: the recursion starts here; the rollout of layers before it is the identity.
    receptive_field: before anything else each column of a layer's map is divided by the number of queries that see it
    (some head gives it weight; n - j of n in a causal model, so that early positions lose the lead that the mask gives
    them) and rows are normalised. The paper asks for this in decoders (section 3); where all see all it changes nothing.
    Raises: ConfigError for a value out of range.
    """

    residual_weight: float = 0.5
    fusion: str = "mean"
    discard: float = 0.0
    first_layer: int = 1
    receptive_field: bool = False

    def __post_init__(self) -> None:
        """Refuse what no rollout can be made with."""
        one_of("attention.fusion", self.fusion, FUSIONS)
        for name, share in (("residual_weight", self.residual_weight), ("discard", self.discard)):
            if not 0 <= share < 1:
                raise ConfigError(f"attention.{name}={share}: a share; give at least 0 and less than 1")
        if self.first_layer < 1:
            raise ConfigError(f"attention.first_layer={self.first_layer}: layers count from 1; give 1 or more")


def rollout(
    attention: "Sequence[torch.Tensor]", lengths: Int64, options: Rollout, sentences: Int64 | None = None
) -> "torch.Tensor":
    """R_l = Â_l R_(l-1) for every layer l, from the identity: L maps (B, H, T, T), lengths (B,) -> (B, L, T, T).

    Rows are queries in layer l, columns input positions; a real row is a distribution over its sentence's positions,
    rows of padding mean nothing. Raises and ``sentences``: as ``mixed``.
    """
    import torch

    maps = mixed(attention, lengths, options, sentences).transpose(0, 1)  # (B, K, T, T) -> (K, B, T, T)
    before = len(attention) - len(maps)
    found = torch.empty((len(attention), *maps.shape[1:]), device=maps.device)
    found[:before] = torch.eye(maps.shape[-1], device=maps.device)
    found[before] = maps[0]
    for layer in range(1, len(maps)):
        torch.bmm(maps[layer], found[before + layer - 1], out=found[before + layer])
    return found.transpose(0, 1)


def mixed(
    attention: "Sequence[torch.Tensor]", lengths: Int64, options: Rollout, sentences: Int64 | None = None
) -> "torch.Tensor":
    """Â, heads fused and the identity mixed in, of layers first_layer to L: (B, H, T, T) each -> (B, K, T, T), float32.

    ``sentences`` (B,): their numbers, for messages. Raises: ConfigError if the model has no first_layer, ModelError if
    a query of a sentence has no weight at all or one that is not finite.
    """
    import torch

    if options.first_layer > len(attention):
        raise ConfigError(
            f"attention.first_layer={options.first_layer}: this model has {len(attention)} layers; "
            f"give 1 to {len(attention)}"
        )
    with torch.no_grad():
        chosen = [layer.float() for layer in attention[options.first_layer - 1 :]]
        maps = torch.stack([getattr(layer, FUSIONS[options.fusion])(dim=1) for layer in chosen])  # (K, B, T, T)
        place = torch.arange(maps.shape[-1], device=maps.device)
        real = place < torch.as_tensor(lengths, device=maps.device)[:, None]  # (B, T)
        maps.masked_fill_(~(real[:, :, None] & real[:, None, :]), 0)
        if options.receptive_field:
            seen = torch.stack([((layer > 0).any(dim=1) & real[:, :, None]).sum(dim=-2) for layer in chosen])
            maps /= seen.clamp(min=1)[:, :, None, :]
        if options.discard:
            maps = torch.stack([_without_smallest(layer, options.discard) for layer in maps])
        total = maps.sum(dim=-1)  # (K, B, T)
        _check(total, real, options, np.arange(len(lengths)) if sentences is None else sentences)
        maps *= ((1 - options.residual_weight) / total.masked_fill(~real, 1))[..., None]
        maps.diagonal(dim1=-2, dim2=-1).add_(options.residual_weight)
    return maps.transpose(0, 1)


def _without_smallest(maps: "torch.Tensor", share: float) -> "torch.Tensor":
    """Zero the smallest ``share`` of each map's positive weights (masked pairs are no weights): (B, T, T) -> same."""
    weights = maps.flatten(1)
    ascending = weights.masked_fill(weights <= 0, float("inf")).sort(dim=1).values
    n_dropped = (share * (weights > 0).sum(dim=1)).long()
    border = ascending.gather(1, n_dropped[:, None])[..., None]  # (B, 1, 1)
    return maps.masked_fill((maps < border) & (maps < maps.amax(dim=-1, keepdim=True)), 0)


def _check(total: "torch.Tensor", real: "torch.Tensor", options: Rollout, sentences: Int64) -> None:
    bad = (real & ~((total > 0) & total.isfinite())).nonzero()
    if len(bad):
        layer, row, query = bad[0].tolist()
        advice = "type attention.fusion=mean, or leave the sentence out" if options.fusion == "min" else (
            "its mask hides everything or the arithmetic overflowed: leave the sentence out, or type "
            "model.precision=float32"
        )
        raise ModelError(
            f"sentence {sentences[row]}, layer {options.first_layer + layer}: the attention of position {query} is all "
            f"zero or not finite, want a distribution; {advice}"
        )


def from_position(matrix: "torch.Tensor", positions: Int64 | int) -> "torch.Tensor":
    """One query per sentence: (B, L, T, T) and positions (B,), or one for all (0: the first) -> (B, L, T).

    The last position of each sentence is ``lengths - 1``.
    """
    import torch

    rows = torch.arange(len(matrix), device=matrix.device)
    return matrix[rows, :, torch.as_tensor(positions, device=matrix.device)]


def from_words(matrix: "torch.Tensor", words: Int64, n_words: int) -> "torch.Tensor":
    """Each word as the query, rows averaged over its subwords: (..., S, S) -> (..., W, S).

    ``words`` (S,), or (B, S) for a matrix (B, ..., S, S), says whose each subword is. A word without subwords (in a
    batch, one beyond its sentence's end) has a row of zeros.
    """
    member = _member(matrix, words, range(n_words))
    return (member / member.sum(dim=-2, keepdim=True).clamp(min=1)).transpose(-1, -2) @ matrix


def to_words(matrix: "torch.Tensor", words: Int64, n_words: int) -> "tuple[torch.Tensor, torch.Tensor]":
    """Word to word (Clark et al., 2019, section 4.1): (..., S, S) -> (..., W, W) and special_mass (..., W).

    Columns are summed, rows averaged over a word's subwords; what a word gives to special subwords is special_mass, so
    that a row and its special mass sum to 1. ``words`` and words without subwords: as ``from_words``.
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
    """Where words' rollout goes, summed per sentence and layer over the words that have subwords.

    rollout_entropy_nats and effective_tokens (its exponential) are of a word's distribution over the words of its
    sentence and, as one more outcome, all special subwords. mass_on_self is on the word itself, mass_on_first on
    position 0 (a special subword, where the model has one there), mass_on_special on all special subwords.
    """

    def __init__(self, n_sentences: int, n_layers: int, split: Split, options: Rollout) -> None:
        self._split, self._options = split, options
        self._sums = np.zeros((len(METRICS), n_sentences, n_layers))
        self._items = np.zeros(n_sentences)

    def add(self, batch: Maps) -> None:
        """Count a batch; raises as ``rollout``."""
        import torch

        found = rollout(batch.attention, batch.lengths, self._options, batch.sentences)
        n_words = int(batch.words.max()) + 1
        inner, special = to_words(found, batch.words, n_words)  # (B, L, W, W), (B, L, W)
        first = from_words(found, batch.words, n_words)[..., 0]
        entropy = torch.special.entr(inner).sum(dim=-1) + torch.special.entr(special)
        exists = torch.from_numpy((batch.words[:, None] == np.arange(n_words)[:, None]).any(-1)).to(found.device)
        values = torch.stack([entropy, entropy.exp(), inner.diagonal(dim1=-2, dim2=-1), first, special])
        sums = (values.double() * exists[:, None]).sum(dim=-1)  # (5, B, L, W) -> (5, B, L)
        self._sums[:, batch.sentences] = sums.cpu().numpy()
        self._items[batch.sentences] = exists.sum(dim=-1).cpu().numpy()

    def finish(self) -> list[Tally]:
        """One tally per metric; sentences never added count no item."""
        layers = tuple(range(1, self._sums.shape[-1] + 1))
        return [
            Tally(metric, "all", "rollout", self._split, layers, sums, self._items)
            for metric, sums in zip(METRICS, self._sums, strict=True)
        ]
