"""What goes into a probe and what comes out of it; the same for every probe."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level, Progress, Split
from probing.errors import ConfigError
from probing.store.vectors import Vectors

TASK = "task"
SCORED: tuple[Split, ...] = ("dev", "test")
_ROWS = 1024  # of which the deviation is computed at a time: they fit into the cache
Scale = tuple[NDArray[np.float32], NDArray[np.float32]]  # mean and deviation of each feature, (D,) each


@dataclass(frozen=True, eq=False)
class Target:
    """Labels of the items that have a vector, per split and sentence.

    ``values[split][i]`` is (W,), (1,) or (W, W) for sentence i of the split. Items without a vector or a label are
    left out, so W may be smaller than the sentence, or 0. A class number of ``n_classes`` or more, in dev or test only,
    is a label that train does not have: every prediction is wrong there. ``scored`` are the splits on which predictions
    are scored: train for labels that can only be memorised.
    """

    level: Level
    kind: Kind
    n_classes: int
    values: Mapping[Split, Sequence[NDArray[Any]]]
    scored: tuple[Split, ...] = SCORED

    def flat(self, split: Split) -> NDArray[Any]:
        """All values of a split in item order, (N,)."""
        return np.concatenate([np.ravel(v) for v in self.values[split]])

    def by_sentence(self, flat: Mapping[Split, NDArray[Any]]) -> dict[Split, list[NDArray[Any]]]:
        """Values in item order, (N,) per split, cut into sentences; not for word pairs."""
        return {s: np.split(x, np.cumsum([len(v) for v in self.values[s]])[:-1]) for s, x in flat.items()}


@dataclass(frozen=True, eq=False)
class Fit:
    """One target on one layer: what was chosen on dev, and what the probe predicts.

    ``predicted[split]`` has one array per sentence, with the shape of the target's values. ``chosen`` holds what was
    selected or measured while fitting (l2, objective_nats, dev_nats, …). ``dev_score``, by which layers are compared,
    is the accuracy on dev or minus its mean squared error. ``codelength_bits`` and ``uniform_bits`` are per training
    sentence. A linear probe has ``weights`` (C, D + 1), intercept last, for standardised vectors (C = 1 for numbers),
    and ``scale``, the mean and the deviation by which the vectors were standardised. ``parameters`` are all weights of
    a model that is trained step by step, in the order of its ``Network.start``. A probe that tries several kinds of
    models names the best one in ``kind``, has the best fit of each in ``kinds``, and ``outputs`` (N, C) per split,
    whose softmax are probabilities.
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
    scale: Scale | None = None
    parameters: Sequence[NDArray[np.float32]] = ()
    kind: str = ""
    kinds: Mapping[str, "Fit"] = field(default_factory=dict)
    outputs: Mapping[Split, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """How a run fits its probes, whichever they are: the random seed, the device, and who is told of progress."""

    seed: int
    device: str
    on_progress: Progress


class Probe(Protocol):
    """What an option of conf/probe builds."""

    @property
    def name(self) -> str:
        """Its name in the rows."""

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError if this probe cannot be used for such a task."""

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Fit every target on every layer; the controls use what was chosen on dev for ``task``."""


@dataclass(frozen=True)
class InputSize:
    """What a probe will read, as far as it is known before vectors are computed.

    n_items: at most so many, in all splits. width: of an item's vector, D. part_width: of the vector of one of its
    parts, if it has two; else the same. layers: those that are probed.
    """

    n_items: int
    width: int
    part_width: int
    layers: Sequence[int]


@runtime_checkable
class ChecksSize(Protocol):
    """A probe with options that depend on what it reads."""

    def check_size(self, size: InputSize) -> None:
        """Raise ConfigError, before vectors are computed, if these options are impossible there."""


def check_single(probe: str, level: Level, kind: Kind) -> None:
    """Raise ConfigError unless each label belongs to one vector, and is a class or a number."""
    if kind == "position":
        raise ConfigError(f"probe={probe} has no classes that are words; type probe=bilinear or probe=pair_mlp")
    if level == "pair":
        raise ConfigError(f"probe={probe} labels single vectors; for pairs of words type probe=structural")


def standardise(
    vectors: Mapping[Split, NDArray[np.float32]], switched_on: bool, bits: int
) -> dict[Split, NDArray[np.float32]]:
    """Subtract the training mean of every feature and, if ``switched_on``, divide by its training deviation.

    (N, D) per split -> the same. Layers differ in scale by orders of magnitude; without this, the same penalty would
    mean something else on each layer. ``bits``: see ``scale``.
    """
    return apply(vectors, *scale(vectors["train"], switched_on, bits))


def scale(train: NDArray[np.float32], switched_on: bool, bits: int) -> Scale:
    """What ``standardise`` subtracts and what it divides by, from the training vectors (N, D).

    Numbers were stored with ``bits`` significant bits. A feature whose deviation is not above the step between two such
    numbers, at the size of its mean, holds mostly rounding, which division would enlarge to the size of the others. Its
    deviation is infinite, so that it becomes 0 and gets no weight; the same for a constant feature.
    """
    exact = train.mean(axis=0, dtype=np.float64)
    mean = exact.astype(np.float32)
    if not switched_on:
        return mean, np.ones_like(mean)
    return resolved(exact, _deviation(train, exact), bits)


def resolved(exact: NDArray[np.float64], deviation: NDArray[np.float32], bits: int) -> Scale:
    """What ``scale`` returns, from the mean and the deviation of each feature."""
    mean = exact.astype(np.float32)
    step = np.ldexp(np.abs(np.sign(mean)), np.frexp(mean)[1] - bits)  # 0 where the mean is
    deviation[deviation <= step] = np.inf
    return mean, deviation


def _deviation(train: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float32]:
    """The deviation of each feature (N, D) -> (D,), summed in float64; in blocks, as a float64 copy would take long."""
    squares = np.zeros(train.shape[1])
    for begin in range(0, len(train), _ROWS):
        apart = train[begin : begin + _ROWS] - mean
        squares += np.einsum("nd,nd->d", apart, apart)
    return np.sqrt(squares / len(train)).astype(np.float32)


def unresolved(by: Scale) -> int:
    """How many features ``scale`` found to vary by less than their stored type tells apart."""
    return int(np.isinf(by[1]).sum())


def apply(
    vectors: Mapping[Split, NDArray[np.float32]], mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> dict[Split, NDArray[np.float32]]:
    """Standardise by what ``scale`` returned: (N, D) per split -> the same."""
    standardised = {}
    for split, x in vectors.items():
        standardised[split] = x - mean
        standardised[split] /= deviation  # in place: a layer is large
    return standardised
