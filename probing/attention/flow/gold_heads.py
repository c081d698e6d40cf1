"""Rollout compared with gold trees: how much of a word's rollout is on its syntactic head."""

from collections.abc import Sequence

import numpy as np

from probing.attention.flow.attention_rollout import rollout, to_words
from probing.attention.flow.augmented import Rollout
from probing.axes import Sentence, Split, Tally
from probing.model.map_facts import MapFacts
from probing.model.maps import Maps

METRICS = ("mass_on_gold_head", "mass_on_other_word")


class GoldHeads:
    """Rollout mass of each word (except the root) on its head, and its mean mass on another word (not itself).

    Sums per sentence and layer. Left out are words and heads without subwords, sentences without a tree, and sentences
    of fewer than three words, which have no other word; and words that share subwords with others, as queries, as heads
    and among the others. Mass on special subwords counts for neither.
    """

    def __init__(self, sentences: Sequence[Sentence], facts: MapFacts, split: Split, options: Rollout) -> None:
        self._sentences, self._split, self._options, self._facts = sentences, split, options, facts
        self._sums = np.zeros((2, len(sentences), len(facts.layers)))
        self._items = np.zeros(len(sentences))

    def add(self, batch: Maps) -> None:
        """Add the maps of a batch. Raises: as ``rollout``."""
        rolled = rollout(batch.attention, batch.lengths, self._options, batch.sentences, batch.of)
        alone = batch.alone(max(len(self._sentences[number].words) for number in batch.sentences))
        for row, number in enumerate(batch.sentences):
            heads, n = np.array(self._sentences[number].heads), int(batch.lengths[row])
            words = batch.units[row, :n]
            there = alone[row, : len(heads)]
            queries = [i for i, head in enumerate(heads) if head > 0 and there[i] and there[head - 1]]
            if there.sum() < 3 or not queries:
                continue
            mass = to_words(rolled[row, :, :n, :n], words, len(heads))[0].double().cpu().numpy()  # (L, W, W)
            on_head = mass[:, queries, heads[queries] - 1]
            on_rest = (mass[:, queries] * there).sum(-1) - on_head - mass[:, queries, queries]
            self._sums[0, number] = on_head.sum(-1)
            self._sums[1, number] = on_rest.sum(-1) / (there.sum() - 2)
            self._items[number] = len(queries)

    def finish(self) -> list[Tally]:
        """One tally per metric, sums (N, L), items (N,); an empty list if no sentence could be counted."""
        if not self._items.any():
            return []
        return [
            Tally(metric, "all", "rollout", self._split, self._facts.layers, sums, self._items)
            for metric, sums in zip(METRICS, self._sums, strict=True)
        ]
