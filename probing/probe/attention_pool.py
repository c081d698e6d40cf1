"""The attention pool: trained weights of an item's subwords, their weighted mean, and a linear map on it.

    a = softmax over the subwords t of a span of v · tanh(A h_t + b),   output = C (sum over t of a_t h_t) + c

These are the tanh attention and the linear output layer of Jain & Wallace (2019), on a frozen layer in place of their
LSTM. A query alone (a = softmax of q · h_t) would be simpler; it cannot give weight to two opposite directions, such as
good and bad, which the units of tanh can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, IntArray, Kind, Level, Split
from probing.errors import ConfigError, positive
from probing.probe.fit import Fit, apply, check_single, scale
from probing.probe.layer_models import AT_ONCE, Side, uniform
from probing.probe.trained_probe import TrainedProbe
from probing.store.vectors import Vectors

if TYPE_CHECKING:
    import torch

    from probing.probe.layer_models import Drop, Weights

LEVELS = ("sentence", "span", "span_pair")  # whose items have several subwords
VECTOR = "mean"  # the vector of a task whose weights are trained here
_NUMBERS = 2**24  # of an input in memory at a time: 64 MiB


@dataclass(frozen=True)
class Pooler:
    """x (N, K, T, D), K spans of up to T subwords, NaN after the last one -> outputs (N, C).

    Weights: A (D, ``units``), b, v (``units``, 1), then the linear map. The spans of an item share A, b and v. Its
    vectors stand side by side, with ``product`` that of both after them. features: D. Dropout is on what is pooled.
    """

    features: int
    units: int
    product: bool = False

    def start(self, width: int, outputs: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """The weights before training; ``width``: of an item's vector."""
        query, _ = uniform(rng, self.units, 1)
        return [*uniform(rng, self.features, self.units), query, *uniform(rng, width, outputs)]

    def forward(self, weights: "Weights", x: "torch.Tensor", drop: "Drop") -> "torch.Tensor":
        """The outputs (N, C)."""
        import torch

        pooled = torch.einsum("nkt,nktd->nkd", attention(weights, x), x.nan_to_num())
        whole = pooled.flatten(1)
        if self.product:
            whole = torch.cat([whole, pooled[:, 0] * pooled[:, 1]], dim=1)
        return torch.addmm(weights[-1], drop(whole), weights[-2])

    def linear(self, weights: "Weights") -> None:
        """None: the weights of subwords depend on the input."""

    def facts(self, weights: "Weights") -> Mapping[str, float]:
        """None."""
        return {}


def attention(weights: "Weights", x: "torch.Tensor") -> "torch.Tensor":
    """The weight of every subword, (N, K, T); those of a span add up to 1. x: see ``Pooler``."""
    import torch

    inside, bias, query, *_ = weights
    real = ~x[..., 0].isnan()
    scores = x.new_full(real.shape, -torch.inf)
    scores[real] = (torch.tanh(torch.addmm(bias, x[real], inside)) @ query)[:, 0]
    return torch.softmax(scores, dim=-1)


@dataclass(frozen=True, eq=False)
class Spans:
    """The subwords of some items. x (S + 1, D): the last row is NaN. members (M + 1,): rows of ``x``, span after span,
    and at last that of NaN; the span of item n and part k are ``lengths[k, n]`` of them from ``begins[k, n]`` on.
    """

    x: "torch.Tensor"
    members: "torch.Tensor"
    begins: "torch.Tensor"
    lengths: "torch.Tensor"

    def rows(self, items: "torch.Tensor | slice") -> "torch.Tensor":
        """The input of ``Pooler`` for some items, (N, K, T, D)."""
        import torch

        lengths = self.lengths[:, items, None]
        places = torch.arange(int(lengths.max()), device=lengths.device)
        found = torch.where(places < lengths, self.begins[:, items, None] + places, len(self.members) - 1)
        return self.x[self.members[found]].transpose(0, 1)


@dataclass(frozen=True)
class AttentionPool(TrainedProbe):
    """Sentences and mentions by a mean of their subwords with trained weights, in place of equal ones.

    A model per layer and target, the control's too: it has weights of its own. ``batch_items`` counts sentences or
    mentions.
    """

    units: int = field(default=64, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("probe.units", self.units)

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError also for words and edges: most words have a single subword."""
        check_single(self.name, level, kind)
        if level not in LEVELS:
            raise ConfigError(
                f"probe={self.name} weighs the subwords of a sentence or a mention, and most words have a single one; "
                "type task=sentiment, tree_depth, entity or coref, or probe=linear"
            )

    def check_vector(self, vector: str) -> None:
        """Raise ConfigError unless an item's vector is a mean, whose weights can be trained."""
        if vector != VECTOR:
            raise ConfigError(
                f"task.vector={vector}: probe={self.name} trains the weights of a mean; type task.vector={VECTOR}, or "
                "probe=linear"
            )

    def network(self, vectors: Vectors, layer: int) -> Pooler:
        """The same kind of model for every layer."""
        return Pooler(vectors.stored_width, self.units, vectors.product)

    def side(self, vectors: Vectors, layer: int, device: str) -> Side:
        """The subwords of a layer, standardised over those of train."""
        needed = {split: used(vectors, split) for split in SPLITS}
        raw = {split: vectors.subwords(layer, rows) for split, rows in needed.items()}
        by = scale(raw["train"], self.standardise, vectors.bits)
        x = apply(raw, *by)
        of = {split: spans(vectors, _items(vectors, split), needed[split], x.pop(split), device) for split in SPLITS}
        longest = max(int(one.lengths.max()) for one in of.values() if one.lengths.numel())
        at_once = max(1, min(AT_ONCE, _NUMBERS // (longest * vectors.width)))
        return Side(layer, vectors.width, lambda split, items: of[split].rows(items), by, at_once)

    def layer_gb(self, vectors: Vectors) -> float:
        """How much memory the subwords of a layer take."""
        n_rows = sum(len(used(vectors, split)) for split in SPLITS)
        return n_rows * vectors.stored_width * np.float32().nbytes / 1e9


def _items(vectors: Vectors, split: Split) -> IntArray:
    return np.arange(*vectors.bounds(split))


def used(vectors: Vectors, split: Split) -> IntArray:
    """The stored subwords that the items of a split are made of, ascending."""
    begin, end = vectors.bounds(split)
    return np.unique(np.concatenate([pool[begin:end].indices for pool in vectors.pools]))


def spans(vectors: Vectors, items: IntArray, rows: IntArray, x: NDArray[np.float32], device: str) -> Spans:
    """The spans of some items, by their numbers; x (S, D): the vectors of the stored subwords ``rows``."""
    import torch

    pools = [pool[items] for pool in vectors.pools]
    members = [np.searchsorted(rows, pool.indices) for pool in pools]
    lengths = np.stack([np.diff(pool.indptr) for pool in pools])
    first = np.cumsum([0, *map(len, members)])[:-1]
    begins = np.stack([at + pool.indptr[:-1] for at, pool in zip(first, pools, strict=True)])
    whole = np.concatenate([*members, [len(rows)]]).astype(np.int64)
    padded = np.vstack([x, np.full((1, x.shape[1]), np.nan, np.float32)])
    tensors = (padded, whole, begins.astype(np.int64), lengths.astype(np.int64))
    return Spans(*(torch.from_numpy(one).to(device) for one in tensors))


def reads(fit: Fit, vectors: Vectors, items: IntArray) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """What a trained probe does with each of some items of one span: the weights of its T subwords, (T,), and what each
    would add to the outputs if it had all of the weight, (T, C). Their weighted sum and the last of ``fit.parameters``
    are the outputs.
    """
    import torch

    rows = np.unique(vectors.pools[0][items].indices)
    x = {"items": vectors.subwords(fit.layer, rows)}
    if fit.scale is not None:
        x = apply(x, *fit.scale)
    weights = [torch.from_numpy(one) for one in fit.parameters]
    of = spans(vectors, items, rows, x["items"], "cpu").rows(slice(None))
    lengths: Sequence[int] = np.diff(vectors.pools[0][items].indptr).tolist()
    shares = np.asarray(attention(weights, of)[:, 0])
    added = np.asarray(of[:, 0] @ weights[-2])
    pairs = zip(shares, added, lengths, strict=True)
    found = [(share[:n], one[:n]) for share, one, n in pairs]
    return [share for share, _ in found], [one for _, one in found]
