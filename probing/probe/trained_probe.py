"""What probes share that are trained by gradient descent: options, layers in groups, and the choice on dev."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from probing.axes import Kind, Level
from probing.errors import ConfigError, dropout_share, not_negative, positive
from probing.probe.descent import Descent, Trained, train_all
from probing.probe.fit import TASK, Fit, Setting, Target, check_single
from probing.probe.goals import goal
from probing.probe.layer_models import LayerModel, Network, Regularisation, Side, layer_model, read_side
from probing.probe.memory_groups import groups, layer_gb
from probing.store.vectors import Vectors

Fitted = tuple[LayerModel, Trained]


@dataclass(frozen=True)
class TrainedProbe(Descent, ABC):
    """A probe without a solution in closed form. Every layer and target has a model of its own.

    Of several ``weight_decay`` and ``dropout``, those with the lowest loss on dev are taken, per layer and for the task
    alone; the controls are trained with these. Each model stops by its own loss on dev; one for labels that can only be
    memorised by that on train. ``memory_gb`` bounds the vectors in memory: layers that do not fit are trained in
    groups, a layer that does not fit alone is still trained, alone. Raises ConfigError for impossible options.
    """

    name: str = field(kw_only=True)
    weight_decay: list[float] = field(default_factory=lambda: [0.0])
    dropout: list[float] = field(default_factory=lambda: [0.0])
    standardise: bool = True
    memory_gb: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for option in ("weight_decay", "dropout"):
            if not getattr(self, option):
                raise ConfigError(f"probe.{option}=[]: at least one value is needed, e.g. probe.{option}=0")
        for decay in self.weight_decay:
            not_negative("probe.weight_decay", decay)
        for share in self.dropout:
            dropout_share("probe.dropout", share)
        positive("probe.memory_gb", self.memory_gb)

    @abstractmethod
    def network(self, vectors: Vectors, layer: int) -> Network:
        """The kind of model that reads a layer."""

    def side(self, vectors: Vectors, layer: int, device: str) -> Side:
        """A layer as its model reads it."""
        return read_side(vectors, layer, self.standardise, device)

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError for word pairs, and where a label is another word."""
        check_single(self.name, level, kind)

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Train all targets on all layers that fit into memory together, then on the next."""
        for group in groups(layers, self.layer_gb(vectors), self.memory_gb):
            sides = [self.side(vectors, layer, setting.device) for layer in group]
            yield from self.fit_sides(vectors, sides, targets, setting)
            del sides  # else they would stay in memory while the next ones are read

    def layer_gb(self, vectors: Vectors) -> float:
        """How much memory a layer takes."""
        return layer_gb(vectors)

    def fit_sides(
        self, vectors: Vectors, sides: Sequence[Side], targets: Mapping[str, Target], setting: Setting
    ) -> Iterator[Fit]:
        """Train every target on every side: the task in all settings, then the controls in the chosen one."""
        goals = {name: goal(target) for name, target in targets.items()}
        settings = [Regularisation(*one) for one in product(self.weight_decay, self.dropout)]
        task = (TASK, goals.pop(TASK))
        networks = [self.network(vectors, side.layer) for side in sides]
        begun = [
            layer_model(network, side, task, r, setting)
            for network, side in zip(networks, sides, strict=True)
            for r in settings
        ]
        tried = self._trained(begun, setting)
        best = [min((one for one in tried if one[0].side is side), key=lambda one: one[1].lowest) for side in sides]
        controls = [
            layer_model(model.network, model.side, control, model.setting, setting)
            for model, _ in best
            for control in goals.items()
        ]
        for model, how in best + self._trained(controls, setting):
            yield model.fit(how)

    def _trained(self, models: Sequence[LayerModel], setting: Setting) -> list[Fitted]:
        """The models, trained side by side, each with what its training did."""
        if not models:
            return []
        jobs = [model.job(self.name) for model in models]
        step = f"{self.name} probes of the {'task' if models[0].name == TASK else 'control'}: epochs"
        found = train_all(jobs, self, setting.seed, step, setting.on_progress)
        return list(zip(models, found, strict=True))
