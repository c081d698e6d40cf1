"""Word vectors with the gold numbers of the trees, and batches of sentences of similar length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray
from probing.errors import ProbingError

_POOL_BATCHES = 50  # sentences are sorted by length within a shuffled pool of this many batches


@dataclass(frozen=True, eq=False)
class SentenceVectors:
    """Vectors of all words of a split: ``values`` (L, W, D) float16 or float32; ``offsets`` (sentences + 1,)."""

    values: NDArray[Any]
    offsets: IntArray


@dataclass(frozen=True, eq=False)
class TreeGold:
    """Vectors of one split, and the gold numbers of every target, (T, words or pairs), sentence after sentence."""

    vectors: SentenceVectors
    lengths: NDArray[np.int64]
    gold: NDArray[np.float32]
    pairs: bool

    @classmethod
    def of(cls, split: str, vectors: SentenceVectors, gold: Sequence[Sequence[NDArray[Any]]]) -> "TreeGold":
        """``gold`` has one list of arrays per target. Raises ProbingError if they do not fit the vectors."""
        lengths, pairs = np.diff(vectors.offsets), gold[0][0].ndim == 2
        for sentences in gold:
            shapes = [g.shape for g in sentences]
            if shapes != [(n, n) if pairs else (n,) for n in lengths.tolist()]:
                raise ProbingError(f"{split}: gold arrays and vectors differ in the number of sentences or words")
        return cls(vectors, lengths, np.stack([np.concatenate([g.ravel() for g in s]) for s in gold]), pairs)

    def batch(self, sentences: IntArray, layers: Sequence[int]) -> tuple[NDArray[Any], ...]:
        """Vectors (L, S, n, D), gold (T, S, n[, n]) and weight (S, n[, n]) of some sentences and layers."""
        n = self.lengths[sentences][:, None]
        inside = np.arange(n.max()) < n
        word = np.minimum(np.arange(n.max()), n - 1)  # padding repeats the last word, with weight 0
        at = self.vectors.offsets[sentences][:, None] + word
        x = np.stack([self.vectors.values[layer].take(at, axis=0) for layer in layers])
        if not self.pairs:
            return x, self.gold[:, at], (inside / n).astype(np.float32)
        first = (np.cumsum(self.lengths**2) - self.lengths**2)[sentences]
        at = first[:, None, None] + (word * n)[:, :, None] + word[:, None, :]
        weight = inside[:, :, None] * inside[:, None, :] / n[:, :, None] ** 2
        return x, self.gold[:, at], weight.astype(np.float32)

    def batches(self, size: int, rng: np.random.Generator) -> list[IntArray]:
        """Indices of sentences, batch by batch: similar lengths together, the batches in random order."""
        order = rng.permutation(np.flatnonzero(self.lengths))
        pools = np.split(order, range(size * _POOL_BATCHES, len(order), size * _POOL_BATCHES))
        order = np.concatenate([pool[np.argsort(self.lengths[pool], kind="stable")] for pool in pools])
        batches = np.split(order, range(size, len(order), size))
        return [batches[i] for i in rng.permutation(len(batches))]


def mean_square_norm(vectors: NDArray[Any]) -> float:
    """Mean of ‖h‖² over words: (W, D) -> float."""
    slices = np.array_split(vectors, len(vectors) // 8192 + 1)  # so that no float32 copy of a whole layer is made
    return sum(float(np.linalg.norm(part.astype(np.float32, copy=False))) ** 2 for part in slices) / len(vectors)
