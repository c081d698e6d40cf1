"""The MLP probe: one or two hidden layers with ReLU (Hewitt & Liang 2019)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import ConfigError, positive
from probing.probe.layer_models import uniform
from probing.probe.trained_probe import TrainedProbe
from probing.store.vectors import Vectors

if TYPE_CHECKING:
    import torch

    from probing.probe.layer_models import Drop, Weights


@dataclass(frozen=True)
class Perceptron:
    """x (N, D) -> outputs (N, C), through ``hidden_layers`` of ``width`` units; a linear map if there are none.

    Dropout is where the code of Hewitt & Liang has it: on the input, and on every hidden layer but the first.
    """

    hidden_layers: int
    width: int

    def start(self, width: int, outputs: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """Weights and intercepts, from the input to the outputs."""
        sizes = [width, *[self.width] * self.hidden_layers, outputs]
        return [one for inputs, to in zip(sizes, sizes[1:], strict=False) for one in uniform(rng, inputs, to)]

    def forward(self, weights: "Weights", x: "torch.Tensor", drop: "Drop") -> "torch.Tensor":
        """The outputs (N, C)."""
        import torch

        x = drop(x)
        for number, at in enumerate(range(0, len(weights) - 2, 2)):
            x = torch.relu(torch.addmm(weights[at + 1], x, weights[at]))
            x = drop(x) if number else x
        return torch.addmm(weights[-1], x, weights[-2])

    def linear(self, weights: "Weights") -> None:
        """None: it is not linear."""

    def facts(self, weights: "Weights") -> Mapping[str, float]:
        """None."""
        return {}


@dataclass(frozen=True)
class Mlp(TrainedProbe):
    """An MLP per layer and target."""

    hidden_layers: int = field(default=1, kw_only=True)
    width: int = field(default=256, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hidden(self.hidden_layers, self.width, "probe=linear or probe=low_rank")

    def network(self, vectors: Vectors, layer: int) -> Perceptron:
        """The same kind of model for every layer."""
        return Perceptron(self.hidden_layers, self.width)


def check_hidden(hidden_layers: int, width: int, without: str) -> None:
    """Raise ConfigError unless there are one or two hidden layers that have units. without: a probe that has none."""
    if hidden_layers not in (1, 2):
        raise ConfigError(f"probe.hidden_layers={hidden_layers}: 1 or 2 is expected; for none type {without}")
    positive("probe.width", width)
