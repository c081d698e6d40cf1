"""Removal of a subspace, in closed form: class means, LEACE, the rows of a probe, and random ones of equal rank."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.errors import ConfigError, DataError

Vectors = NDArray[np.float64]
Classes = NDArray[np.int64]

RANK = 1e-8  # singular values below this share of the largest one are rounding errors
VARIANCE = 1e-10  # the same for the variances of a covariance: features that do not vary have no whitened form


@dataclass(frozen=True, eq=False)
class Erasure:
    """x - (x - mean) @ reads.T @ writes.T: a projection along ``writes`` (D, r) that takes away what ``reads`` (r, D)
    read. The two are the same subspace if it is orthogonal; ``reads @ writes`` is the identity.
    """

    mean: Vectors
    reads: Vectors
    writes: Vectors

    @property
    def rank(self) -> int:
        """How many dimensions are taken away."""
        return len(self.reads)

    def __call__(self, x: Vectors) -> Vectors:
        """Vectors (N, D) -> (N, D) without the subspace."""
        return x - ((x - self.mean) @ self.reads.T) @ self.writes.T

    def read_by(self, weights: Vectors) -> Vectors:
        """The probe that says of whole vectors what ``weights`` (C, D + 1), intercept last, say of what is left."""
        removed = weights[:, :-1] @ self.writes
        intercepts = weights[:, -1] + removed @ (self.reads @ self.mean)
        return np.hstack([weights[:, :-1] - removed @ self.reads, intercepts[:, None]])


def class_means(x: Vectors, y: Classes, n_classes: int) -> Vectors:
    """The mean of each class, (C, D). Raises: DataError for a class without items, and for fewer than two classes."""
    counts = np.bincount(y, minlength=n_classes)
    if n_classes < 2:
        raise DataError(f"a concept with {n_classes} class cannot be removed or changed; it needs two")
    if not counts.all():
        raise DataError(f"class {int(counts.argmin())} has no item; every class needs at least one")
    indicator = np.zeros((n_classes, len(x)))
    indicator[y, np.arange(len(x))] = 1
    means: Vectors = indicator @ x / counts[:, None]
    return means


def orthogonal(mean: Vectors, directions: Vectors) -> Erasure:
    """Removal of the span of ``directions`` (K, D). Raises: ConfigError if nothing of the vectors is left."""
    basis = row_space(directions)
    if len(basis) >= directions.shape[1]:
        raise ConfigError(
            f"the subspace to remove has rank {len(basis)}, and the vectors have {directions.shape[1]} features: "
            "nothing would be left; choose a concept with fewer classes, or a wider model"
        )
    return Erasure(mean, basis, basis.T)


def row_space(directions: Vectors) -> Vectors:
    """An orthonormal basis (r, D) of the rows of ``directions`` (K, D)."""
    _, singular, right = np.linalg.svd(directions, full_matrices=False)
    basis: Vectors = right[singular > RANK * singular.max(initial=0)]
    return basis


def mean_projection(x: Vectors, y: Classes, n_classes: int) -> Erasure:
    """Removal of the subspace that class means span around their mean (Haghighatkhah et al. 2022): rank C - 1 at most.

    Raises: as ``class_means`` and ``orthogonal``.
    """
    means = class_means(x, y, n_classes)
    return orthogonal(x.mean(axis=0), means - means.mean(axis=0))


def probe_rows(x: Vectors, weights: Vectors) -> Erasure:
    """Removal of all that a linear probe reads: the span of its rows (C, D), around their mean, which softmax ignores.

    Raises: as ``orthogonal``.
    """
    return orthogonal(x.mean(axis=0), weights - weights.mean(axis=0))


@dataclass(frozen=True, eq=False)
class Whitening:
    """mean (D,) of vectors, and symmetric matrices (D, D): ``to`` gives them covariance 1, ``back`` undoes that.

    Directions without variance are left out of both; rank: how many there are with it.
    """

    mean: Vectors
    to: Vectors
    back: Vectors
    rank: int


def whitening(x: Vectors) -> Whitening:
    """The whitening of vectors (N, D); their covariance may be of lower rank."""
    mean = x.mean(axis=0)
    variances, axes = np.linalg.eigh((x - mean).T @ (x - mean) / len(x))
    kept = variances > VARIANCE * variances.max(initial=0)
    variances, axes = variances[kept], axes[:, kept]
    return Whitening(mean, axes / np.sqrt(variances) @ axes.T, axes * np.sqrt(variances) @ axes.T, len(variances))


def leace(x: Vectors, y: Classes, n_classes: int, white: Whitening | None = None) -> Erasure:
    """The smallest change of vectors (N, D), in mean square, after which no linear probe knows more than frequencies.

    LEACE (Belrose et al. 2023): an oblique projection along the covariance of vectors and classes, orthogonal where
    the vectors are whitened; after it all class means are the same. white: of the same vectors, if it is known.
    Raises: as ``class_means``; ConfigError if nothing of the vectors is left.
    """
    white = white or whitening(x)
    # the covariance with a class is its mean, less that of all, times its share: the span is that of the means
    return oblique(white, row_space((class_means(x, y, n_classes) - white.mean) @ white.to))


def oblique(white: Whitening, basis: Vectors) -> Erasure:
    """Removal of the span of ``basis`` (r, D), orthonormal, from whitened vectors; r may be 0.

    Raises: ConfigError if nothing of the vectors is left.
    """
    if 0 < len(basis) >= white.rank:
        raise ConfigError(
            f"the subspace to remove has rank {len(basis)}, and the vectors vary in {white.rank} dimensions: nothing "
            "would be left; choose a concept with fewer classes, or more sentences"
        )
    return Erasure(white.mean, basis @ white.to, white.back @ basis.T)


def random_basis(rank: int, width: int, rng: np.random.Generator) -> Vectors:
    """An orthonormal basis (rank, D) of a random subspace, all of them equally likely."""
    basis: Vectors = np.linalg.qr(rng.standard_normal((width, rank)))[0].T
    return basis


def random_erasure(rank: int, mean: Vectors, rng: np.random.Generator, white: Whitening | None = None) -> Erasure:
    """Removal of a random subspace of vectors around their ``mean`` (D,); of the whitened vectors if ``white`` is
    given, as LEACE removes its own.
    """
    basis = random_basis(rank, len(mean), rng)
    if white is None:
        return Erasure(mean, basis, basis.T)
    return oblique(white, row_space(basis @ white.back @ white.to))  # of the directions that vary


def angle_degrees(one: Vectors, other: Vectors) -> float:
    """The largest principal angle between the spans of the rows of (K, D) and (M, D), in degrees."""
    from scipy.linalg import subspace_angles

    return float(np.degrees(subspace_angles(one.T, other.T).max()))
