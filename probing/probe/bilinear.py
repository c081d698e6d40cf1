"""The bilinear probe of dependency edges (Hewitt & Liang 2019): the score of head w for dependent d is h_d · B h_w."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import positive
from probing.probe.layer_models import uniform
from probing.probe.pair_probe import PairProbe

if TYPE_CHECKING:
    import torch

    from probing.probe.layer_models import Drop, Weights
    from probing.probe.pair_models import Pairs


@dataclass(frozen=True)
class Product:
    """Both words are mapped to ``rank`` numbers, of which the product is taken; None: B is any matrix (D, D)."""

    rank: int | None

    def start(self, width: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """The map of the dependent (D, k) and that of the head (D, k), or B alone (D, D)."""
        return [uniform(rng, width, self.rank or width)[0] for _ in range(2 if self.rank else 1)]

    def scores(self, weights: "Weights", x: "torch.Tensor", pairs: "Pairs", drop: "Drop") -> "torch.Tensor":
        """The products, (P,), divided by the root of the number of features, so that they begin small."""
        one, other = x @ weights[0], x @ weights[1] if self.rank else x
        found: torch.Tensor = (one[pairs.dependent] * other[pairs.candidate]).sum(dim=1)
        found /= one.shape[1] ** 0.5
        return found


@dataclass(frozen=True)
class Bilinear(PairProbe):
    """A bilinear form per layer and target; ``rank`` bounds that of B."""

    rank: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rank is not None:
            positive("probe.rank", self.rank)

    def network(self) -> Product:
        """The same kind of model for every layer."""
        return Product(self.rank)
