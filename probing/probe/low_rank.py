"""The linear probe of a bounded rank: its matrix is a product of two narrow ones (Hewitt & Liang 2019)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import ConfigError, positive
from probing.probe.fit import InputSize
from probing.probe.layer_models import uniform
from probing.probe.trained_probe import TrainedProbe
from probing.store.vectors import Vectors

if TYPE_CHECKING:
    import torch

    from probing.probe.layer_models import Drop, Weights


@dataclass(frozen=True)
class Product:
    """x (N, D) -> x A B + b, with A (D, ``rank``) and B (``rank``, C); dropout is on x."""

    rank: int

    def start(self, width: int, outputs: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """A, B and b."""
        narrow, _ = uniform(rng, width, self.rank)
        return [narrow, *uniform(rng, self.rank, outputs)]

    def forward(self, weights: "Weights", x: "torch.Tensor", drop: "Drop") -> "torch.Tensor":
        """The outputs (N, C)."""
        import torch

        narrow, wide, intercept = weights
        return torch.addmm(intercept, drop(x) @ narrow, wide)

    def linear(self, weights: "Weights") -> NDArray[np.float32]:
        """The product as one matrix (C, D + 1), the intercept last."""
        import torch

        narrow, wide, intercept = weights
        return np.asarray(torch.cat([(narrow @ wide).T, intercept[:, None]], dim=1).detach().cpu())

    def facts(self, weights: "Weights") -> Mapping[str, float]:
        """None."""
        return {}


@dataclass(frozen=True)
class LowRank(TrainedProbe):
    """A linear probe per layer and target whose matrix has at most ``rank``."""

    rank: int = field(default=64, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("probe.rank", self.rank)

    def check_size(self, size: InputSize) -> None:
        """Raise ConfigError for a rank above the width of the vectors."""
        check_rank(self.rank, size.width)

    def network(self, vectors: Vectors, layer: int) -> Product:
        """The same kind of model for every layer."""
        return Product(self.rank)


def check_rank(rank: int, width: int) -> None:
    """Raise ConfigError for a rank that no matrix has which reads vectors of this width."""
    if rank > width:
        raise ConfigError(
            f"probe.rank={rank}: vectors have {width:,} features, so that no rank above {width} exists; type "
            f"probe.rank={width} or less"
        )
