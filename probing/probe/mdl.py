"""Minimum description length: how many bits the labels cost, given the vectors (Voita & Titov 2020, online code)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level
from probing.errors import ConfigError
from probing.probe import logistic
from probing.probe.fit import Fit, Setting, Target
from probing.probe.linear import Linear
from probing.probe.regression import Features
from probing.rng import generator

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Mdl(Linear):
    """The linear probe, with the online code length of the training labels.

    Training sentences are shuffled and cut at ``fractions``. The first block costs log2 C bits a label. Each later
    block costs the cross-entropy of a probe trained on all blocks before it, at the strength that is best on dev; items
    of dev whose label train does not have are left out there, since they have no probability. Cross-entropies are
    converted from nats to bits. Raises ConfigError for impossible options.
    """

    fractions: list[float] = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        rising = sorted(self.fractions) == self.fractions
        if not self.fractions or not rising or not 0 < self.fractions[0] < self.fractions[-1] == 1:
            raise ConfigError(f"probe.fractions={self.fractions}: must rise from above 0 to 1, e.g. [0.01,0.1,1]")

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError for word pairs and for numbers."""
        super().check(level, kind)
        if kind != "class":
            raise ConfigError("probe=mdl needs labels that are classes; for numbers type probe=linear")

    def fit_layer(
        self, layer: int, features: Features, targets: Mapping[str, Target], setting: Setting
    ) -> Iterator[Fit]:
        """The fits of the linear probe, each with the bits of every training sentence."""
        for fit in super().fit_layer(layer, features, targets, setting):
            bits, uniform, converged = self._codelength(features, targets[fit.target], setting)
            yield replace(fit, codelength_bits=bits, uniform_bits=uniform, converged=fit.converged and converged)

    def _codelength(
        self, features: Features, target: Target, setting: Setting
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
        """Bits of every training sentence under the online code and under the uniform code, (n_sentences,).

        Third, whether every probe of the code converged.
        """
        import torch

        lengths = np.array([np.size(v) for v in target.values["train"]])
        order = generator(setting.seed, "online code").permutation(len(lengths))
        ends = np.maximum(1, np.round(np.array(self.fractions) * len(order)).astype(int))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        sentence_of_item = np.repeat(np.arange(len(lengths)), lengths)
        x = {split: torch.from_numpy(f).to(setting.device) for split, f in features.items()}
        labels = {split: torch.from_numpy(target.flat(split)).to(setting.device) for split in ("train", "dev")}
        uniform = lengths * np.log2(target.n_classes)
        bits = uniform.copy()
        converged = True
        for end, following in pairwise(ends):
            known = torch.from_numpy(np.flatnonzero(rank[sentence_of_item] < end)).to(setting.device)
            ahead = (rank[sentence_of_item] >= end) & (rank[sentence_of_item] < following)
            if not ahead.any():
                continue
            items = torch.from_numpy(np.flatnonzero(ahead)).to(setting.device)
            weights, mean, ended = self._best(
                x["train"][known], labels["train"][known], x["dev"], labels["dev"], target
            )
            converged &= ended
            log_p = logistic.log_probabilities(x["train"][items] - mean, weights)
            nats = -log_p.gather(1, labels["train"][items][:, None])[:, 0].double().cpu().numpy()
            bits[(rank >= end) & (rank < following)] = 0
            np.add.at(bits, sentence_of_item[ahead], nats / np.log(2))
        return bits, uniform, converged

    def _best(
        self,
        x: "torch.Tensor",
        y: "torch.Tensor",
        dev_x: "torch.Tensor",
        dev_y: "torch.Tensor",
        target: Target,
    ) -> "tuple[torch.Tensor, torch.Tensor, bool]":
        """Weights (C, D + 1) of the strength with the smallest dev cross-entropy, and the mean to subtract, (D,).

        Third, whether that probe converged.
        """
        known = dev_y < target.n_classes
        dev_x, dev_y = dev_x[known], dev_y[known]
        mean = x.mean(0)
        found = logistic.solve(x - mean, y[None], self.l2, target.n_classes, self.tolerance, self.max_iterations)
        dev = (logistic.log_probabilities(dev_x - mean, weights) for weights in found.weights[0])
        losses = [float(-log_p.gather(1, dev_y[:, None]).mean()) for log_p in dev]
        best = int(np.argmin(losses))
        return found.weights[0, best], mean, bool(found.converged[0, best])
