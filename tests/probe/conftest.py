"""Vectors with a known signal, in place of those of a store."""

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from probing.probe.fit import Target
from probing.rng import generator

SIZES = {"train": 120, "dev": 40, "test": 40}  # sentences of five words


class Planted:
    """Layer 0 is noise; layer 1 encodes each word's class as a direction, and its number as a coordinate."""

    bits = 24  # of float32

    def __init__(self, noise: float) -> None:
        rng = generator(0, "planted")
        centres = rng.normal(size=(3, 16)) * 3
        self.classes = {s: rng.integers(3, size=(n, 5)) for s, n in SIZES.items()}
        self._layers: list[dict[str, NDArray[np.float32]]] = [{}, {}]
        for split, labels in self.classes.items():
            flat = labels.ravel()
            blank = rng.normal(size=(len(flat), 16))
            self._layers[0][split] = blank.astype(np.float32)
            signal = centres[flat] + noise * rng.normal(size=blank.shape)
            signal[:, 0] = flat + 0.1 * noise * blank[:, 0]
            self._layers[1][split] = signal.astype(np.float32)

    def layer(self, layer: int) -> Mapping[str, NDArray[np.float32]]:
        return self._layers[layer]


def target(values: Mapping[str, NDArray[np.int64]], kind: str, shuffle: bool = False) -> Target:
    """Labels of words, true or shuffled over all words of a split."""
    rng = generator(1, "shuffle")
    arrays = {s: rng.permutation(v.ravel()).reshape(v.shape) if shuffle else v for s, v in values.items()}
    return Target("word", kind, 3, {s: list(v) for s, v in arrays.items()})  # type: ignore[arg-type]


@pytest.fixture
def planted() -> Planted:
    return Planted(noise=1.0)
