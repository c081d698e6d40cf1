"""What interventions on a layer do to an output, and whether the layers above decode the concept again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from probing.analysis.concept_builds import Built, own_and_wanted
from probing.analysis.concept_changes import REMOVALS, Change
from probing.analysis.concept_labels import Concept
from probing.analysis.concept_scores import Found, Key, Sums
from probing.attention.interventions.changed_layer import LayerPass, PooledItems, layer_pass, pooled_items
from probing.attention.interventions.passes import each_batch
from probing.attention.interventions.readouts import Reading, Readout
from probing.axes import IntArray, Progress
from probing.model.batches import Batch
from probing.model.encoder import Encoder
from probing.model.pooling import Pooling
from probing.model.subwords import Subwords
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
            for concept in self.known:
                for change in self.made[layer].changes.get(concept.name, ()):
                    found |= self._of_change(passed, pooled, base, (layer, concept, change))
        return found

    def _of_change(
        self, passed: LayerPass, pooled: PooledItems, base: Reading, of: tuple[int, Concept, Change]
    ) -> OfBatch:
        import torch

        layer, concept, change = of
        made, batch = self.made[layer], passed.batch
        numbers = self.on.first[batch.sentences][pooled.rows] + pooled.which
        own, wanted = (classes[numbers] for classes in own_and_wanted(change, concept, self.seed))
        states = passed.states[layer]
        before = made.standardised(pooled.vectors(states))
        by = made.as_stored(change.apply(before, own, wanted) - before)
        with torch.inference_mode():
            above = passed.above(layer, pooled.moved(states, by.astype(np.float32)))
            after = self.on.readout(above[self.on.readout.layer], batch)
            goal = self.on.wanted.get(concept.name) if change.method not in REMOVALS else None
            towards = None if goal is None else goal(above[goal.layer], batch)
        parts = effects(base, after) | ({} if towards is None else {"moved_to_wanted": predicted(towards)})
        found: OfBatch = {(layer, (metric, concept.name, change.name)): sums for metric, sums in parts.items()}
        if not change.against:
            gold = concept.gold.of["test"][numbers]
            for higher in (other for other in self.made if other > layer):
                reads = self.made[higher]
                said = reads.readers[concept.name].predicted(reads.standardised(pooled.vectors(above[higher])))
                key = ("decodable_above", f"{concept.name} on layer {higher}", change.name)
                found[layer, key] = _by_row(pooled, said == gold, gold >= 0, len(batch.ids))
        return found


def effects(base: Reading, after: Reading) -> dict[str, Sums]:
    """By sentence of the batch: nats that the gold labels lose, and how many predictions are others than before."""
    lost = base.of_gold() - after.of_gold()
    other = base.logits.argmax(1) != after.logits.argmax(1)
    return {"effect_nats": _sums(base, lost), "prediction_change": _sums(base, other)}


def predicted(reading: Reading) -> Sums:
    """By sentence of the batch: how many predictions are what the reading has as gold."""
    return _sums(reading, reading.logits.argmax(1) == reading.gold)


def _sums(reading: Reading, values: "torch.Tensor") -> Sums:
    import torch

    rows, n = reading.rows, reading.n_sentences
    sums = torch.zeros(n, dtype=torch.float64, device=rows.device).index_add(0, rows, values.double())
    return sums.cpu().numpy(), rows.bincount(minlength=n).double().cpu().numpy()


def _by_row(pooled: PooledItems, right: np.ndarray, known: np.ndarray, n: int) -> Sums:
    rows: IntArray = pooled.rows[known]
    values: Floats = right[known].astype(float)
    return np.bincount(rows, values, n).astype(float), np.bincount(rows, minlength=n).astype(float)
