"""The mix probe: a scalar mix of layers 0 to l, and a linear map or an MLP on it (Tenney et al. 2019).

    mix = gamma * sum over k = 0 … l of a_k h_k,   a = softmax(s)

s and gamma are trained with the map, for every target and every l of their own; s starts at 0 (all layers alike) and
gamma at 1. Unlike in the paper, features are standardised on each layer, so that weights of layers can be compared.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.errors import ConfigError, not_negative, positive
from probing.probe.fit import Fit, InputSize, Setting, Target
from probing.probe.layer_models import Side, read_side
from probing.probe.memory_groups import gigabytes
from probing.probe.mlp import Perceptron
from probing.probe.trained_probe import TrainedProbe
from probing.store.vectors import Vectors

if TYPE_CHECKING:
    import torch

    from probing.probe.layer_models import Drop, Weights

GAMMA, WEIGHT = "gamma", "mix_weight_"  # in Fit.chosen; the latter with the number of the layer


@dataclass(frozen=True)
class Mixture:
    """x (K, N, D), K layers -> outputs (N, C): a mix, then ``head``. Weights: s (K,), gamma (1,), those of ``head``."""

    n_layers: int
    head: Perceptron

    def start(self, width: int, outputs: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """All layers alike, and the head before training."""
        return [np.zeros(self.n_layers, np.float32), np.ones(1, np.float32), *self.head.start(width, outputs, rng)]

    def forward(self, weights: "Weights", x: "torch.Tensor", drop: "Drop") -> "torch.Tensor":
        """The outputs (N, C)."""
        import torch

        s, gamma, *head = weights
        mixed = gamma * torch.tensordot(torch.softmax(s, 0), x, dims=1)
        return self.head.forward(head, mixed, drop)

    def linear(self, weights: "Weights") -> None:
        """None: it reads several layers."""

    def facts(self, weights: "Weights") -> Mapping[str, float]:
        """gamma, and the weight of each layer; the weights add up to 1."""
        import torch

        s, gamma, *_ = (one.detach().cpu() for one in weights)
        shares = torch.softmax(s.double(), 0).tolist()
        return {GAMMA: float(gamma), **{f"{WEIGHT}{layer}": share for layer, share in enumerate(shares)}}


@dataclass(frozen=True)
class Mix(TrainedProbe):
    """For each probed layer l a mix of all layers from 0 to l, probed or not, which are in memory together."""

    hidden_layers: int = field(default=0, kw_only=True)
    width: int = field(default=256, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        not_negative("probe.hidden_layers", self.hidden_layers)
        positive("probe.width", self.width)
        if self.hidden_layers > 2:
            raise ConfigError(f"probe.hidden_layers={self.hidden_layers}: 0 (a linear map), 1 or 2 is expected")

    def network(self, vectors: Vectors, layer: int) -> Mixture:
        """A mix of as many layers as there are up to this one."""
        return Mixture(layer + 1, Perceptron(self.hidden_layers, self.width))

    def check_size(self, size: InputSize) -> None:
        """Raise ConfigError if the layers do not fit into ``memory_gb``."""
        last = max(size.layers)
        needed = (last + 2) * gigabytes(size.n_items, size.width)  # while a layer is read, it is in memory twice
        if needed > self.memory_gb:
            raise ConfigError(
                f"probe=mix reads layers 0 to {last} together, which takes {needed:.1f} GB of memory, and "
                f"probe.memory_gb={self.memory_gb:g}; type probe.memory_gb={math.ceil(needed)} if there is as much, or "
                "take fewer sentences with data.train_sentences=…"
            )

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """Train all targets on all mixes."""
        single = [read_side(vectors, layer, self.standardise, setting.device) for layer in range(max(layers) + 1)]
        yield from self.fit_sides(vectors, [_mixed(single[: layer + 1]) for layer in layers], targets, setting)


def _mixed(sides: Sequence[Side]) -> Side:
    """Several layers as one input: the items of all of them, (K, N, D)."""
    import torch

    def rows(split: Split, items: "torch.Tensor | slice") -> "torch.Tensor":
        return torch.stack([side.rows(split, items) for side in sides])

    return Side(sides[-1].layer, sides[-1].width, rows)
