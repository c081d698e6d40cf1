"""The other word that each word attends to most, head by head: kept for all words while maps stream by."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray
from probing.model.maps import Maps

if TYPE_CHECKING:
    import torch


class StrongestWords:
    """Of every word of a split, per head: the other word that it attends to most, and the weight of that word.

    Filled while maps stream by, so that any number of relations and hypotheses can be counted after one pass. ``words``
    (W, L, H) are positions in the sentence, -1 where no other word gets any weight; ``weights`` (W, L, H); W runs over
    the words of all sentences, those of sentence i from ``first[i]`` on. ``present`` (W,): words with a subword;
    ``seen`` (N,): sentences whose maps came. 6 bytes per word and head.
    """

    def __init__(self, n_words: Sequence[int] | IntArray, n_layers: int, n_heads: int) -> None:
        self.first = np.cumsum([0, *n_words])  # (N + 1,)
        shape = (int(self.first[-1]), n_layers, n_heads)
        self.words = np.full(shape, -1, dtype=np.int16)
        self.weights = np.zeros(shape, dtype=np.float32)
        self.present = np.zeros(shape[0], dtype=bool)
        self.seen = np.zeros(len(n_words), dtype=bool)

    def add(self, batch: Maps) -> None:
        """Keep what the maps of some sentences say; each sentence may come once."""
        sizes = np.diff(self.first)[batch.sentences]
        width = int(sizes.max(initial=0))
        words, weights = strongest(batch, width)  # (B, W, L, H)
        present = (batch.words[:, :, None] == np.arange(width)).any(axis=1)  # (B, W)
        for row, (sentence, n) in enumerate(zip(batch.sentences, sizes, strict=True)):
            rows = slice(self.first[sentence], self.first[sentence] + n)
            self.words[rows], self.weights[rows] = words[row, :n], weights[row, :n]
            self.present[rows] = present[row, :n]
        self.seen[batch.sentences] = True


def strongest(batch: Maps, n_words: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The other word that each word attends to most, (B, W, L, H), and its weight; -1 where none gets any.

    Weights between words as in Clark et al. (2019): columns summed over a key word's subwords, rows averaged over a
    query word's; special tokens dropped; a word's weight on itself set to 0.
    """
    import torch

    found = []
    of_word = torch.from_numpy(batch.words[:, :, None] == np.arange(n_words))  # (B, T, W)
    for layer in batch.attention:
        weights = _between_words(layer.float(), of_word.to(layer.device, torch.float32))  # (B, W, H, W)
        weights.diagonal(dim1=1, dim2=3).zero_()
        found.append(weights.max(dim=-1))  # (B, W, H)
    weight = torch.stack([layer.values for layer in found], dim=2).cpu().numpy()
    word = torch.stack([layer.indices for layer in found], dim=2).cpu().numpy()
    return np.where(weight > 0, word, -1), weight


def _between_words(attention: "torch.Tensor", of_word: "torch.Tensor") -> "torch.Tensor":
    """(B, H, T, T) with (B, T, W) -> (B, W, H, W), by two matrix products."""
    size, heads, length, _ = attention.shape
    columns = attention.reshape(size, heads * length, length) @ of_word  # (B, H * T, W)
    rows = columns.view(size, heads, length, -1).transpose(1, 2).reshape(size, length, -1)  # (B, T, H * W)
    mean = of_word / of_word.sum(dim=1, keepdim=True).clamp(min=1)
    return (mean.transpose(1, 2) @ rows).view(size, of_word.shape[2], heads, -1)
