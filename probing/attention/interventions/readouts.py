"""Readouts, which measure interventions: log-probabilities of gold labels by a probe or by the model's own head."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probing.attention.interventions.places import Places, by_position
from probing.axes import FloatArray, IntArray, Level
from probing.errors import one_of
from probing.model.batches import Batch
from probing.model.pooling import Pooling, pooling_weights
from probing.model.saved_tokenizer import ClsPosition

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Reading:
    """The predictions of a readout for a batch of B sentences, at the P places that have something to predict.

    logits (P, C). gold (P,): the right class. rows (P,): the row in the batch of each place.
    """

    logits: "torch.Tensor"
    gold: "torch.Tensor"
    rows: "torch.Tensor"
    n_sentences: int

    @cached_property
    def log_probabilities(self) -> "torch.Tensor":
        """Of every class at each place, (P, C), in nats."""
        return self.logits.log_softmax(1)

    def scores(self) -> "torch.Tensor":
        """Mean log-probability of gold per sentence, (B,), in nats; 0 for a sentence without a place."""
        return self.mean(self.of_gold())

    def of_gold(self) -> "torch.Tensor":
        """Log-probability of gold at each place, (P,), in nats."""
        return self.log_probabilities.gather(1, self.gold[:, None])[:, 0]

    def mean(self, values: "torch.Tensor") -> "torch.Tensor":
        """Mean of (P,) over the places of each sentence, (B,); 0 for a sentence without a place."""
        sums = values.new_zeros(self.n_sentences).index_add(0, self.rows, values)
        return sums / self.rows.bincount(minlength=self.n_sentences).clamp(min=1)

    def defined(self) -> NDArray[np.bool_]:
        """Which sentences have a place, (B,)."""
        return np.asarray(self.rows.bincount(minlength=self.n_sentences).cpu()) > 0

    def moved(self, other: "Reading") -> "torch.Tensor":
        """Total variation distance to ``other``, half of sum |p - q|, mean over the places of each sentence, (B,)."""
        apart = (self.log_probabilities.exp() - other.log_probabilities.exp()).abs().sum(1) / 2
        return self.mean(apart)


class Readout(Protocol):
    """A classifier on the hidden states of one layer."""

    @property
    def name(self) -> str:
        """Its name in titles, such as "the linear probe of pos on layer 6"."""

    @property
    def layer(self) -> int:
        """The layer that it reads; 0 is the embedding output."""

    @property
    def level(self) -> Level:
        """What one label is attached to: a word (or a subword), or a sentence."""

    def places(self, batch: Batch) -> Places:
        """Where it reads."""

    def __call__(self, hidden: "torch.Tensor", batch: Batch) -> Reading:
        """Read the hidden states (B, T, D) of ``layer``."""


@dataclass(frozen=True, eq=False)
class ProbeReadout:
    """A trained linear probe: softmax of weights (C, D + 1), intercept last, on (x - mean) / deviation, each (D,).

    gold: per sentence the class of every word, (W,), or of the sentence, (1,); negative, or C and above (a label that
    train does not have): nothing to predict. ``level`` (word, sentence), ``vector`` (mean, first, last; for sentences
    also cls) and ``cls_position`` define x and must be those used in training. Raises: ConfigError for another vector.
    """

    name: str
    layer: int
    weights: FloatArray
    mean: FloatArray
    deviation: FloatArray
    gold: Sequence[IntArray]
    level: Level = "word"
    vector: str = "mean"
    cls_position: ClsPosition = "first"

    def __post_init__(self) -> None:
        one_of("level", self.level, ("word", "sentence"))
        self._pooling()

    def _pooling(self) -> Pooling:
        return Pooling(self.level, self.vector, self.cls_position)

    def places(self, batch: Batch) -> Places:
        """The pooled positions of every item that has a class; a word's own are all of its subwords."""
        pool, rows, _ = self._places(batch, self._pooling())
        reads = by_position(pool, rows, batch)
        if self.level == "sentence":
            return Places(rows, reads, np.zeros(reads.shape, dtype=bool))
        whole, _, _ = self._places(batch, Pooling(self.level, "mean", self.cls_position))
        return Places(rows, reads, by_position(whole, rows, batch) > 0)

    def __call__(self, hidden: "torch.Tensor", batch: Batch) -> Reading:
        """Pool subwords (B, T, D) to words or sentences (P, D), standardise, and classify."""
        import torch

        pool, sentences, gold = self._places(batch, self._pooling())
        counts, device = torch.from_numpy(np.diff(pool.indptr)), hidden.device
        where = torch.arange(len(gold)).repeat_interleave(counts)
        rows, columns = (torch.from_numpy(part).to(device) for part in np.divmod(pool.indices, batch.ids.shape[1]))
        taken = hidden[rows, columns].float()
        pooled = taken.new_zeros(len(gold), taken.shape[1]).index_add(0, where.to(device), taken)
        vectors = pooled / counts.to(device)[:, None]
        mean, deviation, weights = (part.to(device) for part in self._parts)
        logits = (vectors - mean) / deviation @ weights[:, :-1].T + weights[:, -1]
        gold_there, rows_there = (torch.from_numpy(part).to(device) for part in (gold, sentences))
        return Reading(logits, gold_there, rows_there, len(batch.ids))

    @cached_property
    def _parts(self) -> "tuple[torch.Tensor, ...]":
        import torch

        with torch.inference_mode(mode=False):  # gradients may be wanted after the first use
            return tuple(torch.from_numpy(np.asarray(a, np.float32)) for a in (self.mean, self.deviation, self.weights))

    def _places(self, batch: Batch, pooling: Pooling) -> tuple[sparse.csr_matrix, NDArray[np.int64], NDArray[np.int64]]:
        """Weights (P, B * T) of the places that have a class and subwords; their sentences' rows and classes (P,)."""
        gold = [np.asarray(self.gold[sentence], dtype=np.int64) for sentence in batch.sentences]
        n_items = np.array([len(of_sentence) for of_sentence in gold])
        n_rows, length = batch.ids.shape
        starts, lengths = np.arange(n_rows) * length, batch.real.sum(axis=1)
        last = None if batch.last_words is None else batch.last_words.ravel()
        pool = pooling_weights(batch.words.ravel(), starts, lengths, n_items, pooling, last)
        classes = np.concatenate(gold)
        known = (classes >= 0) & (classes < len(self.weights))
        kept = np.flatnonzero(known & (np.diff(pool.indptr) > 0))
        return pool[kept], np.repeat(np.arange(n_rows), n_items)[kept], classes[kept]


@dataclass(frozen=True, eq=False)
class HeadReadout:
    """The model's own head. ``logits`` turns hidden states of the last layer (P, D) into (P, C).

    gold: per sentence the class to predict from each subword, (S,); negative: nothing to predict. notes: caveats.
    predicts: what, in words. level: sentence if the class is the whole sentence's. mean: the head reads the mean of all
    subwords, special ones too, wherever gold stands. whole_words: a class is that of the subword's word.
    """

    name: str
    layer: int
    logits: "Callable[[torch.Tensor], torch.Tensor]"
    gold: Sequence[IntArray]
    predicts: str = ""
    level: Level = "word"
    notes: tuple[str, ...] = ()
    mean: bool = False
    whole_words: bool = False

    def places(self, batch: Batch) -> Places:
        """The positions that have something to predict, and their own: none if the class is the whole sentence's."""
        rows, columns = np.nonzero(self._gold(batch) >= 0)
        here = np.equal(columns[:, None], np.arange(batch.ids.shape[1]))
        real = batch.real[rows]
        reads = real / real.sum(axis=1, keepdims=True) if self.mean else here
        first, word = batch.words[rows], batch.words[rows, columns][:, None]
        last = first if batch.last_words is None else batch.last_words[rows]
        own = (first <= word) & (word <= last) & (first >= 0) if self.whole_words else here
        return Places(rows, reads.astype(np.float32), own & (self.level != "sentence"))

    def _gold(self, batch: Batch) -> NDArray[np.int64]:
        """The class of every position, (B, T); negative: none."""
        gold = np.full(batch.ids.shape, -1, dtype=np.int64)
        for row, sentence in enumerate(batch.sentences):
            gold[row, : len(self.gold[sentence])] = self.gold[sentence]
        return gold

    def __call__(self, hidden: "torch.Tensor", batch: Batch) -> Reading:
        """Compute logits only where there is something to predict: for a whole vocabulary they are large."""
        import torch

        gold = self._gold(batch)
        rows, columns = (torch.from_numpy(part).to(hidden.device) for part in np.nonzero(gold >= 0))
        vectors = hidden[rows, columns]
        if self.mean:
            real = torch.from_numpy(batch.real).to(hidden)[:, :, None]
            vectors = ((hidden * real).sum(1) / real.sum(1))[rows]
        return Reading(
            self.logits(vectors).float(), torch.from_numpy(gold[gold >= 0]).to(hidden.device), rows, len(gold)
        )
