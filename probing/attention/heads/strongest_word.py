"""The other word to which each word attends most, per head, for all words of a split; maps are read in a stream."""

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray
from probing.model.map_facts import MapFacts
from probing.model.maps import Maps

if TYPE_CHECKING:
    import torch


class StrongestWords:
    """For every word of a split and every head: the other word to which it attends most, and the weight of that word.

    ``words`` (W, L, H): positions in the sentence, -1 if no other word has any weight. ``weights`` (W, L, H).
    ``attending`` (W, L, H): the other way round, the other word that attends most to each word, -1 if none does. W
    counts the words of all sentences; those of sentence i begin at ``first[i]``. ``present`` (W,): words with a subword
    that they do not share. ``seen`` (N,): sentences whose maps were added. ``layers`` (L,): the blocks that the maps
    are of. 8 bytes per word and head. One pass over the maps is enough for any number of relations and hypotheses.
    """

    def __init__(self, n_words: Sequence[int] | IntArray, facts: MapFacts) -> None:
        self.first = np.cumsum([0, *n_words])  # (N + 1,)
        self.layers = facts.layers
        shape = (int(self.first[-1]), len(facts.layers), facts.n_heads)
        self.words, self.attending = np.full(shape, -1, dtype=np.int16), np.full(shape, -1, dtype=np.int16)
        self.weights = np.zeros(shape, dtype=np.float32)
        self.present = np.zeros(shape[0], dtype=bool)
        self.seen = np.zeros(len(n_words), dtype=bool)

    def add(self, batch: Maps) -> None:
        """Add the maps of some sentences; each sentence can be added once."""
        sizes = np.diff(self.first)[batch.sentences]
        width = int(sizes.max(initial=0))
        words, weights, attending = strongest(batch, width)  # (B, W, L, H)
        present = batch.alone(width)  # (B, W)
        for row, (sentence, n) in enumerate(zip(batch.sentences, sizes, strict=True)):
            rows = slice(self.first[sentence], self.first[sentence] + n)
            self.words[rows], self.weights[rows] = words[row, :n], weights[row, :n]
            self.attending[rows] = attending[row, :n]
            self.present[rows] = present[row, :n]
        self.seen[batch.sentences] = True

    def transposed(self) -> "StrongestWords":
        """As if every map were transposed: ``words`` are those that attend most to each word. It has no weights."""
        found = copy(self)
        found.words, found.attending, found.weights = self.attending, self.words, self.weights[:0]
        return found


def strongest(batch: Maps, n_words: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """The other word to which each word attends most, its weight, and the other word that attends most to each word.

    Each is (B, W, L, H); words are -1 where none has any weight.
    Weights between words as in Clark et al. (2019): columns are summed over the subwords of the key word, rows averaged
    over those of the query word; special tokens are dropped, and the weight of a word on itself is set to 0. Words that
    share subwords are one word, at the place of the first.
    """
    import torch

    ways = []
    of_word = torch.from_numpy(batch.units[:, :, None] == np.arange(n_words))  # (B, T, W)
    for layer in batch.attention:
        weights = _between_words(layer.float(), of_word.to(layer.device, torch.float32))  # (B, W, H, W)
        weights.diagonal(dim1=1, dim2=3).zero_()
        ways.append((weights.max(dim=-1), weights.permute(0, 3, 2, 1).max(dim=-1)))  # (B, W, H)
    found = []
    for of_layers in zip(*ways, strict=True):
        weight = torch.stack([layer.values for layer in of_layers], dim=2).cpu().numpy()
        word = torch.stack([layer.indices for layer in of_layers], dim=2).cpu().numpy()
        found.append((np.where(weight > 0, word, -1), weight))
    (attended, weight), (attending, _) = found
    return attended, weight, attending


def _between_words(attention: "torch.Tensor", of_word: "torch.Tensor") -> "torch.Tensor":
    """Weights between words: attention (B, H, T, T) and of_word (B, T, W) -> (B, W, H, W), by two matrix products."""
    size, heads, length, _ = attention.shape
    columns = attention.reshape(size, heads * length, length) @ of_word  # (B, H * T, W)
    rows = columns.view(size, heads, length, -1).transpose(1, 2).reshape(size, length, -1)  # (B, T, H * W)
    mean = of_word / of_word.sum(dim=1, keepdim=True).clamp(min=1)
    return (mean.transpose(1, 2) @ rows).view(size, of_word.shape[2], heads, -1)
