"""What interventions on one labelling of one layer are built from, each part computed once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from probing.probe import logistic
from probing.probe.erasure.nullspace import Nullspace, discriminants, nullspace
from probing.probe.erasure.subspaces import Classes, Vectors, Whitening, class_means, whitening

TOLERANCE, EXACT = 1e-3, 1e-6  # of the solver of a probe, and of one whose answers may be nearly tied
MOST_STEPS = 200


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
