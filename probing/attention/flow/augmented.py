"""Augmented maps: one per layer, its heads fused and the residual connection added; rollout and flow use them.

Abnar and Zuidema (2020), section 3: A = 0.5 W + 0.5 I, where W is the mean of the heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import ConfigError, ModelError, one_of
from probing.model.map_facts import MapFacts
from probing.model.maps import sink_mass

if TYPE_CHECKING:
    import torch

Int64 = NDArray[np.int64]
# Reductions of numpy and torch by fusion. A sum replaces the mean, because rows are normalised afterwards.
FUSIONS = {"mean": ("add", "sum"), "max": ("maximum", "amax"), "min": ("minimum", "amin")}


@dataclass(frozen=True)
class Rollout:
    """Options of rollout: how the heads of a layer become one map, and how maps are combined.

    residual_weight: share w of the identity in w I + (1 - w) A; 0.5 is (A + I) / 2 as in the paper, 0 raw attention.
    fusion: mean, max or min over heads; rows are normalised afterwards.
    discard: this share of a fused map's positive weights, the smallest, is set to 0 before rows are normalised; weights
    equal to the smallest that stays, and the largest weight of each row, stay.
    first_layer: the recursion starts at this layer; the rollout of the layers below it is the identity.
    receptive_field: first divide each column of a layer's map by the number of queries that can see it (those to which
    some head gives weight; n - j of n in a causal model), then normalise rows, as the paper does for decoders. Without
    it, the mask favours early positions. If every query sees every key, it changes nothing.
    Raises: ConfigError for a value out of range.
    """

    residual_weight: float = 0.5
    fusion: str = "mean"
    discard: float = 0.0
    first_layer: int = 1
    receptive_field: bool = False

    def __post_init__(self) -> None:
        """Check the options."""
        one_of("rollout.fusion", self.fusion, FUSIONS)
        for name, share in (("residual_weight", self.residual_weight), ("discard", self.discard)):
            if not 0 <= share < 1:
                raise ConfigError(f"rollout.{name}={share}: it is a share; give a number from 0 to less than 1")
        if self.first_layer < 1:
            raise ConfigError(f"rollout.first_layer={self.first_layer}: layers count from 1; give 1 or more")

    def check_layers(self, n_layers: int) -> None:
        """Raise ConfigError if a model with ``n_layers`` blocks has no first_layer."""
        if self.first_layer > n_layers:
            raise ConfigError(
                f"rollout.first_layer={self.first_layer}: this model has {n_layers} layers; "
                f"give a number from 1 to {n_layers}"
            )


def augmented(
    attention: "Sequence[torch.Tensor]",
    lengths: Int64,
    options: Rollout,
    sentences: Int64 | None = None,
    facts: MapFacts | None = None,
) -> "torch.Tensor":
    """The augmented maps Â of the K layers from first_layer to L: (B, H, T, T) each -> (B, K, T, T), float32.

    lengths (B,): subwords of each sentence. sentences (B,): their numbers, for messages. facts: which blocks the layers
    are, and which have a sink; None: blocks 1 to L, no sink. What goes to a sink goes nowhere else: the rows of such a
    layer sum to less than 1, by the share of the sink.
    Raises: ConfigError if the model has no first_layer, ModelError if all weights of a query are 0, or one is infinite.
    """
    import torch

    known = facts or MapFacts.of_all(len(attention), attention[0].shape[1])
    options.check_layers(max(known.layers))
    first = sum(layer < options.first_layer for layer in known.layers)
    chosen = [layer.detach().float() for layer in attention[first:]]
    maps = torch.empty((len(chosen), *chosen[0][:, 0].shape), device=chosen[0].device)  # (K, B, T, T)
    for layer, fused in zip(chosen, maps, strict=True):
        _fuse(layer, options.fusion, fused)
    position = torch.arange(maps.shape[-1], device=maps.device)
    real = position < torch.as_tensor(lengths, device=maps.device)[:, None]  # (B, T)
    maps.masked_fill_(~(real[:, :, None] & real[:, None, :]), 0)
    if options.receptive_field:
        seen = torch.stack([((layer > 0).any(dim=1) & real[:, :, None]).sum(dim=-2) for layer in chosen])
        maps /= seen.clamp(min=1)[:, :, None, :]
    if options.discard:
        maps = torch.stack([_without_smallest(layer, options.discard) for layer in maps])
    total = maps.sum(dim=-1)  # (K, B, T)
    for place, weights in enumerate(chosen):
        if known.sinks[first + place]:
            total[place] += getattr(torch, FUSIONS[options.fusion][1])(sink_mass(weights, real[:, None]), dim=1)
    _check(total, real, options, np.arange(len(lengths)) if sentences is None else sentences)
    maps *= ((1 - options.residual_weight) / total.masked_fill(~real, 1))[..., None]
    maps.diagonal(dim1=-2, dim2=-1).add_(options.residual_weight)
    return maps.transpose(0, 1)


def _fuse(layer: "torch.Tensor", fusion: str, out: "torch.Tensor") -> None:
    """Fuse the heads of a layer into ``out``: (B, H, T, T) -> (B, T, T)."""
    import torch

    by_numpy, by_torch = FUSIONS[fusion]
    if layer.device.type == "cpu":  # numpy reduces an axis that is not the last about twice as fast as torch
        getattr(np, by_numpy).reduce(layer.numpy(), axis=1, out=out.numpy())
    else:
        getattr(torch, by_torch)(layer, dim=1, out=out)


def _without_smallest(maps: "torch.Tensor", share: float) -> "torch.Tensor":
    """Set the smallest ``share`` of each map's positive weights to 0 (masked pairs do not count): (B, T, T) -> same."""
    weights = maps.flatten(1)
    ascending = weights.masked_fill(weights <= 0, float("inf")).sort(dim=1).values
    n_dropped = (share * (weights > 0).sum(dim=1)).long()
    border = ascending.gather(1, n_dropped[:, None])[..., None]  # (B, 1, 1)
    return maps.masked_fill((maps < border) & (maps < maps.amax(dim=-1, keepdim=True)), 0)


def _check(total: "torch.Tensor", real: "torch.Tensor", options: Rollout, sentences: Int64) -> None:
    bad = (real & ~((total > 0) & total.isfinite())).nonzero()
    if len(bad):
        layer, row, query = bad[0].tolist()
        hidden = "numbers overflowed, or every key is masked: type model.precision=float32, or remove the sentence"
        disjoint = "no position has weight from all heads: type rollout.fusion=mean, or remove the sentence"
        advice = disjoint if options.fusion == "min" else hidden
        raise ModelError(
            f"sentence {sentences[row]}, layer {options.first_layer + layer}: the attention of position {query} is all "
            f"zero or not finite, but must be a distribution; {advice}"
        )
