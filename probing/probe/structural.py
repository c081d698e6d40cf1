"""The structural probe (Hewitt & Manning 2019): tree depth and distance as squared norms under a linear map."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Kind, Level, Split
from probing.errors import ConfigError, positive
from probing.probe.fit import Fit, Setting, Target
from probing.probe.memory_groups import groups, layer_gb
from probing.probe.structural_training import Training, fit_structural
from probing.probe.tree_batches import SentenceVectors
from probing.rng import generator
from probing.store.vectors import Vectors


@dataclass(frozen=True)
class Structural(Training):
    """Maps for depth (task=depth) or distance (task=distance), all layers and targets trained together.

    ``memory_gb`` bounds the vectors in memory at any moment. Layers that do not fit are trained in groups; a layer
    that does not fit alone is still trained, alone.
    """

    name: str = field(kw_only=True)
    memory_gb: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("probe.memory_gb", self.memory_gb)

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError for anything but numbers of words or word pairs."""
        if kind != "scalar" or level == "sentence":
            raise ConfigError("probe=structural measures trees: type task=depth or task=distance, or probe=linear")

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Depths (W,) or distances (W, W) that each map predicts for dev and test."""
        for group in groups(layers, layer_gb(vectors), self.memory_gb):
            yield from self._fit_group(vectors, targets, group, setting)

    def _fit_group(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        sentences = _read(vectors, layers, next(iter(targets.values())))
        gold = {name: target.values for name, target in targets.items()}
        rng = generator(setting.seed, "structural probe")
        fitted = fit_structural(self, sentences, gold, rng, setting.device, setting.on_progress)
        for (place, name), probe in fitted.items():
            predicted = {s: probe.predict(sentences[s].values[place], sentences[s].offsets) for s in ("dev", "test")}
            lowest = min(probe.dev_losses)
            chosen = {"rank": float(self.rank), "epochs": float(len(probe.dev_losses)), "dev_loss": lowest}
            yield Fit(layers[place], name, predicted, -lowest, probe.converged, chosen)


def _read(vectors: Vectors, layers: Sequence[int], target: Target) -> dict[Split, SentenceVectors]:
    """Vectors of some layers, (L, W, D) per split, cut into the sentences of ``target``."""
    offsets = {split: np.cumsum([0, *(len(v) for v in target.values[split])]) for split in SPLITS}
    if len(layers) == 1:  # no copy
        return {split: SentenceVectors(x[None], offsets[split]) for split, x in vectors.layer(layers[0]).items()}
    values: dict[Split, NDArray[np.float32]] = {}
    for split, (start, stop) in zip(SPLITS, map(vectors.bounds, SPLITS), strict=True):
        values[split] = np.empty((len(layers), stop - start, vectors.width), np.float32)
    for place, layer in enumerate(layers):
        read = vectors.layer(layer)
        for split in SPLITS:
            values[split][place] = read[split]
        del read  # else it would stay in memory while the next layer is read
    return {split: SentenceVectors(x, offsets[split]) for split, x in values.items()}
