"""What interventions on a layer do to an output, and whether the layers above decode the concept again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from probing.analysis.concept_builds import Built, own_and_wanted
from probing.analysis.concept_changes import REMOVALS, Change, Shared, shared
from probing.analysis.concept_labels import Concept
from probing.analysis.concept_scores import Found, Key, Sums
from probing.attention.interventions.changed_layer import LayerPass, PooledItems, layer_pass, pooled_items
from probing.attention.interventions.passes import each_batch, in_copies
from probing.attention.interventions.readouts import Reading, Readout
from probing.axes import IntArray, Progress
from probing.model.batches import Batch
from probing.model.encoder import Encoder
from probing.model.pooling import Pooling
from probing.model.subwords import Subwords
from probing.probe.erasure.subspaces import Vectors
from probing.result.statistics import Floats

if TYPE_CHECKING:
    import torch

OfBatch = dict[tuple[int, Key], Sums]  # by layer and key: of the sentences of a batch, (B,) each


@dataclass(frozen=True, eq=False)
class Measured:
    """What is measured on: an encoder, its ``subwords`` of S sentences, and what reads their output.

    words: of each sentence the words that are items. first (S,): the number among all items of test of the first item
    of each sentence. pooling: from subwords to items. wanted: by concept the same readout with the classes that items
    are moved to, if it predicts the classes of the concept.
    """

    encoder: Encoder
    subwords: Subwords
    readout: Readout
    words: Sequence[IntArray]
    first: IntArray
    pooling: Pooling
    wanted: Mapping[str, Readout]
    on_progress: Progress


@dataclass(frozen=True, eq=False)
class Effects:
    """The changes of ``layers``, those of ``made`` that can be changed, measured on all sentences of ``on``."""

    on: Measured
    made: Mapping[int, Built]
    layers: Sequence[int]
    known: Sequence[Concept]
    seed: int

    def found(self) -> Found:
        """Effect (nats), changed predictions, and on the layers above how often the concept is decoded again."""
        n, done = len(self.on.words), 0
        found: Found = {}
        self.on.on_progress("usage: sentences", 0, n)
        for batch, of_batch in each_batch(self.on.encoder, self.on.subwords, self._of_batch):
            for (layer, key), parts in of_batch.items():
                whole = found.setdefault(key, {}).setdefault(layer, (np.zeros(n), np.zeros(n)))
                for total, part in zip(whole, parts, strict=True):
                    total[batch.sentences] = part
            done += len(batch.sentences)
            self.on.on_progress("usage: sentences", done, n)
        return found

    def _of_batch(self, batch: Batch) -> OfBatch:
        import torch

        passed = layer_pass(self.on.encoder, batch)
        items = [self.on.words[sentence] for sentence in batch.sentences]
        pooled = pooled_items(batch, items, self.on.subwords.n_words[batch.sentences], self.on.pooling)
        with torch.inference_mode():
            base = self.on.readout(passed.states[self.on.readout.layer], batch)
        found: OfBatch = {}
        for layer in self.layers:
            different = shared(self.made[layer].changes, self.known)
            run = LayerEffects(self, (passed, pooled, base), layer, different)
            for _, some in in_copies(self.on.encoder, np.arange(len(different)), batch.ids.size, run):
                found |= some
        return found


@dataclass(frozen=True, eq=False)
class LayerEffects:
    """What ``changes`` of one layer do to one batch: to its pass, its items, and what the output says of it."""

    of: Effects
    unchanged: tuple[LayerPass, PooledItems, Reading]
    layer: int
    changes: Sequence[Shared]

    def __call__(self, which: IntArray) -> OfBatch:
        """Of some of the changes, each on its own copy of the batch, in one pass of the layers above."""
        import torch

        (passed, pooled, base), on, changes = self.unchanged, self.of.on, [self.changes[at] for at in which]
        by = [self._move(*change[0]) for change in changes]
        with torch.inference_mode():
            above = passed.above(self.layer, pooled.moved(passed.states[self.layer], by))
            after = on.readout(above[on.readout.layer], passed.batch.repeat(len(which)))
        found: OfBatch = {}
        for change, parts in zip(changes, effects(base, after, len(which)), strict=True):
            for concept, one in change:
                found |= {(self.layer, (metric, concept.name, one.name)): sums for metric, sums in parts.items()}
        return found | self._reached(changes, above) | self._decoded(changes, above)

    @cached_property
    def _numbers(self) -> IntArray:
        """The numbers of the items among all of test, (P,)."""
        passed, pooled, _ = self.unchanged
        return np.asarray(self.of.on.first[passed.batch.sentences][pooled.rows] + pooled.which)

    @cached_property
    def _before(self) -> Vectors:
        """The unchanged vectors of the items, standardised, (P, D)."""
        passed, pooled, _ = self.unchanged
        return self.of.made[self.layer].standardised(pooled.vectors(passed.states[self.layer]))

    def _move(self, concept: Concept, change: Change) -> Vectors:
        own, wanted = (classes[self._numbers] for classes in own_and_wanted(change, concept, self.of.seed))
        return self.of.made[self.layer].as_stored(change.apply(self._before, own, wanted) - self._before)

    def _reached(self, changes: Sequence[Shared], above: "Mapping[int, torch.Tensor]") -> OfBatch:
        """How often the output gives the class to which items were moved, if it predicts classes of the concept."""
        import torch

        batch, found = self.unchanged[0].batch, {}
        for name, goal in self.of.on.wanted.items():
            moved = {at: of[0][1] for at, of in enumerate(changes) if of[0][0].name == name and is_move(of[0][1])}
            if moved:
                states = copies(above[goal.layer], len(changes))[[*moved]].flatten(0, 1)
                with torch.inference_mode():
                    reading = goal(states, batch.repeat(len(moved)))
                for change, sums in zip(moved.values(), predicted(reading, len(moved)), strict=True):
                    found[self.layer, ("moved_to_wanted", name, change.name)] = sums
        return found

    def _decoded(self, changes: Sequence[Shared], above: "Mapping[int, torch.Tensor]") -> OfBatch:
        """How often the layers above decode a concept that is changed."""
        passed, pooled, _ = self.unchanged
        found = {}
        for higher in (other for other in self.of.made if other > self.layer):
            reads = self.of.made[higher]
            for states, [(concept, change), *_] in zip(copies(above[higher], len(changes)), changes, strict=True):
                if not change.against:
                    gold = concept.gold.of["test"][self._numbers]
                    said = reads.readers[concept.name].predicted(reads.standardised(pooled.vectors(states)))
                    key = ("decodable_above", f"{concept.name} on layer {higher}", change.name)
                    found[self.layer, key] = _by_row(pooled, said == gold, gold >= 0, len(passed.batch.ids))
        return found


def copies(states: "torch.Tensor", n: int) -> "torch.Tensor":
    """The states of ``n`` copies of a batch, (n * B, T, D) -> (n, B, T, D)."""
    return states.view(n, -1, *states.shape[1:])


def is_move(change: Change) -> bool:
    """Whether items are moved to a class, and the concept is not removed."""
    return change.method not in REMOVALS


def effects(base: Reading, after: Reading, copies: int = 1) -> list[dict[str, Sums]]:
    """Of each copy of a batch, by its sentence: nats that the gold labels lose, and how many predictions are others."""
    lost = base.of_gold() - after.of_gold().view(copies, -1)
    other = base.logits.argmax(1) != after.logits.argmax(1).view(copies, -1)
    parts = zip(_sums(base, lost), _sums(base, other), strict=True)
    return [{"effect_nats": nats, "prediction_change": changed} for nats, changed in parts]


def predicted(reading: Reading, copies: int = 1) -> list[Sums]:
    """Of each copy of a batch, by its sentence: how many predictions are what the reading has as gold."""
    right = (reading.logits.argmax(1) == reading.gold).view(copies, -1)
    n, here = reading.n_sentences // copies, right.shape[1]
    return _sums(Reading(reading.logits[:here], reading.gold[:here], reading.rows[:here], n), right)


def _sums(reading: Reading, values: "torch.Tensor") -> list[Sums]:
    """Of values (K, P) at the places of a reading of B sentences: K sums and numbers of values, (B,) each."""
    import torch

    rows, n = reading.rows, reading.n_sentences
    sums = torch.zeros(len(values), n, dtype=torch.float64, device=rows.device).index_add(1, rows, values.double())
    items = rows.bincount(minlength=n).double().cpu().numpy()
    return [(of_copy, items) for of_copy in sums.cpu().numpy()]


def _by_row(pooled: PooledItems, right: np.ndarray, known: np.ndarray, n: int) -> Sums:
    rows: IntArray = pooled.rows[known]
    values: Floats = right[known].astype(float)
    return np.bincount(rows, values, n).astype(float), np.bincount(rows, minlength=n).astype(float)
