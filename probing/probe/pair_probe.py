"""What the probes share that read pairs of words: options, layers in groups, a model per layer and target."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from probing.axes import Kind, Level
from probing.errors import ConfigError, dropout_share, not_negative, positive
from probing.probe.descent import Descent, Job, train_all
from probing.probe.fit import Fit, Setting, Target
from probing.probe.goals import goal
from probing.probe.layer_models import LayerModel, Network, Regularisation, Side, layer_model, read_side
from probing.probe.memory_groups import groups, layer_gb
from probing.probe.pair_models import PairModel, PairNetwork, pair_model
from probing.store.vectors import Vectors

if TYPE_CHECKING:
    import torch

TWO_VECTORS: tuple[Level, ...] = ("edge", "span_pair")  # the levels of items whose vector is that of two parts


@dataclass(frozen=True)
class PairProbe(Descent, ABC):
    """A probe of pairs: it finds a word's head, or the label of a pair that is given.

    Heads: a softmax over the scores of all words of a sentence, the word itself included. Labels (of edges, of pairs of
    mentions): a softmax over classes. Every layer and target has a model of its own; all that fit into ``memory_gb``
    are trained side by side. ``batch_items`` counts sentences. Raises ConfigError for impossible options.
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
    def of_heads(self) -> PairNetwork:
        """The kind of model that scores every word of a sentence as the head of a word."""

    @abstractmethod
    def of_labels(self) -> Network:
        """The kind of model that reads an item's two vectors, side by side, and scores classes."""

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError unless a label is another word of the sentence, or the class of a pair."""
        if kind != "position" and (level not in TWO_VECTORS or kind != "class"):
            raise ConfigError(
                f"probe={self.name} reads pairs of words or mentions: type task=head, task=arc or task=coref, or "
                "probe=linear"
            )

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Of each model the places (W,) of heads, or the classes (N,), that it predicts for dev and test."""
        for group in groups(layers, layer_gb(vectors), self.memory_gb):
            sides = [read_side(vectors, layer, self.standardise, setting.device) for layer in group]
            yield from self._fit_sides(sides, targets, setting)
            del sides  # else they would stay in memory while the next ones are read

    def _fit_sides(self, sides: Sequence[Side], targets: Mapping[str, Target], setting: Setting) -> Iterator[Fit]:
        models = [self._model(side, target, setting) for side in sides for target in targets.items()]
        jobs = [self._job(model) for model in models]
        found = train_all(jobs, self, setting.seed, f"{self.name} probes: epochs", setting.on_progress)
        for model, how in zip(models, found, strict=True):
            yield model.fit(how)

    def _model(self, side: Side, target: tuple[str, Target], setting: Setting) -> PairModel | LayerModel:
        """A model before training."""
        chosen, (name, gold) = Regularisation(self.weight_decay, self.dropout), target
        if gold.kind == "position":
            return pair_model(self.of_heads(), side, target, chosen, setting)
        return layer_model(self.of_labels(), side, (name, goal(gold)), chosen, setting)

    def _job(self, model: PairModel | LayerModel) -> Job:
        """Its training, sentence by sentence."""
        job = model.job(self.name)
        return by_sentence(job, model.goal.target) if isinstance(model, LayerModel) else job


def by_sentence(job: Job, target: Target) -> Job:
    """The same training, with sentences that have an item in place of single items; all items of one are in a batch."""
    import torch

    starts = np.cumsum([0, *map(len, target.values["train"])])
    filled = np.flatnonzero(np.diff(starts))

    def loss(places: "torch.Tensor", random: "torch.Generator") -> "torch.Tensor":
        items = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in filled[places.cpu().numpy()]])
        return job.loss(torch.from_numpy(items).to(places.device), random)

    return replace(job, n_items=len(filled), loss=loss)
