"""Probes that read all subwords of a text: ways to aggregate them, trained together, the best one chosen on dev."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level, Split
from probing.errors import ConfigError, not_negative, one_of, positive
from probing.probe.aggregations import HEADED, NAMES, Aggregation
from probing.probe.attention_pool import VECTOR
from probing.probe.descent import Descent
from probing.probe.erasure.subspaces import Erasure
from probing.probe.fit import SCORED, TASK, Fit, Setting, Target, check_single
from probing.probe.goals import goal
from probing.probe.text_models import TextModel, outputs_of, text_model, train_together
from probing.probe.text_windows import LayerTexts
from probing.store.vectors import Vectors

MOST_HEADS = 8


@dataclass(frozen=True, kw_only=True)
class Aggregate(Descent):
    """Classes of texts from all of their subwords.

    Of several ``aggregations``, ``heads`` and ``weight_decay`` the one with the lowest loss on dev is taken, per layer
    and for the task alone; the controls are trained with it. Each aggregation, with the heads and the decay that are
    best for it, is in ``Fit.kinds``. A layer whose subwords take more than ``memory_gb`` is read anew in each epoch.
    Raises ConfigError for impossible options.
    """

    name: str
    aggregations: list[str] = field(default_factory=lambda: [*NAMES])
    heads: list[int] = field(default_factory=lambda: [1, 8])
    weight_decay: list[float] = field(default_factory=lambda: [0.0, 1e-2])
    standardise: bool = True
    memory_gb: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for option in ("aggregations", "heads", "weight_decay"):
            if not getattr(self, option):
                raise ConfigError(f"probe.{option}=[]: at least one is needed; leave it out for the usual ones")
        for name in self.aggregations:
            one_of("probe.aggregations", name, NAMES)
        for heads in self.heads:
            if not 1 <= heads <= MOST_HEADS:
                raise ConfigError(f"probe.heads={heads}: 1 to {MOST_HEADS} is expected")
        for decay in self.weight_decay:
            not_negative("probe.weight_decay", decay)
        positive("probe.memory_gb", self.memory_gb)

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError unless sentences (or longer texts) have classes."""
        check_single(self.name, level, kind)
        if (level, kind) != ("sentence", "class"):
            raise ConfigError(
                f"probe={self.name} reads all subwords of a text that has a class; type task=sentiment, or probe=linear"
            )

    def check_vector(self, vector: str) -> None:
        """Raise ConfigError unless the task leaves it to the probe which subwords are read."""
        if vector != VECTOR:
            raise ConfigError(
                f"task.vector={vector}: probe={self.name} reads all subwords; leave out task.vector, or type "
                "probe=linear"
            )

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Layer by layer: all aggregations in all settings on the task, then the controls in the chosen one."""
        for layer in layers:
            texts = self.texts(vectors, layer)
            task = self._tried(texts, targets[TASK], setting)
            best = min(task, key=lambda one: one.how.lowest)
            kinds = {one.aggregation.name: _fit(one, TASK, texts) for one in task}
            yield replace(kinds[best.aggregation.name], kinds=kinds)
            controls = {name: self._like(best, target, texts, setting) for name, target in targets.items()}
            controls.pop(TASK)
            self.train([*controls.values()], texts, setting)
            for name, model in controls.items():
                yield _fit(model, name, texts)

    def texts(self, vectors: Vectors, layer: int) -> LayerTexts:
        """The texts of a layer as the probe reads them."""
        return LayerTexts(vectors, layer, self.standardise, self.memory_gb)

    def train(self, models: Sequence[TextModel], texts: LayerTexts, setting: Setting) -> None:
        """Train models together; none is fine."""
        if models:
            train_together(models, texts, self, setting)

    def again(
        self, fit: Fit, target: Target, texts: LayerTexts, setting: Setting, erased: Erasure | None = None
    ) -> TextModel:
        """A model with the heads and the decay of a trained one of ``Fit.kinds``, before training on another target."""
        aggregation = Aggregation(fit.kind, int(fit.chosen["heads"]))
        width = texts.vectors.stored_width
        return text_model(aggregation, goal(target), fit.chosen["weight_decay"], width, setting, erased)

    def _tried(self, texts: LayerTexts, target: Target, setting: Setting) -> list[TextModel]:
        """The best model of each aggregation."""
        of, width = goal(target), texts.vectors.stored_width
        kinds = [Aggregation(n, h) for n in self.aggregations for h in (self.heads if n in HEADED else [1])]
        models = [text_model(a, of, decay, width, setting) for a, decay in product(kinds, self.weight_decay)]
        self.train(models, texts, setting)
        named = {name: [m for m in models if m.aggregation.name == name] for name in dict.fromkeys(self.aggregations)}
        return [min(some, key=lambda one: one.how.lowest) for some in named.values()]

    def _like(self, best: TextModel, target: Target, texts: LayerTexts, setting: Setting) -> TextModel:
        width = texts.vectors.stored_width
        return text_model(best.aggregation, goal(target), best.weight_decay, width, setting)


def _fit(model: TextModel, target: str, texts: LayerTexts) -> Fit:
    """A trained model as a fit, with its outputs for every split that is scored."""
    of = model.goal.target
    outputs: dict[Split, NDArray[np.float32]] = {
        split: outputs_of([model], texts, split)[0] for split in dict.fromkeys((*SCORED, *of.scored))
    }
    predicted = {split: found.argmax(axis=1) for split, found in outputs.items()}
    chosen = {
        "heads": model.aggregation.heads,
        "weight_decay": model.weight_decay,
        **model.how.chosen(),
        f"{model.goal.watched}_nats": model.how.lowest,
    }
    by_text, score = of.by_sentence(predicted), model.goal.dev_score(predicted["dev"])
    kind, converged = model.aggregation.name, model.how.converged
    return Fit(texts.layer, target, by_text, score, converged, chosen, kind=kind, outputs=outputs)
