"""What goes into a probe and what comes out, whichever probe it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level, Progress, Split
from probing.store.vectors import Vectors

TASK = "task"


@dataclass(frozen=True)
class Target:
    """Labels of the items that have a vector, per split and sentence.

    ``values[split][i]`` is (W,), (1,) or (W, W) for sentence i of the split, shorter by the items without a
    vector or a label, and empty if it has none. A class number of ``n_classes`` or more, in dev or test only, is a
    label that train does not have: every prediction is wrong there.
    """

    level: Level
    kind: Kind
    n_classes: int
    values: Mapping[Split, Sequence[NDArray[Any]]]

    def flat(self, split: Split) -> NDArray[Any]:
        """All values of a split in item order, (N,)."""
        return np.concatenate([np.ravel(v) for v in self.values[split]])


@dataclass(frozen=True)
class Fit:
    """One target on one layer: what was chosen on dev, and what it predicts.

    ``predicted[split]`` has the values' shape, per sentence. ``chosen`` holds what was selected or measured in
    fitting (l2, objective in nats, …); ``dev_score`` is what the selection went by. Code lengths are in bits
    and per training sentence. ``weights`` (C, D + 1), intercept last, on standardised vectors, of a linear probe (C = 1
    for numbers); ``scale``, the (D,) mean and deviation that standardised them, is there for a probe that can be saved.
    """

    layer: int
    target: str
    predicted: Mapping[Split, Sequence[NDArray[Any]]]
    dev_score: float
    converged: bool
    chosen: Mapping[str, float] = field(default_factory=dict)
    codelength_bits: NDArray[np.float64] | None = None
    uniform_bits: NDArray[np.float64] | None = None
    weights: NDArray[np.float32] | None = None
    scale: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None


@dataclass(frozen=True)
class Setting:
    """How a run fits its probes, whichever they are: the seed of what is random, on what device, and who watches."""

    seed: int
    device: str
    on_progress: Progress


class Probe(Protocol):
    """What an option of conf/probe builds."""

    @property
    def name(self) -> str:
        """What rows call it."""

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError if this probe cannot serve such a task."""

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Fit every target on every layer; the controls use what was chosen on dev for ``task``."""


def per_sentence(flat: NDArray[Any], like: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Cut (N,) into the sentences of ``like``."""
    return np.split(flat, np.cumsum([len(v) for v in like])[:-1])


def standardise(vectors: Mapping[Split, NDArray[np.float32]], switched_on: bool) -> dict[Split, NDArray[np.float32]]:
    """Centre every feature by its training mean and, if ``switched_on``, divide by its training deviation.

    Layers differ in scale by orders of magnitude; without it the same penalty means something else on each.
    """
    return apply(vectors, *scale(vectors["train"], switched_on))


def scale(train: NDArray[np.float32], switched_on: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What ``standardise`` subtracts and divides by, (D,) each."""
    mean = train.mean(axis=0, dtype=np.float64).astype(np.float32)
    deviation = train.std(axis=0, dtype=np.float64).astype(np.float32) if switched_on else np.ones_like(mean)
    deviation[deviation == 0] = 1  # a constant feature stays constant
    return mean, deviation


def apply(
    vectors: Mapping[Split, NDArray[np.float32]], mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> dict[Split, NDArray[np.float32]]:
    """What ``standardise`` does, by what ``scale`` found: (N, D) per split, the same."""
    return {split: (x - mean) / deviation for split, x in vectors.items()}
