"""A probe: the class whose mean training vector is nearest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from probing.axes import Kind, Level
from probing.errors import ConfigError
from probing.probe.fit import Fit, Setting, Target
from probing.store.vectors import Vectors


@dataclass(frozen=True)
class Centroid:
    """A probe without hyper-parameters."""

    name: str = "centroid"

    def check(self, level: Level, kind: Kind) -> None:
        """Refuse tasks that have no classes of words or sentences."""
        if level == "pair" or kind != "class":
            raise ConfigError("probe=centroid needs one class per word or sentence; type probe=linear")

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """The predictions of every layer for every target."""
        for layer in layers:
            x = vectors.layer(layer)  # per split (N, D)
            for name, target in targets.items():
                means = np.full((target.n_classes, vectors.width), np.inf)  # a control may lack a class
                for number in np.unique(target.flat("train")):
                    means[number] = x["train"][target.flat("train") == number].mean(axis=0)
                nearest = {split: cdist(x[split], means).argmin(axis=1) for split in ("dev", "test")}
                dev_score = float((nearest["dev"] == target.flat("dev")).mean())
                yield Fit(layer, name, target.by_sentence(nearest), dev_score, converged=True)
