"""Ways to change a concept in the vectors of a layer, each beside random subspaces and beside its control task."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from probing.probe import logistic
from probing.probe.erasure.counterfactuals import (
    alter_rep,
    mean_swap,
    projected_gradient,
    random_means,
    shifted_as_far,
)
from probing.probe.erasure.nullspace import Nullspace, discriminants, nullspace
from probing.probe.erasure.subspaces import (
    Classes,
    Erasure,
    Vectors,
    Whitening,
    class_means,
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
TOLERANCE, EXACT = 1e-3, 1e-6  # of the solver of a probe, and of one whose answers may be nearly tied
MOST_STEPS = 200

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


def fitted(x: Vectors, y: Classes, n_classes: int, l2: float, tolerance: float = TOLERANCE) -> Vectors:
    """The weights (C, D + 1) of a linear probe of centred vectors (N, D), intercept last."""
    import torch

    features, labels = torch.from_numpy(x.astype(np.float32)), torch.from_numpy(y.astype(np.int64))
    path = logistic.Path(features, labels, n_classes, tolerance, MOST_STEPS)
    return np.asarray(path.solve(l2).weights.double())


@dataclass(frozen=True, eq=False)
class Material:
    """What interventions are built from: vectors and classes of one half of train, and of dev for the end of INLP."""

    x: Vectors
    y: Classes
    held_out: tuple[Vectors, Classes]
    n_classes: int
    steps: int
    alpha: float
    l2: float

    @cached_property
    def means(self) -> Vectors:
        """Of the classes, (C, D)."""
        return class_means(self.x, self.y, self.n_classes)

    @cached_property
    def probe(self) -> Vectors:
        """A linear probe, (C, D + 1)."""
        return fitted(self.x, self.y, self.n_classes, self.l2)

    @cached_property
    def white(self) -> Whitening:
        """The whitening of the vectors."""
        return whitening(self.x)

    @cached_property
    def nullspace(self) -> Nullspace:
        """What INLP finds, with linear discriminants as its probes."""
        fit = discriminants(self.x, self.y, self.n_classes, self.l2)
        return nullspace(self.x.mean(axis=0), self.held_out, self.n_classes, fit, self.steps)


def random_removals(x: Vectors, draws: int, rng: Callable[..., np.random.Generator]) -> RandomRemovals:
    """Removals of ``draws`` random subspaces from vectors like ``x`` (N, D). rng: the generator of a purpose.

    Concepts and methods that ask for the same rank get the same ones, which are then measured once for all.
    """
    mean, white = x.mean(axis=0), cache(lambda: whitening(x))

    @cache
    def of_rank(rank: int, whitened: bool) -> tuple[Apply, ...]:
        own = rng("random", str(rank), "whitened" if whitened else "")
        by = white() if whitened else None
        return tuple(_removing(random_erasure(rank, mean, own, by)) for _ in range(draws))

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
