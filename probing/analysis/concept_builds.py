"""What is built on one layer: interventions on one half of train, and validation probes on the other half."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from probing.analysis.concept_changes import (
    CONTROL,
    ITERATED,
    REMOVALS,
    Change,
    changes,
    random_removals,
)
from probing.analysis.concept_labels import Coded, Concept, Halves
from probing.analysis.concept_material import EXACT, TOLERANCE, Material, fitted
from probing.axes import FloatArray, IntArray, Split
from probing.probe.erasure.counterfactuals import other_classes
from probing.probe.erasure.subspaces import Classes, Vectors
from probing.probe.fit import Scale, apply, scale
from probing.result.intervention_scores import balanced
from probing.result.statistics import Floats
from probing.rng import generator

T = TypeVar("T")
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


class OfConcept(NamedTuple):
    """Of one concept its changes, by method the probe that was trained anew, and what INLP left if it found more."""

    changes: Sequence[Change]
    refitted: Mapping[str, LinearReader]
    left: float | None


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
    readers = at_once(lambda one: reader(validating, one.gold.of["train"][second], one.gold, ways), known)

    def of_concept(one: Concept) -> OfConcept:
        gold, control = (material((building, dev), coded, first, ways) for coded in (one.gold, one.control))
        moves = ways.draws, generator(ways.seed, PURPOSE, one.name)
        found = changes(gold, control, ways.methods, random, moves)
        left = {of.method: of.apply(gold.x, gold.y, gold.y) for of in found if of.method in REMOVALS and not of.against}
        anew = {method: reader(x, gold.y, one.gold, ways, EXACT) for method, x in left.items()}
        iterated = {*ways.methods} & {*ITERATED} and not gold.nullspace.finished
        return OfConcept(found, anew, gold.nullspace.left if iterated else None)

    made = dict(
        zip(chosen, at_once(of_concept, [one for name in chosen for one in known if one.name == name]), strict=True)
    )
    return Built(
        by,
        {one.name: of for one, of in zip(known, readers, strict=True)},
        {name: of.changes for name, of in made.items()},
        {(name, method): of for name, found in made.items() for method, of in found.refitted.items()},
        {name: of.left for name, of in made.items() if of.left is not None},
    )


def at_once(run: Callable[[Concept], T], concepts: Sequence[Concept]) -> list[T]:
    """What ``run`` returns for each concept, as many at a time as there are threads, one thread each.

    Probes of a few thousand vectors are too small to be shared among cores.
    """
    import torch

    def alone(one: Concept) -> T:
        torch.set_num_threads(1)  # of this thread
        return run(one)

    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        return [*pool.map(alone, concepts)]


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
