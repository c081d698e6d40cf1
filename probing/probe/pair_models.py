"""A model that scores every word of a sentence as the head of every other: its input, its training, its predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.descent import Job, Trained
from probing.probe.fit import SCORED, Fit, Setting, Target
from probing.probe.layer_models import Regularisation, Side, dropping
from probing.rng import generator

if TYPE_CHECKING:
    import torch

    from probing.probe.layer_models import Drop, Weights

_AT_ONCE = 32  # sentences that a trained model reads at a time
NOT_A_WORD = -1e30  # score of padding


class PairNetwork(Protocol):
    """A kind of model."""

    def start(self, width: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """The weights before training, for vectors of ``width`` features."""

    def scores(self, weights: "Weights", x: "torch.Tensor", pairs: "Pairs", drop: "Drop") -> "torch.Tensor":
        """From the vectors (T, D) of the words of some sentences, the score of each pair of one sentence, (P,)."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """All pairs of words of some sentences, P in all: which word is the dependent and which the candidate, (P,) each.

    cells (P,): the place of each pair in a table (T, most words of a sentence). shape: of that table.
    """

    dependent: "torch.Tensor"
    candidate: "torch.Tensor"
    cells: "torch.Tensor"
    shape: tuple[int, int]

    def table(self, scores: "torch.Tensor") -> "torch.Tensor":
        """The scores (P,) with a row for each word and a column for each word of its sentence; NOT_A_WORD elsewhere."""
        import torch

        found = torch.full((self.shape[0] * self.shape[1],), NOT_A_WORD, dtype=scores.dtype, device=scores.device)
        return found.index_put((self.cells,), scores).view(self.shape)


def pairs_of(lengths: NDArray[np.int64], device: str) -> Pairs:
    """The pairs of sentences with so many words each; words are numbered over all of them."""
    import torch

    starts, words = np.cumsum(lengths) - lengths, np.repeat(lengths, lengths)
    dependent = np.repeat(np.arange(len(words)), words)
    ends = np.cumsum(words)
    column = np.arange(len(dependent)) - np.repeat(ends - words, words)
    candidate = column + np.repeat(np.repeat(starts, lengths), words)
    shape = (len(words), int(lengths.max(initial=1)))
    one, other, cells = (
        torch.from_numpy(array).to(device) for array in (dependent, candidate, dependent * shape[1] + column)
    )
    return Pairs(one, other, cells, shape)


@dataclass(frozen=True, eq=False)
class PairModel:
    """The model of one target on one layer: ``weights`` are changed in place by training."""

    network: PairNetwork
    side: Side
    name: str
    target: Target
    setting: Regularisation
    weights: "Weights"

    @cached_property
    def starts(self) -> Mapping[Split, NDArray[np.int64]]:
        """The number of the first word of each sentence of a split, and of the end, (sentences + 1,)."""
        return {split: np.cumsum([0, *map(len, rows)]) for split, rows in self.target.values.items()}

    def table(self, split: Split, sentences: NDArray[np.int64], drop: "Drop") -> "torch.Tensor":
        """The scores of all candidates of the words of some sentences, (T, most words)."""
        import torch

        starts, device = self.starts[split], self.weights[0].device
        lengths = (starts[1:] - starts[:-1])[sentences]
        words = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in sentences])
        pairs = pairs_of(lengths, str(device))
        x = self.side.rows(split, torch.from_numpy(words).to(device))
        return pairs.table(self.network.scores(self.weights, drop(x), pairs, drop))

    def gold(self, split: Split, sentences: NDArray[np.int64]) -> "torch.Tensor":
        """The places of the heads of the words of some sentences, (T,); negative where there is none."""
        import torch

        found = np.concatenate([self.target.values[split][i] for i in sentences]).astype(np.int64)
        return torch.from_numpy(found).to(self.weights[0].device)

    def nats(self, split: Split, sentences: NDArray[np.int64], drop: "Drop") -> "torch.Tensor":
        """The summed cross-entropy of the words that have a head, and their number: (2,)."""
        import torch

        gold = self.gold(split, sentences)
        loss = torch.nn.functional.cross_entropy(
            self.table(split, sentences, drop), gold, ignore_index=-1, reduction="sum"
        )
        return torch.stack([loss, (gold >= 0).sum().to(loss.dtype)])

    def job(self, probe: str) -> Job:
        """What ``descent.train_all`` needs to train it, sentence by sentence. probe: its name in messages."""
        import torch

        filled = {split: np.flatnonzero(np.diff(starts)) for split, starts in self.starts.items()}

        def loss(places: "torch.Tensor", random: "torch.Generator") -> "torch.Tensor":
            sentences = filled["train"][places.cpu().numpy()]
            found = self.nats("train", sentences, dropping(self.setting.dropout, random))
            return torch.div(found[0], found[1].clamp(min=1))

        def watch() -> float:
            found = torch.stack([self.nats("dev", part, lambda x: x) for part in _parts(filled["dev"])]).sum(dim=0)
            return float(found[0] / found[1])

        name = f"probe={probe}, {self.name} on layer {self.side.layer}"
        return Job(name, self.weights, len(filled["train"]), loss, watch, self.setting.weight_decay)

    def fit(self, how: Trained) -> Fit:
        """The trained model as a fit, with its predictions for dev and test."""
        predicted = self.target.by_sentence({split: self._predict(split) for split in SCORED})
        chosen = {**self.setting.chosen(), **how.chosen(), "dev_nats": how.lowest}
        right = np.concatenate(predicted["dev"]) == self.target.flat("dev")
        return Fit(self.side.layer, self.name, predicted, float(right.mean()), how.converged, chosen)

    def _predict(self, split: Split) -> NDArray[np.int64]:
        import torch

        sentences = np.flatnonzero(np.diff(self.starts[split]))
        with torch.no_grad():
            found = [self.table(split, part, lambda x: x).argmax(1).cpu().numpy() for part in _parts(sentences)]
        return np.concatenate(found)


def pair_model(
    network: PairNetwork, side: Side, target: tuple[str, Target], chosen: Regularisation, setting: Setting
) -> PairModel:
    """A model before training; its weights depend on the seed and on their number alone, not on layer or target."""
    import torch

    begin = network.start(side.width, generator(setting.seed, "weights before training"))
    weights = [torch.tensor(one, device=setting.device, requires_grad=True) for one in begin]
    return PairModel(network, side, *target, chosen, weights)


def _parts(sentences: NDArray[np.int64]) -> Sequence[NDArray[np.int64]]:
    return np.split(sentences, range(_AT_ONCE, len(sentences), _AT_ONCE))
