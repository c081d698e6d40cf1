"""Ways to change a concept in the vectors of a layer, each beside random subspaces and beside its control task."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock

import numpy as np

from probing.analysis.concept_labels import Concept
from probing.analysis.concept_material import Material
from probing.probe.erasure.counterfactuals import (
    alter_rep,
    mean_swap,
    projected_gradient,
    random_means,
    shifted_as_far,
)
from probing.probe.erasure.subspaces import (
    Classes,
    Erasure,
    Vectors,
    leace,
    mean_projection,
    probe_rows,
    random_erasure,
    row_space,
    whitening,
)

REMOVALS = ("mean_projection", "leace", "inlp", "probe_subspace")
COUNTERFACTUALS = ("alter_rep", "mean_swap", "gradient")
METHODS = (*REMOVALS, *COUNTERFACTUALS)
ITERATED = ("inlp", "alter_rep")  # those that remove, or use, one probe after the other
RANDOM, CONTROL = "random", "control"

Apply = Callable[[Vectors, Classes, Classes], Vectors]  # vectors, their classes, the wanted ones -> changed vectors
RandomRemovals = Callable[[int, bool], Sequence[Apply]]  # rank, and whether vectors are whitened first, as for LEACE


@dataclass(frozen=True, eq=False)
class Change:
    """One intervention. against: empty, ``random`` (with its number ``draw``) or ``control``, whose classes it takes.

    rank: of the subspace in which vectors change.
    """

    method: str
    against: str
    draw: int
    rank: int
    apply: Apply

    @property
    def name(self) -> str:
        """Of the method and what it is compared with, as in rows of single draws."""
        return self.method + {"": "", RANDOM: f"_random{self.draw}", CONTROL: "_control"}[self.against]


Shared = Sequence[tuple[Concept, Change]]  # one change, and whose it is


def random_removals(x: Vectors, draws: int, rng: Callable[..., np.random.Generator]) -> RandomRemovals:
    """Removals of ``draws`` random subspaces from vectors like ``x`` (N, D). rng: the generator of a purpose.

    Concepts and methods that ask for the same rank get the same ones, which are then measured once for all.
    """
    mean, white, waiting = x.mean(axis=0), cache(lambda: whitening(x)), Lock()

    @cache
    def drawn(rank: int, whitened: bool) -> tuple[Apply, ...]:
        own = rng("random", str(rank), "whitened" if whitened else "")
        by = white() if whitened else None
        return tuple(_removing(random_erasure(rank, mean, own, by)) for _ in range(draws))

    def of_rank(rank: int, whitened: bool) -> tuple[Apply, ...]:
        with waiting:  # of several threads that ask for one rank, one draws
            return drawn(rank, whitened)

    return of_rank


def changes(
    gold: Material,
    control: Material,
    methods: Sequence[str],
    random: RandomRemovals,
    moves: tuple[int, np.random.Generator],
) -> list[Change]:
    """Every method on the concept, on random subspaces of the same rank, and on the control task.

    random: removals of random subspaces. moves: how many random moves to draw, and from what.
    """
    found: list[Change] = []
    for method in methods:
        removal, (draws, rng) = method in REMOVALS, moves
        found += removals(method, gold, random) if removal else counterfactuals(method, gold, draws, rng)
        of_control = removals(method, control) if removal else counterfactuals(method, control, 0, rng)
        found += [Change(method, CONTROL, 0, one.rank, one.apply) for one in of_control]
    return found


def removals(method: str, of: Material, random: RandomRemovals | None = None) -> Iterator[Change]:
    """The removal of the concept, and of random subspaces of its rank in the same way."""
    erasure = erased(method, of)
    yield Change(method, "", 0, erasure.rank, _removing(erasure))
    for draw, apply in enumerate(random(erasure.rank, method == "leace") if random else ()):
        yield Change(method, RANDOM, draw, erasure.rank, apply)


def erased(method: str, of: Material) -> Erasure:
    """The removal that a method finds."""
    if method == "leace":
        return leace(of.x, of.y, of.n_classes, of.white)
    if method == "mean_projection":
        return mean_projection(of.x, of.y, of.n_classes)
    return of.nullspace.erasure if method == "inlp" else probe_rows(of.x, of.probe[:, :-1])


def counterfactuals(method: str, of: Material, draws: int, rng: np.random.Generator) -> Iterator[Change]:
    """The move to another class, and moves as far between random class means in a subspace of the same rank."""
    moves, rank = _moving(method, of), len(row_space(of.means - of.means.mean(axis=0)))
    yield Change(method, "", 0, rank, _labelled(moves))
    for draw in range(draws):
        yield Change(method, RANDOM, draw, rank, _labelled(_shifting(moves, random_means(of.means, rng))))


def _moving(method: str, of: Material) -> Apply:
    if method == "alter_rep":
        return lambda x, own, wanted: alter_rep(x, own, wanted, of.nullspace.rows, of.alpha)
    if method == "mean_swap":
        return lambda x, own, wanted: mean_swap(x, own, wanted, of.means)

    def descend(x: Vectors, own: Classes, wanted: Classes) -> Vectors:
        radius = np.linalg.norm(of.means[wanted] - of.means[own], axis=1)  # no farther than class means are apart
        return projected_gradient(x, wanted, of.probe, radius)

    return descend


def _shifting(moves: Apply, means: Vectors) -> Apply:
    return lambda x, own, wanted: shifted_as_far(x, moves(x, own, wanted), means[wanted] - means[own])


def _removing(erasure: Erasure) -> Apply:
    return lambda x, _own, _wanted: erasure(x)


def _labelled(moves: Apply) -> Apply:
    """The same for items that have a class; others stay where they are."""

    def apply(x: Vectors, own: Classes, wanted: Classes) -> Vectors:
        known, moved = own >= 0, x.copy()
        moved[known] = moves(x[known], own[known], wanted[known])
        return moved

    return apply


def shared(changes: Mapping[str, Sequence[Change]], known: Sequence[Concept]) -> list[Shared]:
    """The changes of one layer in the order of concepts, those that are one and the same together: the removal of a
    random subspace stands for all concepts and methods of its rank.
    """
    found: dict[Apply, list[tuple[Concept, Change]]] = {}
    for concept in known:
        for change in changes.get(concept.name, ()):
            found.setdefault(change.apply, []).append((concept, change))
    return [*found.values()]
