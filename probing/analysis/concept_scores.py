"""How completely and how selectively each intervention on one layer changes its concept, on sampled items of test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from probing.analysis.concept_builds import Built, goals, own_and_wanted
from probing.analysis.concept_changes import REMOVALS, Change, shared
from probing.analysis.concept_labels import Concept, apart_from
from probing.axes import IntArray, Tally
from probing.probe.erasure.subspaces import Classes, Vectors
from probing.result.intervention_scores import reached, removed, unchanged
from probing.result.statistics import Floats

VALIDATION = "validation"  # the method of rows of unchanged vectors
Key = tuple[str, str, str]  # metric, target, method
Sums = tuple[Floats, Floats]  # sums and numbers of items by sentence of the sample, (S,) each
Found = dict[Key, dict[int, Sums]]  # by layer


@dataclass(frozen=True, eq=False)
class Sampled:
    """The N items of test that are measured. items (N,): their numbers among those of test. sentence (N,): the place
    of their sentence in the sample, which has ``n_sentences``.
    """

    items: IntArray
    sentence: IntArray
    n_sentences: int

    def sums(self, values: Floats, known: Classes) -> Sums:
        """Of the items whose class ``known`` is not negative."""
        there = known >= 0
        where, n = self.sentence[there], self.n_sentences
        return np.bincount(where, values[there], n).astype(float), np.bincount(where, minlength=n).astype(float)


@dataclass(frozen=True, eq=False)
class LayerScores:
    """Scores on one layer. test (N, D): the sampled items, standardised. half: items of train that interventions
    were built on; they say which class is most frequent, and which properties are apart from a concept.
    """

    made: Built
    test: Vectors
    known: Sequence[Concept]
    sampled: Sampled
    half: IntArray
    seed: int

    @cached_property
    def before(self) -> Mapping[str, Floats]:
        """What validation probes say of the unchanged vectors, by concept, (N, C) each."""
        return {one.name: self.made.readers[one.name].probabilities(self.test) for one in self.known}

    def unchanged(self) -> dict[Key, Sums]:
        """How often validation probes are right, and how often the most frequent class is, for every concept."""
        found = {}
        for one in self.known:
            gold, reader = one.gold.of["test"][self.sampled.items], self.made.readers[one.name]
            train = one.gold.of["train"][self.half]
            common = np.bincount(train[train >= 0]).argmax()
            right = {"decodable": reader.predicted(self.test), "majority": common}
            for metric, predicted in right.items():
                found[metric, one.name, VALIDATION] = self.sampled.sums((predicted == gold).astype(float), gold)
        return found

    def changed(self) -> dict[Key, Sums]:
        """Completeness, selectivity and decodability after every change of every concept."""
        found = {}
        others = {one.name: apart_from(one, self.known, self.half) for one in self.known}
        for change in shared(self.made.changes, self.known):
            after = self._changed(*change[0])
            told = cache(lambda name, after=after: self.made.readers[name].probabilities(after))
            for concept, one in change:
                for metric, sums in self._of(one, concept, others[concept.name], after, told).items():
                    found[metric, concept.name, one.name] = sums
        return found

    def _changed(self, concept: Concept, change: Change) -> Vectors:
        own, wanted = (of[self.sampled.items] for of in own_and_wanted(change, concept, self.seed))
        return change.apply(self.test, own, wanted)

    def _of(
        self, change: Change, concept: Concept, others: Sequence[Concept], after: Vectors, told: Callable[[str], Floats]
    ) -> dict[str, Sums]:
        """told: what validation probes say of the vectors ``after`` the change, by concept, (N, C) each."""
        gold, reader = concept.gold.of["test"][self.sampled.items], self.made.readers[concept.name]
        right = (reader.predicted(after) == gold).astype(float)
        found = {"decodable_after": self.sampled.sums(right, gold)}
        found["change_size"] = self.sampled.sums(np.linalg.norm(after - self.test, axis=1), gold)
        said = told(concept.name)
        if change.method in REMOVALS:
            found["completeness"] = self.sampled.sums(removed(said), gold)
        else:
            goal = goals(concept, self.seed)[self.sampled.items]
            found["completeness"] = self.sampled.sums(reached(said, goal), gold)
        if others:
            stays = [unchanged(self.before[o.name], told(o.name)) for o in others]
            found["selectivity"] = self.sampled.sums(np.mean(stays, axis=0), gold)
        if not change.against and change.method in REMOVALS:
            anew = self.made.refitted[concept.name, change.method].predicted(after) == gold
            found["refitted"] = self.sampled.sums(anew.astype(float), gold)
        return found


def gathered(parts: Mapping[int, Mapping[Key, Sums]]) -> Found:
    """Results by layer as results by metric, target and method."""
    found: Found = {}
    for layer, of_layer in parts.items():
        for key, one in of_layer.items():
            found.setdefault(key, {})[layer] = one
    return found


def tally(key: Key, by_layer: Mapping[int, Sums]) -> Tally:
    """One metric of one method, over the layers on which it was measured."""
    layers = tuple(sorted(by_layer))
    sums, items = (np.stack([by_layer[layer][part] for layer in layers], axis=1) for part in (0, 1))
    return Tally(*key, "test", layers, sums, items)
