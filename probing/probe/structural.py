"""The structural probe (Hewitt & Manning 2019): tree depth and distance as squared norms under a linear map."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level, Split
from probing.errors import ConfigError, positive
from probing.probe.fit import Fit, Setting, Target
from probing.probe.geometry import fit_structural
from probing.probe.tree_batches import SentenceVectors
from probing.rng import generator
from probing.store.vectors import Vectors


@dataclass(frozen=True)
class Structural:
    """Rank-k maps for depth (task=depth) or distance (task=distance), all layers and targets trained together.

    ``patience`` counts epochs without gain before a probe stops; ``memory_gb`` bounds the vectors held at
    once: layers that do not fit are trained in groups. How they are trained: geometry.fit_structural.
    """

    name: str
    rank: int = 64
    epochs: int = 40
    learning_rate: float = 1e-3
    batch_sentences: int = 20
    patience: int = 5
    min_gain: float = 1e-4
    memory_gb: float = 4.0

    def __post_init__(self) -> None:
        for option in ("rank", "epochs", "learning_rate", "batch_sentences", "patience", "min_gain", "memory_gb"):
            positive(f"probe.{option}", getattr(self, option))

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError for anything but numbers of words or word pairs."""
        if kind != "scalar" or level == "sentence":
            raise ConfigError("probe=structural measures trees: type task=depth or task=distance, or probe=linear")

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Depths (W,) or distances (W, W) that each map predicts for dev and test."""
        size = sum(stop - start for start, stop in map(vectors.bounds, ("train", "dev", "test")))
        at_once = max(1, int(self.memory_gb * 1e9 / (size * vectors.width * 4)))
        for begin in range(0, len(layers), at_once):
            group = layers[begin : begin + at_once]
            yield from self._fit_group(vectors, targets, group, setting)

    def _fit_group(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        some = next(iter(targets.values()))
        offsets = {split: _offsets(values) for split, values in some.values.items()}
        read: dict[Split, list[NDArray[np.float32]]] = {split: [] for split in offsets}
        for layer in layers:
            for split, x in vectors.layer(layer).items():
                read[split].append(x)
        side = {split: SentenceVectors(np.stack(x), offsets[split]) for split, x in read.items()}
        del read
        gold = {name: target.values for name, target in targets.items()}
        rng = generator(setting.seed, "structural probe")
        fitted = fit_structural(self, side["train"], side["dev"], gold, rng, setting.device, setting.on_progress)
        for (place, name), probe in fitted.items():
            predicted = {s: probe.predict(side[s].values[place], offsets[s]) for s in ("dev", "test")}
            lowest = min(probe.dev_losses)
            chosen = {"rank": float(self.rank), "epochs": float(len(probe.dev_losses)), "dev_loss": lowest}
            yield Fit(layers[place], name, predicted, -lowest, probe.converged, chosen)


def _offsets(values: Sequence[NDArray[np.generic]]) -> NDArray[np.int64]:
    return np.cumsum([0, *(len(v) for v in values)])
