"""Statistics of heads over a whole corpus: how sharply they attend, how far, and to which kinds of subword.

All statistics are over subwords, and over all queries, special subwords included. Clark et al. (2019, section 3)
report the same masses, and entropy in nats. n: the number of keys that a query can see. Quantiles are reported too,
because weights are skewed and a mean alone is misleading.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.weight_quantiles import BINS, histogram, quantiles_of
from probing.axes import Split, Tally
from probing.errors import ModelError
from probing.model.batches import PADDING
from probing.model.map_facts import MapFacts
from probing.model.maps import Maps, sink_mass

if TYPE_CHECKING:
    import torch

Bools = NDArray[np.bool_]
_LEAST = 1e-38  # its logarithm is finite, and 0 when multiplied by a weight of 0


@dataclass
class HeadStatistics:
    """Sums per sentence, layer and head, and histograms of weights, over maps that are added batch by batch.

    special: ids of special tokens by kind ({"cls": {101}, "sep": {102}}). punctuation: per sentence, which words are
    punctuation, (W,); None if unknown: the sentence then counts no item of mass_punctuation. causal: a query sees no
    later key. For models with local attention, n is nevertheless the whole sentence.
    """

    n_sentences: int
    facts: MapFacts
    split: Split
    special: Mapping[str, Collection[int]] = field(default_factory=dict)
    punctuation: Sequence[Bools | None] = ()
    causal: bool = False

    def __post_init__(self) -> None:
        """Start with empty sums."""
        self._sums: dict[str, NDArray[np.float64]] = {}  # (N, L, H)
        self._items: dict[str, NDArray[np.float64]] = {}  # (N,)
        bins = (len(self.facts.layers), self.facts.n_heads, BINS)
        self._counts = {name: np.zeros(bins, dtype=np.int64) for name in ("weight", "max_weight")}

    def add(self, batch: Maps) -> None:
        """Add the maps of some sentences. Raises: ModelError unless they have as many layers and heads as ``facts``."""
        import torch

        seen, n_layers, n_heads = [m.shape[1] for m in batch.attention], len(self.facts.layers), self.facts.n_heads
        if seen != [n_heads] * n_layers:
            raise ModelError(
                f"maps of {len(seen)} layers with {' or '.join(map(str, sorted(set(seen))))} heads; statistics "
                f"of heads need {n_layers} layers with {n_heads} heads each; choose another model"
            )
        visible = _visible(batch, self.causal)
        pairs = {f"mass_{kind}": visible & pair for kind, pair in self._kinds(batch).items()}
        self._count_items(batch, visible, pairs)
        distance = np.abs(_steps(batch)) * visible
        # masses and distance are weighted sums over pairs, so one matrix product computes all of them
        linear = {"distance_subwords": distance, **pairs}
        stacked = np.stack([pair.reshape(len(pair), -1) for pair in linear.values()], axis=1)  # (B, C, T * T)
        device = batch.attention[0].device
        factors = torch.from_numpy(stacked.astype(np.float32)).to(device).transpose(1, 2)
        mask = torch.from_numpy(visible).to(device).unsqueeze(1)
        for layer, attention in enumerate(batch.attention):
            weights = attention.float().masked_fill(~mask, 0)  # (B, H, T, T)
            largest = weights.amax(-1)  # (B, H, T)
            sink = sink_mass(weights, mask.diagonal(dim1=-2, dim2=-1)) if self.facts.sinks[layer] else None
            sums = {**_spread_of(weights, mask, sink), "max_weight": largest.sum(-1)}
            if any(self.facts.sinks):
                sums["mass_sink"] = torch.zeros_like(largest[..., 0]) if sink is None else sink.sum(-1)
            sums |= zip(linear, (weights.flatten(2) @ factors).unbind(-1), strict=True)
            self._keep(layer, batch.sentences, sums)
            self._counts["weight"][layer] += histogram(weights, int((~visible).sum()))
            self._counts["max_weight"][layer] += histogram(largest, batch.ids.size - int(batch.lengths.sum()))

    def finish(self) -> list[Tally]:
        """One tally per metric, sums (N, L, H), items (N,): queries; both are 0 for sentences that were not added.

        entropy_nats: -sum a ln a. entropy_share: entropy / ln n, over queries with n > 1. effective_tokens:
        exp(entropy). max_weight. distance_subwords: sum a_ij |i - j|. mass_<kind>: the summed weight of the keys of
        this kind (self, previous, next, first, punctuation, and those in ``special``), over the queries that can see
        such a key. mass_first_later, of causal models: mass_first without the first query, which sees nothing else, so
        that it is an attention sink if it is large (Xiao et al. 2024, Gu et al. 2025). mass_sink, for models that have
        one: the weight that no subword gets, one more outcome in entropy. A metric without any such query is left out.
        """
        return [
            Tally(metric, "all", "attention", self.split, self.facts.layers, self._sums[metric], items)
            for metric, items in self._items.items()
            if items.any()
        ]

    def quantiles(self) -> dict[str, NDArray[np.float64]]:
        """QUANTILES of single weights (``weight``) and of a query's largest weight (``max_weight``): each (L, H, Q).

        Over visible pairs. Exact up to the width of a bin: too small by less than 1/128 of the value, and never an
        average of two weights (numpy's ``inverted_cdf``). NaN if nothing was added.
        """
        return {name: quantiles_of(counts) for name, counts in self._counts.items()}

    def _kinds(self, batch: Maps) -> dict[str, Bools]:
        """Which pairs of query and key are of each kind: each broadcasts to (B, T, T)."""
        steps = _steps(batch)
        kinds = {"self": steps == 0, "previous": steps == -1, "next": steps == 1}
        if self.causal:
            kinds["first_later"] = (np.arange(len(steps))[None] == 0) & (steps < 0)
        keys = {"first": np.arange(len(steps))[None] == 0}
        keys |= {name: np.isin(batch.ids, list(numbers)) for name, numbers in self.special.items()}
        if self.punctuation:
            keys["punctuation"] = np.zeros(batch.ids.shape, dtype=np.bool_)
            last_words = batch.words if batch.last_words is None else batch.last_words
            for row, sentence in enumerate(batch.sentences):
                if (of_sentence := self.punctuation[sentence]) is not None:
                    keys["punctuation"][row] = _all_of(of_sentence, batch.words[row], last_words[row])
        return kinds | {name: of_kind[:, None, :] for name, of_kind in keys.items()}

    def _count_items(self, batch: Maps, visible: Bools, pairs: Mapping[str, Bools]) -> None:
        items = {metric: pair.any(axis=2).sum(axis=1) for metric, pair in pairs.items()}
        items["entropy_share"] = (visible.sum(axis=2) > 1).sum(axis=1)
        sink = ("mass_sink",) if any(self.facts.sinks) else ()
        for metric in ("entropy_nats", "effective_tokens", "max_weight", "distance_subwords", *sink):
            items[metric] = batch.lengths
        for metric, number in items.items():
            self._items.setdefault(metric, np.zeros(self.n_sentences))[batch.sentences] = number

    def _keep(self, layer: int, sentences: NDArray[np.int64], sums: "Mapping[str, torch.Tensor]") -> None:
        import torch

        found = torch.stack(list(sums.values())).cpu().numpy()  # (metrics, B, H)
        for metric, values in zip(sums, found, strict=True):
            shape = (self.n_sentences, len(self.facts.layers), self.facts.n_heads)
            self._sums.setdefault(metric, np.zeros(shape))[sentences, layer] = values


def _all_of(chosen: Bools, first: NDArray[np.int64], last: NDArray[np.int64]) -> Bools:
    """Which subwords belong to ``chosen`` words (W,) only; first, last (S,): their first and last word, or negative."""
    before = np.concatenate([[0], np.cumsum(chosen)])
    inside = first >= 0
    every = before[np.where(inside, last + 1, 0)] - before[np.where(inside, first, 0)] == last - first + 1
    return np.asarray(inside & every)


def _steps(batch: Maps) -> NDArray[np.int64]:
    """Steps from query to key, in subwords: (T, T)."""
    place = np.arange(batch.ids.shape[1])
    steps: NDArray[np.int64] = place - place[:, None]
    return steps


def _visible(batch: Maps, causal: bool) -> Bools:
    """Which pairs of query and key can have weight: (B, T, T)."""
    real = batch.words != PADDING
    visible: Bools = real[:, :, None] & real[:, None, :]
    return visible & (_steps(batch) <= 0) if causal else visible


def _spread_of(weights: "torch.Tensor", mask: "torch.Tensor", sink: "torch.Tensor | None") -> "dict[str, torch.Tensor]":
    """Entropy and statistics of it, summed over queries: weights (B, H, T, T), mask (B, 1, T, T) -> (B, H).

    sink (B, H, T): the weight on one more outcome that every query has; None: there is none.
    """
    nats = entropy(weights)  # (B, H, T)
    n_keys = mask.sum(-1)  # (B, 1, T), 0 for padding
    if sink is not None:
        nats, n_keys = nats + entropy(sink.unsqueeze(-1)), n_keys + (n_keys > 0)
    most = n_keys.clamp_min(2).log()  # a query that sees one key has entropy 0, so any divisor is right
    return {
        "entropy_nats": nats.sum(-1),
        "entropy_share": (nats / most).sum(-1),
        "effective_tokens": (nats.exp() * (n_keys > 0)).sum(-1),
    }


def entropy(rows: "torch.Tensor") -> "torch.Tensor":
    """-sum p ln p (nats) over the last axis, where 0 ln 0 is 0."""
    # torch.special.entr is simpler but takes twice as long
    return -rows.clamp_min(_LEAST).log_().mul_(rows).sum(-1)
