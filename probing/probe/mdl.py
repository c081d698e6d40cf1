"""Minimum description length: how many bits the labels cost, given the vectors (Voita & Titov 2020, online code)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level
from probing.errors import ConfigError
from probing.probe import logistic
from probing.probe.fit import TASK, Fit, Setting, Target
from probing.probe.linear import Linear
from probing.probe.regression import Features
from probing.probe.strengths import choose
from probing.rng import generator

if TYPE_CHECKING:
    import torch

UNSEEN, UNSEEN_BITS = "unseen_items", "unseen_bits"  # in Fit.chosen

Solvers = tuple[Callable[[float], logistic.Solved], Callable[[float, logistic.Solved], logistic.Solved]]


@dataclass(frozen=True, eq=False)
class Block:
    """One block of the online code: the items that were sent before it, and its own, as places among those of train."""

    known: NDArray[np.int64]
    ahead: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Code:
    """The code of one block. bits: of each of its items. unseen: which of them have a class that no item before has."""

    bits: NDArray[np.float64]
    converged: bool
    unseen: NDArray[np.bool_]


@dataclass(frozen=True)
class Mdl(Linear):
    """The linear probe, with the online code length of the training labels.

    Training sentences are shuffled and cut at ``fractions``. The first block costs log2 C bits a label. Each later
    block is sent with a probe that was trained on the n items of all blocks before it: a label costs −log2 p', where

        p'(y) = (n p(y) + 1) / (n + C)

    mixes the probe's p with the uniform code, as if every class had occurred once more (Laplace). p is a probe of the
    classes that occur in these n items: any other class has p = 0 and costs log2(n + C) bits. Without the mixture, its
    cost would grow without bound as the probe comes nearer to its optimum.

    The strength of a block's probe is the one with the shortest code of dev, as ``strengths.choose`` finds it. Unlike a
    score, the code of a control is sent at strengths of its own: at those of the task it would be longer than need be,
    and the task would look better for it. Items of dev whose label train does not have are left out. ``chosen`` of a
    fit counts the items of a class that the blocks before theirs lack (``unseen_items``) and their bits
    (``unseen_bits``). Raises ConfigError for impossible options.
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
        blocks = self._blocks(targets[TASK], setting.seed)
        for fit in super().fit_layer(layer, features, targets, setting):
            target = targets[fit.target]
            codes = [self._send(block, features, target, setting.device) for block in blocks]
            yield _with_code(fit, target, blocks, codes)

    def _blocks(self, target: Target, seed: int) -> list[Block]:
        """All blocks after the first one, in the order in which they are sent."""
        lengths = [np.size(v) for v in target.values["train"]]
        order = generator(seed, "online code").permutation(len(lengths))
        ends = np.maximum(1, np.round(np.array(self.fractions) * len(order)).astype(int))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        rank_of_item = np.repeat(rank, lengths)
        cuts = [
            Block(
                np.flatnonzero(rank_of_item < end), np.flatnonzero((rank_of_item >= end) & (rank_of_item < following))
            )
            for end, following in pairwise(ends)
        ]
        return [block for block in cuts if len(block.known) and len(block.ahead)]

    def _send(self, block: Block, features: Features, target: Target, device: str) -> Code:
        """The code of a block, with the probe of that strength whose code of dev is the shortest."""
        import torch

        labels = target.flat("train")
        seen, y = np.unique(labels[block.known], return_inverse=True)
        x = torch.from_numpy(features["train"]).to(device)
        known = x[torch.from_numpy(block.known).to(device)]
        mean = known.mean(0)
        dev, ahead = target.flat("dev"), labels[block.ahead]
        possible = dev < target.n_classes
        dev_x = torch.from_numpy(features["dev"][possible]).to(device) - mean
        roughly, to_the_end = self._solvers(known - mean, torch.from_numpy(y).to(device), len(seen))

        def bits(rows: "torch.Tensor", gold: NDArray[np.int64], weights: "torch.Tensor") -> NDArray[np.float64]:
            p = probability(rows, weights, np.searchsorted(seen, gold), np.isin(gold, seen))
            return -np.log2((len(y) * p + 1) / (len(y) + target.n_classes))

        def measured(solved: logistic.Solved) -> tuple[float, logistic.Solved]:
            return float(bits(dev_x, dev[possible], solved.weights).sum()) / max(1, int(possible.sum())), solved

        best = choose(
            self.l2, lambda l2: measured(roughly(l2)), lambda l2, rough: measured(to_the_end(l2, rough))
        ).solved
        ahead_x = x[torch.from_numpy(block.ahead).to(device)] - mean
        return Code(bits(ahead_x, ahead, best.weights), best.converged, ~np.isin(ahead, seen))

    def _solvers(self, x: "torch.Tensor", y: "torch.Tensor", n_classes: int) -> Solvers:
        """Solve at a strength roughly, from strong to weak, and to the end; a single class needs no weights."""
        if n_classes == 1:
            nothing = logistic.Solved(x.new_zeros(1, x.shape[1] + 1), 0.0, True)
            return lambda l2: nothing, lambda l2, rough: nothing
        path = logistic.Path(x, y, n_classes, self.tolerance, self.max_iterations)
        return partial(path.solve, rough=True), path.finish


def probability(
    x: "torch.Tensor", weights: "torch.Tensor", y: NDArray[np.int64], seen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What a probe, weights (C, D + 1), gives to the labels ``y`` (N,) of x (N, D); 0 where they are not ``seen``."""
    import torch

    log_p = logistic.log_probabilities(x, weights)
    places = torch.from_numpy(np.where(seen, y, 0)).to(x.device)
    p = log_p.gather(1, places[:, None])[:, 0].double().exp().cpu().numpy()
    return np.asarray(np.where(seen, p, 0.0))


def _with_code(fit: Fit, target: Target, blocks: Sequence[Block], codes: Sequence[Code]) -> Fit:
    """The fit with the bits of every training sentence under the online code and under the uniform one."""
    lengths = np.array([np.size(v) for v in target.values["train"]])
    sentence_of_item = np.repeat(np.arange(len(lengths)), lengths)
    bits = np.full(len(sentence_of_item), np.log2(target.n_classes))
    for block, code in zip(blocks, codes, strict=True):
        bits[block.ahead] = code.bits
    unseen = {
        UNSEEN: sum(int(code.unseen.sum()) for code in codes),
        UNSEEN_BITS: float(sum(code.bits[code.unseen].sum() for code in codes)),
    }
    return replace(
        fit,
        chosen={**fit.chosen, **unseen},
        codelength_bits=np.bincount(sentence_of_item, weights=bits, minlength=len(lengths)).astype(np.float64),
        uniform_bits=lengths * np.log2(target.n_classes),
        converged=fit.converged and all(code.converged for code in codes),
    )
