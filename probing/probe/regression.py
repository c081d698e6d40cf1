"""What the probes share that fit regressions layer by layer: their options, the checks of these, and the loop."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level, Split
from probing.errors import ConfigError, positive
from probing.probe.fit import Fit, Scale, Setting, Target, apply, check_single, scale
from probing.probe.on_train import on_scored
from probing.store.vectors import Vectors

Features = Mapping[Split, NDArray[np.float32]]  # standardised vectors of one layer, (N, D) per split


@dataclass(frozen=True)
class Regression(ABC):
    """Logistic regression for classes, ridge regression for numbers, on standardised vectors.

    ``l2`` are the strengths to choose from on dev; a grid of several grows where its best strength lies at an end. The
    penalty is l2/2 |W|^2, added to the mean cross-entropy, W having one row per class (for numbers l2 |w|^2, added to
    the mean squared error): so one grid serves any corpus size. Raises ConfigError for impossible options.
    """

    name: str
    l2: list[float]
    standardise: bool = True
    tolerance: float = 1e-4
    max_iterations: int = 1000

    def __post_init__(self) -> None:
        if not self.l2:
            raise ConfigError("probe.l2=[]: at least one strength is needed, e.g. probe.l2=[1e-4]")
        for strength in self.l2:
            positive("probe.l2", strength)
        positive("probe.tolerance", self.tolerance)
        positive("probe.max_iterations", self.max_iterations)

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError for word pairs, and where a label is another word."""
        check_single(self.name, level, kind)

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Fit layer by layer: each is read once, for all targets and strengths."""
        for done, layer in enumerate(layers):
            setting.on_progress("probing layers", done, len(layers))
            features, by = _standardised(vectors, layer, self.standardise)
            for fit in self.fit_layer(layer, features, targets, setting):
                yield replace(fit, scale=by, predicted=on_scored(fit, features, targets[fit.target]))
            del features  # else they would stay in memory while the next layer is read
        setting.on_progress("probing layers", len(layers), len(layers))

    @abstractmethod
    def fit_layer(
        self, layer: int, features: Features, targets: Mapping[str, Target], setting: Setting
    ) -> Iterator[Fit]:
        """Fit every target on one layer, the task first."""


def _standardised(vectors: Vectors, layer: int, switched_on: bool) -> tuple[Features, Scale]:
    """One layer, standardised. A function, so that the raw vectors are freed on return."""
    raw = vectors.layer(layer)
    by = scale(raw["train"], switched_on, vectors.bits)
    return apply(raw, *by), by


def labels_in_train(target: Target) -> NDArray[np.bool_]:
    """Which items of dev have a label that occurs in train, (N,): of others a probe knows no probability."""
    return np.isin(target.flat("dev"), target.flat("train"))
