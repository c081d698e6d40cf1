"""What a diagnosis is made from: a classifier's answers, those of probes on its layers, and answers without a word."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from probing.analysis.phenomena import Slices
from probing.errors import ConfigError
from probing.result.statistics import Floats

Right = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Groups:
    """Kinds of sentences, such as those with a negation: names of P groups, and which of N sentences are in, (N, P)."""

    names: tuple[str, ...]
    inside: Right

    def __post_init__(self) -> None:
        if self.inside.ndim != 2 or self.inside.shape[1] != len(self.names):
            raise ConfigError(
                f"{len(self.names)} groups are named, but membership has the shape {self.inside.shape}; one column per "
                "group is expected"
            )

    @classmethod
    def of(cls, found: Slices) -> "Groups":
        """One group per phenomenon."""
        return cls(tuple(one.name for one in found.phenomena), found.members)

    def at(self, places: NDArray[np.integer]) -> "Groups":
        """The same groups of some of the N sentences alone."""
        return Groups(self.names, self.inside[places])


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of a classifier and of probes for the same N sentences, which neither was trained on.

    gold (N,): class of each sentence. model (N,): class that the classifier gives. probes (L, N): class that a probe on
    each of ``layers`` gives, in ascending order; the last one is the layer that the classifier reads. groups: of the N
    sentences. without: per word (N,), the class that the classifier gives once the word is taken out; -1 where the
    sentence does not have it. of_train: right or wrong (M,), of the classifier's answers for its own training
    sentences as they are labelled there, and their groups. probes_of_train (L, M): the same of the probes.
    Raises: ConfigError for arrays whose lengths differ.
    """

    gold: NDArray[np.integer]
    model: NDArray[np.integer]
    probes: NDArray[np.integer]
    layers: tuple[int, ...]
    groups: Groups
    without: Mapping[str, NDArray[np.integer]] = field(default_factory=dict)
    of_train: tuple[Right, Groups] | None = None
    probes_of_train: Right | None = None

    def __post_init__(self) -> None:
        n = len(self.gold)
        lengths = {len(self.model), self.probes.shape[1], len(self.groups.inside), *map(len, self.without.values())}
        if lengths != {n} or len(self.layers) != len(self.probes):
            raise ConfigError(
                f"answers of one diagnosis are for the same sentences and layers: {n} gold classes were given, answers "
                f"for {sorted(lengths)} sentences, and {len(self.probes)} probes for layers {list(self.layers)}"
            )

    @property
    def right(self) -> Floats:
        """Whether the classifier is right, (N,): 1 or 0."""
        return np.asarray(self.model == self.gold, dtype=np.float64)

    @property
    def probes_right(self) -> Floats:
        """Whether each layer's probe is right, (L, N): 1 or 0."""
        return np.asarray(self.probes == self.gold, dtype=np.float64)
