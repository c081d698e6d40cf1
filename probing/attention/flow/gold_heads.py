"""Rollout compared with gold trees: how much of a word's rollout is on its syntactic head, and on words like it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from probing.attention.flow.attention_rollout import rollout, to_words
from probing.attention.flow.augmented import Rollout
from probing.attention.flow.matched_words import PairsBySentence, matched
from probing.axes import Sentence, Split, Tally
from probing.model.map_facts import MapFacts
from probing.model.maps import Maps

ON_HEAD, ON_MATCHED = "mass_on_gold_head", "mass_on_matched_word"
WITH_MIRROR, ON_MIRROR = "mass_on_gold_head_with_mirror", "mass_on_mirror_word"


class GoldHeads:
    """Rollout mass of each word (except the root) on its head, and what it is compared with.

    mass_on_gold_head: on the head. mass_on_matched_word: the mean mass on a word at the same signed distance, over the
    words of sentences of about the same length whose head is not there (``matched_words``); attention prefers near
    words, and heads are near. mass_on_mirror_word: on the word as far away on the other side, where there is one;
    mass_on_gold_head_with_mirror: on the head, over the same words.

    Left out are words and heads without subwords, sentences without a tree, and sentences of fewer than three words;
    and words that share subwords with others, as queries, as heads and among the others. Mass on special subwords
    counts for none. ``unmatched``: words left out because no other word is like theirs; known after ``finish``.
    """

    def __init__(self, sentences: Sequence[Sentence], facts: MapFacts, split: Split, options: Rollout) -> None:
        self._sentences, self._split, self._options, self._facts = sentences, split, options, facts
        self._pairs: dict[int, PairsBySentence] = {}
        self._beside = np.zeros((2, len(sentences), len(facts.layers)))  # on the head, on the mirror word
        self._mirrored = np.zeros(len(sentences))
        self.unmatched = 0

    def add(self, batch: Maps) -> None:
        """Add the maps of a batch. Raises: as ``rollout``."""
        rolled = rollout(batch.attention, batch.lengths, self._options, batch.sentences, batch.of)
        alone = batch.alone(max(len(self._sentences[number].words) for number in batch.sentences))
        for row, number in enumerate(batch.sentences):
            heads, n = np.array(self._sentences[number].heads, dtype=np.int64), int(batch.lengths[row])
            there = alone[row, : len(heads)]
            if there.sum() < 3 or not _asked(heads, there).any():
                continue
            mass = to_words(rolled[row, :, :n, :n], batch.units[row, :n], len(heads))[0]  # (L, W, W)
            self._count(int(number), mass.double().cpu().numpy(), heads, there)

    def _count(
        self, number: int, mass: NDArray[np.float64], heads: NDArray[np.int64], there: NDArray[np.bool_]
    ) -> None:
        queries = np.flatnonzero(_asked(heads, there))
        self._pairs[number] = PairsBySentence.of(mass, queries, heads[queries] - 1, there)
        mirror = 2 * queries - (heads[queries] - 1)
        inside = (mirror >= 0) & (mirror < len(heads))
        inside[inside] = there[mirror[inside]]
        words = queries[inside]
        self._beside[0, number] = mass[:, words, heads[words] - 1].sum(-1)
        self._beside[1, number] = mass[:, words, mirror[inside]].sum(-1)
        self._mirrored[number] = len(words)

    def finish(self) -> list[Tally]:
        """One tally per metric, sums (N, L), items (N,); an empty list if no sentence could be counted."""
        if not self._pairs:
            return []
        on_head, on_matched, items, self.unmatched = matched(self._pairs, len(self._sentences))
        if not items.any():
            return []
        found = {
            ON_HEAD: (on_head, items),
            ON_MATCHED: (on_matched, items),
            WITH_MIRROR: (self._beside[0], self._mirrored),
            ON_MIRROR: (self._beside[1], self._mirrored),
        }
        return [
            Tally(metric, "all", "rollout", self._split, self._facts.layers, sums, counted)
            for metric, (sums, counted) in found.items()
            if counted.any()
        ]


def _asked(heads: NDArray[np.int64], there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which words have a head, and subwords of their own, as has the head: (W,)."""
    found = (heads > 0) & there
    found[found] = there[heads[found] - 1]
    return found
