"""The subwords of texts, read from the store window by window, so that a layer need not fit into memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, IntArray, Split
from probing.probe.fit import Scale, resolved
from probing.store.vectors import Vectors

WINDOW = 2**24  # numbers in a window, about (64 MiB): only among the texts of one window is the order random


@dataclass(frozen=True, eq=False)
class Texts:
    """Some texts of a split: ``places`` (n,) in it, the vectors ``x`` (S, D) of their subwords, one text after the
    other, ``lengths`` (n,), all at least 1, and ``rows`` (S,), where the subwords stand in the store.
    """

    places: IntArray
    x: NDArray[np.float32]
    lengths: IntArray
    rows: IntArray

    def some(self, chosen: IntArray) -> tuple[NDArray[np.float32], IntArray]:
        """The subwords of the texts at ``chosen``, in that order, and their lengths."""
        lengths = self.lengths[chosen]
        begins = (np.cumsum(self.lengths) - self.lengths)[chosen]
        rows = np.arange(lengths.sum()) + np.repeat(begins - (np.cumsum(lengths) - lengths), lengths)
        return self.x[rows], lengths


class LayerTexts:
    """The texts of one layer, standardised. memory_gb: a layer that takes more is read anew whenever it is needed.

    The windows, and so what is trained, are the same in both cases. ``scale``: by what the subwords are standardised,
    the mean of each feature over those of train, and its deviation.
    """

    def __init__(self, vectors: Vectors, layer: int, standardise: bool, memory_gb: float) -> None:
        self.vectors, self.layer = vectors, layer
        self._fits = vectors.subwords_gb <= memory_gb
        self._kept: dict[tuple[Split, int], Texts] = {}
        self._places = {split: _windows(vectors, split) for split in SPLITS}
        self.scale = self._measured() if standardise else _none(vectors.stored_width)

    def n_windows(self, split: Split) -> int:
        """How many windows a split has."""
        return len(self._places[split])

    def windows(self, split: Split) -> Iterator[Texts]:
        """All windows of a split, in the order of the store."""
        return (self.window(split, number) for number in range(self.n_windows(split)))

    def window(self, split: Split, number: int) -> Texts:
        """One window."""
        found = self._kept.get((split, number))
        if found is None:
            raw = self._read(split, number)
            mean, deviation = self.scale
            found = replace(raw, x=(raw.x - mean) / deviation)
            if self._fits:
                self._kept[split, number] = found
        return found

    def _read(self, split: Split, number: int) -> Texts:
        places = self._places[split][number]
        pool = self.vectors.pools[0][places + self.vectors.bounds(split)[0]]
        rows, back = np.unique(pool.indices, return_inverse=True)
        x = self.vectors.subwords(self.layer, rows)
        return Texts(places, x[back], np.diff(pool.indptr), pool.indices)

    def _measured(self) -> Scale:
        """The scale, in one pass: sums around the mean of the first window, in float64."""
        n, about = 0, np.zeros(self.vectors.stored_width)
        sums = np.zeros((2, len(about)))
        for number in range(self.n_windows("train")):
            x = self._read("train", number).x.astype(np.float64)
            about = about if n else x.mean(axis=0)
            sums += (x - about).sum(axis=0), ((x - about) ** 2).sum(axis=0)
            n += len(x)
        mean, squares = sums / n
        return resolved(about + mean, np.sqrt(np.maximum(squares - mean**2, 0)).astype(np.float32), self.vectors.bits)


def _none(width: int) -> Scale:
    """The scale that changes nothing."""
    return np.zeros(width, np.float32), np.ones(width, np.float32)


def _windows(vectors: Vectors, split: Split) -> list[IntArray]:
    """The places of the texts of a split, in the order of the store, cut where a window is full."""
    begin, end = vectors.bounds(split)
    pool = vectors.pools[0][begin:end]
    order = np.argsort(pool.indices[pool.indptr[:-1]], kind="stable")
    full = np.cumsum(np.diff(pool.indptr)[order] * vectors.stored_width) // WINDOW
    return np.split(order, 1 + np.flatnonzero(np.diff(full)))
