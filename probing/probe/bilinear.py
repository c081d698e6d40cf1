"""The bilinear probe of pairs of words (Hewitt & Liang 2019): scores are products of features of both vectors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import ConfigError, positive
from probing.probe.fit import InputSize
from probing.probe.layer_models import uniform
from probing.probe.low_rank import check_rank
from probing.probe.pair_probe import TWO_VECTORS, PairProbe
from probing.task.labels import Task, with_product

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
        return found / math.sqrt(one.shape[1])


@dataclass(frozen=True)
class LabelledProduct:
    """The score of class c, from the vectors x and y (D,) of an item:

        x · B_c y + a_c · [x, y] + b_c,   B_c = sum over k = 1 … ``rank`` of w_ck u_k v_k^T

    All classes share u_k and v_k (D,), so that no B_c has a rank above ``rank``; None: D, where one B_c can be any
    matrix. The linear terms are those of a linear probe on both vectors.
    """

    rank: int | None

    def start(self, width: int, outputs: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """u and v (D, k), w (k, C), a (2 D, C) and b (C,), for both vectors side by side: ``width`` is 2 D."""
        half = width // 2
        rank = self.rank or half
        u, v, w = (uniform(rng, *shape)[0] for shape in ((half, rank), (half, rank), (rank, outputs)))
        return [u, v, w, *uniform(rng, width, outputs)]

    def forward(self, weights: "Weights", x: "torch.Tensor", drop: "Drop") -> "torch.Tensor":
        """The scores (N, C) of items (N, 2 D)."""
        import torch

        u, v, w, a, b = weights
        x = drop(x)
        one, other = x.chunk(2, dim=1)
        return torch.addmm(b, x, a) + ((one @ u) * (other @ v)) @ w

    def linear(self, weights: "Weights") -> None:
        """None: it is not linear."""

    def facts(self, weights: "Weights") -> Mapping[str, float]:
        """None."""
        return {}


@dataclass(frozen=True)
class Bilinear(PairProbe):
    """A bilinear form per layer and target, with labels one for each class; ``rank`` bounds that of every form."""

    rank: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rank is not None:
            positive("probe.rank", self.rank)

    def check_size(self, size: InputSize) -> None:
        """Raise ConfigError for a rank above the width of one of both vectors."""
        if self.rank is not None:
            check_rank(self.rank, size.part_width)

    def of_heads(self) -> Product:
        """The same kind of model for every layer."""
        return Product(self.rank)

    def of_labels(self) -> LabelledProduct:
        """The same kind of model for every layer."""
        return LabelledProduct(self.rank)


def check_two_vectors(probe: object, task: Task) -> None:
    """Raise ConfigError if a bilinear probe would not find an item's two vectors, and nothing else, side by side."""
    if not isinstance(probe, Bilinear) or task.level not in TWO_VECTORS:
        return
    if with_product(task):
        raise ConfigError(
            f"task.product=true: probe={probe.name} multiplies both vectors itself; type task.product=false, or "
            "probe=linear"
        )
    if task.vector == "cls":
        raise ConfigError(
            f"task.vector=cls: both mentions have the same vector, and probe={probe.name} reads two; type "
            "task.vector=mean or task.vector=ends, or probe=linear"
        )
