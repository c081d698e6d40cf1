"""One model of one layer and target, trained by gradient descent: its input, its training and its predictions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.descent import Job, Trained
from probing.probe.fit import SCORED, Fit, Scale, Setting, apply, scale
from probing.probe.goals import Goal
from probing.rng import generator
from probing.store.vectors import Vectors

if TYPE_CHECKING:
    import torch

    Rows = Callable[[Split, torch.Tensor | slice], torch.Tensor]  # the input of some items: (N, …)
    Drop = Callable[[torch.Tensor], torch.Tensor]  # dropout while a model is trained, later nothing
    Weights = list[torch.Tensor]

AT_ONCE = 4096  # items that a trained model reads at a time


class Network(Protocol):
    """A kind of model."""

    def start(self, width: int, outputs: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """The weights before training, for vectors of ``width`` features."""

    def forward(self, weights: "Weights", x: "torch.Tensor", drop: "Drop") -> "torch.Tensor":
        """The outputs (N, C) for the input of N items."""

    def linear(self, weights: "Weights") -> NDArray[np.float32] | None:
        """The same model as one matrix (C, D + 1), the intercept last; None if it is not linear."""

    def facts(self, weights: "Weights") -> Mapping[str, float]:
        """Further numbers for ``Fit.chosen``."""


@dataclass(frozen=True)
class Regularisation:
    """One setting of a sweep: Adam's weight decay, and the share of features that dropout sets to 0."""

    weight_decay: float
    dropout: float

    def chosen(self) -> dict[str, float]:
        """As ``Fit.chosen`` has them."""
        return {"weight_decay": self.weight_decay, "dropout": self.dropout}


@dataclass(frozen=True, eq=False)
class Side:
    """One layer as models read it: ``rows`` gives the input of some items of a split, ``scale`` what it was
    standardised by. at_once: how many items a trained model reads at a time.
    """

    layer: int
    width: int
    rows: "Rows"
    scale: Scale | None = None
    at_once: int = AT_ONCE


@dataclass(frozen=True, eq=False)
class LayerModel:
    """The model of one target on one layer: ``weights`` are changed in place by training."""

    network: Network
    side: Side
    name: str
    goal: Goal
    setting: Regularisation
    weights: "Weights"

    def outputs(self, split: Split, items: "torch.Tensor | slice") -> "torch.Tensor":
        """What the model gives for some items of a split, (N, C), without dropout."""
        return self.network.forward(self.weights, self.side.rows(split, items), lambda x: x)

    def job(self, probe: str) -> Job:
        """What ``descent.train_all`` needs to train it. probe: its name in messages."""
        import torch

        of, device, at_once = self.goal, str(self.weights[0].device), self.side.at_once
        labels, watched = of.labels("train", device), of.labels(of.watched, device)
        known = torch.from_numpy(of.known()).to(device)

        def loss(places: "torch.Tensor", random: "torch.Generator") -> "torch.Tensor":
            drop = dropping(self.setting.dropout, random)
            return of.loss(self.network.forward(self.weights, self.side.rows("train", places), drop), labels[places])

        def watch() -> float:
            if not len(known):
                return 0.0
            sums = [of.loss(self.outputs(of.watched, p), watched[p]) * len(p) for p in torch.split(known, at_once)]
            return float(torch.stack(sums).sum()) / len(known)

        name = f"probe={probe}, {self.name} on layer {self.side.layer}"
        return Job(name, self.weights, len(labels), loss, watch, self.setting.weight_decay)

    def fit(self, how: Trained) -> Fit:
        """The trained model as a fit, with its predictions for every split that is scored."""
        of = self.goal
        predicted = {split: self._predict(split) for split in dict.fromkeys((*SCORED, *of.target.scored))}
        chosen = {
            **self.setting.chosen(),
            **how.chosen(),
            f"{of.watched}_{'nats' if of.target.kind == 'class' else 'loss'}": how.lowest,
            **self.network.facts(self.weights),
        }
        return Fit(
            self.side.layer,
            self.name,
            of.target.by_sentence(predicted),
            of.dev_score(predicted["dev"]),
            how.converged,
            chosen,
            weights=of.in_units(self.network.linear(self.weights)),
            scale=self.side.scale,
            parameters=tuple(np.asarray(one.detach().cpu()) for one in self.weights),
        )

    def _predict(self, split: Split) -> NDArray[Any]:
        import torch

        n, step = len(self.goal.target.flat(split)), self.side.at_once
        with torch.no_grad():
            parts = [self.goal.read(self.outputs(split, slice(a, a + step))) for a in range(0, n, step)]
        return np.concatenate(parts)


def layer_model(
    network: Network, side: Side, target: tuple[str, Goal], chosen: Regularisation, setting: Setting
) -> LayerModel:
    """A model before training; its weights depend on the seed and on their number alone, not on layer or target."""
    import torch

    name, of = target
    begin = network.start(side.width, of.outputs, generator(setting.seed, "weights before training"))
    weights = [torch.tensor(one, device=setting.device, requires_grad=True) for one in begin]
    return LayerModel(network, side, name, of, chosen, weights)


def read_side(vectors: Vectors, layer: int, standardise: bool, device: str) -> Side:
    """One layer of a store, standardised if wanted, as tensors."""
    import torch

    raw = vectors.layer(layer)
    by = scale(raw["train"], standardise, vectors.bits)
    x = {split: torch.from_numpy(values).to(device) for split, values in apply(raw, *by).items()}
    return Side(layer, x["train"].shape[1], lambda split, items: x[split][items], by)


def dropping(share: float, random: "torch.Generator") -> "Drop":
    """Dropout: sets this share of features to 0 and enlarges the others, so that the mean stays."""
    import torch

    def drop(x: "torch.Tensor") -> "torch.Tensor":
        if not share:
            return x
        return x * (torch.rand(x.shape, generator=random, device=x.device) >= share) / (1 - share)

    return drop


def uniform(rng: np.random.Generator, inputs: int, outputs: int) -> list[NDArray[np.float32]]:
    """Weights (inputs, outputs) and intercepts (outputs,) of one affine map, as torch.nn.Linear begins."""
    bound = inputs**-0.5
    return [rng.uniform(-bound, bound, size).astype(np.float32) for size in ((inputs, outputs), (outputs,))]
