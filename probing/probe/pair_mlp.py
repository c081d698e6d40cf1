"""The MLP probe of pairs of words (Hewitt & Liang 2019): from both vectors, side by side, to scores."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.probe.layer_models import uniform
from probing.probe.mlp import Perceptron, check_hidden
from probing.probe.pair_probe import PairProbe

if TYPE_CHECKING:
    import torch

    from probing.probe.layer_models import Drop, Weights
    from probing.probe.pair_models import Pairs


@dataclass(frozen=True)
class PairPerceptron:
    """Two vectors side by side through one or two hidden layers of ``width`` units with ReLU to one score."""

    hidden_layers: int
    width: int

    def start(self, width: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """The first layer, for dependent and head (2 D, width), and its intercepts; then the others and theirs."""
        sizes = [2 * width, *[self.width] * self.hidden_layers, 1]
        return [one for inputs, to in zip(sizes, sizes[1:], strict=False) for one in uniform(rng, inputs, to)]

    def scores(self, weights: "Weights", x: "torch.Tensor", pairs: "Pairs", drop: "Drop") -> "torch.Tensor":
        """The scores, (P,). The first layer is applied to each word once, and added up for each pair."""
        import torch

        first, intercepts, *others = weights
        of_dependent, of_head = (x @ half for half in first.chunk(2))
        hidden = torch.relu((of_dependent + intercepts)[pairs.dependent] + of_head[pairs.candidate])
        for at in range(0, len(others) - 2, 2):
            hidden = drop(torch.relu(torch.addmm(others[at + 1], hidden, others[at])))
        return torch.addmm(others[-1], hidden, others[-2])[:, 0]


@dataclass(frozen=True)
class PairMlp(PairProbe):
    """An MLP per layer and target; with labels it is that of probe=mlp, trained sentence by sentence."""

    hidden_layers: int = field(default=1, kw_only=True)
    width: int = field(default=128, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hidden(self.hidden_layers, self.width, "probe=bilinear")

    def of_heads(self) -> PairPerceptron:
        """The same kind of model for every layer."""
        return PairPerceptron(self.hidden_layers, self.width)

    def of_labels(self) -> Perceptron:
        """The same kind of model for every layer."""
        return Perceptron(self.hidden_layers, self.width)
