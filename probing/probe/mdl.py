"""Minimum description length: how many bits the labels cost, given the vectors (Voita & Titov 2020, online code)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level, Split
from probing.errors import ConfigError, positive
from probing.probe import logistic
from probing.probe.fit import Fit, Setting, Target, standardise
from probing.probe.linear import Linear, check_not_pairs
from probing.rng import generator
from probing.store.vectors import Vectors

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Mdl:
    """Online code around the linear probe.

    Training sentences are shuffled and cut at ``fractions``. The first block costs log2 C bits a label. Each later
    block costs the cross-entropy of a probe that was trained on all blocks before it, with the strength that does best
    on dev; items of dev whose label train does not have are left out there, since they have no probability.
    Cross-entropies are converted from nats: the length is in true bits.
    """

    name: str
    l2: list[float]
    fractions: list[float]
    standardise: bool = True
    tolerance: float = 1e-5
    max_iterations: int = 300

    def __post_init__(self) -> None:
        self._linear()
        if sorted(self.fractions) != self.fractions or not 0 < self.fractions[0] < self.fractions[-1] == 1:
            raise ConfigError(f"probe.fractions={self.fractions}: must rise from above 0 to 1, e.g. [0.01,0.1,1]")
        positive("probe.fractions", self.fractions[0])

    def _linear(self) -> Linear:
        return Linear(self.name, self.l2, self.standardise, self.tolerance, self.max_iterations)

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError for word pairs and for numbers."""
        check_not_pairs(self.name, level)
        if kind != "class":
            raise ConfigError("probe=mdl needs labels that are classes; for numbers type probe=linear")

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """The linear probe's fit, with the code length of the training labels beside it."""
        for done, layer in enumerate(layers):
            setting.on_progress("probing layers with an online code", done, len(layers))
            features = standardise(vectors.layer(layer), self.standardise)
            for fit in self._linear().fit_features(layer, features, targets, setting.device):
                bits, uniform = self._codelength(features, targets[fit.target], setting)
                yield replace(fit, codelength_bits=bits, uniform_bits=uniform)
        setting.on_progress("probing layers with an online code", len(layers), len(layers))

    def _codelength(
        self, features: Mapping[Split, NDArray[np.float32]], target: Target, setting: Setting
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bits of every training sentence under the online code and under the uniform code, (n_sentences,)."""
        import torch

        lengths = np.array([np.size(v) for v in target.values["train"]])
        order = generator(setting.seed, "online code").permutation(len(lengths))
        ends = np.maximum(1, np.round(np.array(self.fractions) * len(order)).astype(int))
        sentence_of_item = np.repeat(np.arange(len(lengths)), lengths)
        x = {split: torch.from_numpy(f).to(setting.device) for split, f in features.items()}
        labels = {split: torch.from_numpy(target.flat(split)).to(setting.device) for split in ("train", "dev")}
        uniform = lengths * np.log2(target.n_classes)
        bits = uniform.copy()
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        for end, following in pairwise(ends):
            known = torch.from_numpy(np.flatnonzero(rank[sentence_of_item] < end)).to(setting.device)
            ahead = (rank[sentence_of_item] >= end) & (rank[sentence_of_item] < following)
            if not ahead.any():
                continue
            items = torch.from_numpy(np.flatnonzero(ahead)).to(setting.device)
            weights, mean = self._best(x["train"][known], labels["train"][known], x["dev"], labels["dev"], target)
            log_p = logistic.log_probabilities(x["train"][items] - mean, weights)
            nats = -log_p.gather(1, labels["train"][items][:, None])[:, 0].double().cpu().numpy()
            sentences = sentence_of_item[ahead]
            bits[(rank >= end) & (rank < following)] = 0
            np.add.at(bits, sentences, nats / np.log(2))
        return bits, uniform

    def _best(
        self,
        x: "torch.Tensor",
        y: "torch.Tensor",
        dev_x: "torch.Tensor",
        dev_y: "torch.Tensor",
        target: Target,
    ) -> "tuple[torch.Tensor, torch.Tensor]":
        """Weights of the strength whose dev cross-entropy is smallest, and the mean they are centred on."""
        known = dev_y < target.n_classes
        dev_x, dev_y = dev_x[known], dev_y[known]
        mean = x.mean(0)
        found = logistic.solve(x - mean, y[None], self.l2, target.n_classes, self.tolerance, self.max_iterations)
        dev = (logistic.log_probabilities(dev_x - mean, weights) for weights in found.weights[0])
        losses = [float(-log_p.gather(1, dev_y[:, None]).mean()) for log_p in dev]
        return found.weights[0, int(np.argmin(losses))], mean
