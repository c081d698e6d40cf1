"""What is built on one layer: interventions on one half of train, and validation probes on the other half."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from probing.analysis.concept_changes import (
    CONTROL,
    EXACT,
    ITERATED,
    REMOVALS,
    TOLERANCE,
    Apply,
    Change,
    Material,
    changes,
    fitted,
    random_removals,
)
from probing.analysis.concept_labels import Coded, Concept, Halves
from probing.axes import FloatArray, IntArray, Split
from probing.probe.erasure.counterfactuals import other_classes
from probing.probe.erasure.subspaces import Classes, Vectors
from probing.probe.fit import Scale, apply, scale
from probing.result.intervention_scores import balanced
from probing.result.statistics import Floats
from probing.rng import generator

Shared = Sequence[tuple[Concept, Change]]  # one change, and whose it is
PURPOSE = "usage"  # of random numbers
TIE = 1e-4  # nats: after LEACE two classes of one frequency differ only by rounding


@dataclass(frozen=True)
class Ways:
    """How interventions are built; see the options of the analysis. seed: of the study. bits: of stored numbers."""

    methods: Sequence[str]
    draws: int
    steps: int
    alpha: float
    l2: float
    seed: int
    bits: int


@dataclass(frozen=True, eq=False)
class LinearReader:
    """A linear probe: weights (C, D + 1), intercept last, and the frequencies of its classes in training."""

    weights: Vectors
    frequencies: Floats

    def predicted(self, x: Vectors) -> Classes:
        """(N, D) -> (N,); of classes that are tied, the first."""
        logits = self._logits(x)
        return np.asarray((logits > logits.max(axis=1, keepdims=True) - TIE).argmax(axis=1))

    def probabilities(self, x: Vectors) -> Floats:
        """(N, D) -> (N, C), as if the classes had been equally frequent."""
        return balanced(self._logits(x), self.frequencies)

    def _logits(self, x: Vectors) -> Floats:
        return np.asarray(x @ self.weights[:, :-1].T + self.weights[:, -1])


@dataclass(frozen=True, eq=False)
class Built:
    """Of one layer: the scale of its vectors, the validation probes of all concepts, the changes of those chosen, and
    by concept and method the probes that were trained anew on what a removal leaves. unfinished: by concept the
    accuracy above the majority that INLP left, where it found more than it was allowed to remove.
    """

    scale: Scale
    readers: Mapping[str, LinearReader]
    changes: Mapping[str, Sequence[Change]]
    refitted: Mapping[tuple[str, str], LinearReader]
    unfinished: Mapping[str, float]

    def standardised(self, x: FloatArray) -> Vectors:
        """Vectors as probes and interventions take them."""
        mean, deviation = self.scale
        return np.asarray((x.astype(np.float64) - mean) / deviation)

    def as_stored(self, by: Vectors) -> Vectors:
        """A difference of standardised vectors as one of the layer's own; features that do not vary stay."""
        deviation = self.scale[1]
        return np.asarray(by * np.where(np.isfinite(deviation), deviation, 0))


def built(
    vectors: Mapping[Split, NDArray[np.float32]],
    known: Sequence[Concept],
    chosen: Sequence[str],
    split_in: Halves,
    ways: Ways,
) -> Built:
    """All that is built on a layer, from its vectors of train and dev, (N, D) each; ``chosen``: names of concepts."""
    first, second = split_in
    by = scale(vectors["train"][first], True, ways.bits)
    building, validating, dev = (
        apply({"train": part}, *by)["train"].astype(np.float64)
        for part in (vectors["train"][first], vectors["train"][second], vectors["dev"])
    )
    random = random_removals(building, ways.draws, partial(generator, ways.seed, PURPOSE))
    readers = {one.name: reader(validating, one.gold.of["train"][second], one.gold, ways) for one in known}
    made: dict[str, list[Change]] = {}
    refitted: dict[tuple[str, str], LinearReader] = {}
    unfinished: dict[str, float] = {}
    for one in known:
        if one.name in chosen:
            gold, control = (material((building, dev), coded, first, ways) for coded in (one.gold, one.control))
            moves = ways.draws, generator(ways.seed, PURPOSE, one.name)
            made[one.name] = changes(gold, control, ways.methods, random, moves)
            if {*ways.methods} & {*ITERATED} and not gold.nullspace.finished:
                unfinished[one.name] = gold.nullspace.left
            for change in made[one.name]:
                if change.method in REMOVALS and not change.against:
                    left = change.apply(gold.x, gold.y, gold.y)
                    refitted[one.name, change.method] = reader(left, gold.y, one.gold, ways, EXACT)
    return Built(by, readers, made, refitted, unfinished)


def reader(x: Vectors, y: Classes, coded: Coded, ways: Ways, tolerance: float = TOLERANCE) -> LinearReader:
    """A linear probe of those of the vectors (N, D) that have a class."""
    there = y >= 0
    weights = fitted(x[there], y[there], coded.n_classes, ways.l2, tolerance)
    return LinearReader(weights, np.bincount(y[there], minlength=coded.n_classes) / there.sum())


def material(of: tuple[Vectors, Vectors], coded: Coded, half: IntArray, ways: Ways) -> Material:
    """What interventions on one labelling are built from: vectors of a ``half`` of train, and of dev, on as many of
    which the end of INLP is decided.
    """
    (x, dev), y, held_out = of, coded.of["train"][half], coded.of["dev"]
    kept = np.flatnonzero(held_out >= 0)[: len(half)]
    pair = (dev[kept], held_out[kept])
    return Material(x[y >= 0], y[y >= 0], pair, coded.n_classes, ways.steps, ways.alpha, ways.l2)


def shared(changes: Mapping[str, Sequence[Change]], known: Sequence[Concept]) -> list[Shared]:
    """The changes of one layer in the order of concepts, those that are one and the same together: the removal of a
    random subspace stands for all concepts and methods of its rank.
    """
    found: dict[Apply, list[tuple[Concept, Change]]] = {}
    for concept in known:
        for change in changes.get(concept.name, ()):
            found.setdefault(change.apply, []).append((concept, change))
    return [*found.values()]


def own_and_wanted(change: Change, concept: Concept, seed: int) -> tuple[Classes, Classes]:
    """Of all items of test the class, and another one to which a change moves them, (N,) each.

    They are classes of the control task for a change that stands for it.
    """
    if change.against != CONTROL:
        return concept.gold.of["test"], goals(concept, seed)
    own, rng = concept.control.of["test"], generator(seed, PURPOSE, "wanted", concept.name, CONTROL)
    return own, other_classes(own, concept.control.n_classes, rng)


def goals(concept: Concept, seed: int) -> Classes:
    """Of all items of test the class of the concept to which they are moved, (N,).

    A move to it is judged by this class, and so is what it is compared with: classes of a control task are others.
    """
    rng = generator(seed, PURPOSE, "wanted", concept.name, "")
    return other_classes(concept.gold.of["test"], concept.gold.n_classes, rng)
