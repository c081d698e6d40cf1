"""Other weights of a pool, as far from its own as possible, that leave the output nearly as it is.

Jain & Wallace (2019), section 4.2.2, with the settings of their code: for each sentence K distributions begin at random
and are moved by Adam (amsgrad), to maximise

    sum over k of (JSD(a_k, a) - 500 max(0, |Δy_k| - epsilon)) + 1 / (K (K - 1)) sum over k < j of JSD(a_k, a_j)

A penalty does not keep a bound. So a distribution counts only at steps at which it keeps it, and the farthest of them
is returned; the weights themselves always do, at distance 0. A search finds a lower bound of what is possible.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.pooled_output import Pooled
from probing.errors import positive

if TYPE_CHECKING:
    import torch

HIGHEST = float(np.log(2))  # of a Jensen-Shannon divergence, in nats
_PENALTY, _SPREAD = 500.0, 3.0  # the latter: deviation of the first scores
_LEAST = 1e-30  # below which a weight has no logarithm that counts


@dataclass(frozen=True)
class Search:
    """How adversarial weights are looked for. epsilon: the highest total variation distance of the output."""

    distributions: int = 5
    steps: int = 500
    learning_rate: float = 0.01
    epsilon: float = 0.01

    def __post_init__(self) -> None:
        for option in fields(Search):
            positive(option.name, getattr(self, option.name))


@dataclass(frozen=True, eq=False)
class Farthest:
    """divergence (B,): from the pool's own weights, in nats, 0 to ln 2. weights (B, T): that have it."""

    divergence: NDArray[np.float64]
    weights: NDArray[np.float64]


def farthest(pooled: Pooled, rng: np.random.Generator, search: Search) -> Farthest:
    """The farthest weights that were found for each sentence; its own if there are no others."""
    import torch

    real = torch.from_numpy(pooled.real)[:, None]
    own, values = torch.from_numpy(pooled.weights)[:, None], torch.from_numpy(pooled.values)
    size = (len(pooled.weights), search.distributions, pooled.weights.shape[1])
    scores = torch.from_numpy(_SPREAD * rng.standard_normal(size)).requires_grad_()
    intercept = torch.from_numpy(pooled.intercept)
    intact = torch.softmax(own @ values + intercept, dim=-1)
    adam = torch.optim.Adam([scores], search.learning_rate, amsgrad=True)
    best, kept = torch.zeros(len(real), dtype=own.dtype), own[:, 0].clone()
    for step in range(search.steps + 1):
        weights = torch.softmax(scores.masked_fill(~real, -torch.inf), dim=-1)  # (B, K, T)
        moved = (torch.softmax(weights @ values + intercept, dim=-1) - intact).abs().sum(-1) / 2
        apart = divergence(weights, own)
        with torch.no_grad():
            found, which = torch.where(moved <= search.epsilon, apart, 0.0).max(dim=1)
            better = found > best
            best = torch.where(better, found, best)
            kept[better] = weights[better, which[better]]
        if step < search.steps:
            gain = apart.sum() + _between(weights).sum() - _PENALTY * torch.relu(moved - search.epsilon).sum()
            [scores.grad] = torch.autograd.grad(-gain, [scores])
            adam.step()
    return Farthest(best.numpy(), kept.detach().numpy())


def divergence(p: "torch.Tensor", q: "torch.Tensor") -> "torch.Tensor":
    """The Jensen-Shannon divergence of distributions along the last axis, in nats, 0 to ln 2."""
    middle = ((p + q) / 2).clamp(min=_LEAST).log()
    return (_relative(p, middle) + _relative(q, middle)) / 2


def _relative(p: "torch.Tensor", log_q: "torch.Tensor") -> "torch.Tensor":
    return (p * (p.clamp(min=_LEAST).log() - log_q)).sum(-1)


def _between(weights: "torch.Tensor") -> "torch.Tensor":
    """Half the mean divergence of the K distributions of each sentence from each other, (B,); 0 of a single one."""
    k = weights.shape[1]
    every = divergence(weights[:, :, None], weights[:, None])
    return every.sum((1, 2)) / max(1, 2 * k * (k - 1))
