"""What the probes share that score pairs of words: options, and layers in groups."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from probing.axes import SPLITS, Kind, Level
from probing.errors import ConfigError, dropout_share, not_negative, positive
from probing.probe.descent import Descent, train_all
from probing.probe.fit import Fit, Setting, Target
from probing.probe.layer_models import Side, read_side
from probing.probe.pair_models import PairNetwork, pair_model
from probing.store.vectors import Vectors


@dataclass(frozen=True)
class PairProbe(Descent, ABC):
    """A probe that finds a word's head: a softmax over the scores of all words of its sentence, itself included.

    Every layer and target has a model of its own; all that fit into ``memory_gb`` are trained side by side.
    ``batch_items`` counts sentences. Raises ConfigError for impossible options.
    """

    batch_items: int = 20
    name: str = field(kw_only=True)
    weight_decay: float = 0.0
    dropout: float = 0.0
    standardise: bool = True
    memory_gb: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        not_negative("probe.weight_decay", self.weight_decay)
        dropout_share("probe.dropout", self.dropout)
        positive("probe.memory_gb", self.memory_gb)

    @abstractmethod
    def network(self) -> PairNetwork:
        """The kind of model."""

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError unless a label is another word of the sentence."""
        if kind != "position":
            raise ConfigError(f"probe={self.name} finds the head of a word: type task=head, or probe=linear")

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Places (W,) of the heads that each model predicts for dev and test."""
        n_words = sum(stop - start for start, stop in map(vectors.bounds, SPLITS))
        layer_gb = n_words * vectors.width * np.float32().nbytes / 1e9
        at_once = max(1, int(self.memory_gb / layer_gb) - 1)  # while a layer is read, it is in memory twice
        for begin in range(0, len(layers), at_once):
            group = layers[begin : begin + at_once]
            sides = [read_side(vectors, layer, self.standardise, setting.device) for layer in group]
            yield from self._fit_sides(sides, targets, setting)
            del sides  # else they would stay in memory while the next ones are read

    def _fit_sides(self, sides: Sequence[Side], targets: Mapping[str, Target], setting: Setting) -> Iterator[Fit]:
        models = [
            pair_model(self.network(), side, target, self.dropout, setting.seed, setting.device)
            for side in sides
            for target in targets.items()
        ]
        jobs = [model.job(self.name, self.weight_decay) for model in models]
        found = train_all(jobs, self, setting.seed, f"{self.name} probes: epochs", setting.on_progress)
        chosen = {"weight_decay": self.weight_decay, "dropout": self.dropout}
        for model, how in zip(models, found, strict=True):
            yield model.fit(how, chosen)
