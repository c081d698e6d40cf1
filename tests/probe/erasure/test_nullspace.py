"""INLP removes subspace after subspace, until a probe finds nothing more."""

import numpy as np
import pytest

from probing.probe.erasure.nullspace import discriminants, nullspace
from probing.probe.erasure.subspaces import Erasure, leace, mean_projection

C, D = 3, 20


def means_as_probe(x, y):
    """The weights of nearest class means."""
    means = np.stack([x[y == c].mean(axis=0) for c in range(C)])
    return np.hstack([means, -0.5 * (means**2).sum(axis=1, keepdims=True)])


def nothing(x):
    """The removal of nothing."""
    return Erasure(x.mean(axis=0), np.zeros((0, x.shape[1])), np.zeros((x.shape[1], 0)))


def removed(train, held_out, probe, steps):
    """INLP with any probe of vectors and classes."""
    x, y = train
    return nullspace(x.mean(axis=0), held_out, C, lambda erasure: probe(erasure(x), y), steps)


def planted(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(C, size=900)
    x = rng.standard_normal((900, D)) * np.linspace(0.5, 3, D)
    x[np.arange(900), y] += 4  # the concept stands in features 0 to 2
    return (x[:600], y[:600]), (x[600:], y[600:])


def test_it_ends_when_nothing_is_left_and_says_so():
    train, held_out = planted(0)
    found = removed(train, held_out, means_as_probe, steps=8)
    assert found.finished
    assert found.left <= 0.01
    assert found.erasure.rank == 2 * len(found.rows)
    basis = found.erasure.reads
    assert np.abs(basis @ basis.T - np.eye(len(basis))).max() < 1e-8


def one_direction(x, y):
    """A probe that reads only the direction in which class means differ most; it needs two steps for three classes."""
    weights = means_as_probe(x, y)
    means = weights[:, :-1] - weights[:, :-1].mean(axis=0)
    left, singular, right = np.linalg.svd(means, full_matrices=False)
    along = np.outer(left[:, 0] * singular[0], right[0])
    return np.hstack([along, -0.5 * (along**2).sum(axis=1, keepdims=True) - along @ x.mean(axis=0)[:, None]])


def test_it_stops_after_so_many_steps_although_more_is_left():
    train, held_out = planted(1)
    once = removed(train, held_out, one_direction, steps=1)
    assert (len(once.rows), once.erasure.rank, once.finished) == (1, 1, False)
    assert once.left > 0.1
    assert removed(train, held_out, one_direction, steps=8).finished


def test_something_of_the_vectors_is_always_left():
    (x, y), (new, gold) = planted(2)
    narrow = removed((x[:, :2], y), (new[:, :2], gold), one_direction, steps=9)
    assert (narrow.erasure.rank, narrow.finished) == (1, False)


def test_the_discriminant_is_that_of_scikit_learn():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    (x, y), (new, _) = planted(4)
    weights = discriminants(x, y, C, 0.0)(nothing(x))
    told = new @ weights[:, :-1].T + weights[:, -1]
    theirs = LinearDiscriminantAnalysis(solver="lsqr").fit(x, y).decision_function(new)
    assert np.abs((told - told[:, :1]) - (theirs - theirs[:, :1])).max() < 1e-6


@pytest.mark.parametrize("method", [mean_projection, leace])
def test_a_discriminant_of_what_is_left_is_that_of_the_erased_vectors(method):
    (x, y), (new, _) = planted(6)
    erasure = method(x, np.minimum(y, 1), 2)  # one class can still be told from the others
    erased = erasure(x)
    direct, found = discriminants(erased, y, C, 0.1)(nothing(erased)), discriminants(x, y, C, 0.1)(erasure)
    np.testing.assert_allclose(found, direct, atol=1e-9)
    whole, left = erasure.read_by(found), erasure(new)
    np.testing.assert_allclose(new @ whole[:, :-1].T + whole[:, -1], left @ found[:, :-1].T + found[:, -1], atol=1e-9)
    assert np.abs(whole - found).max() > 0.01


def test_the_discriminant_does_not_mind_directions_that_were_removed():
    train, held_out = planted(5)
    x, y = train
    found = nullspace(x.mean(axis=0), held_out, C, discriminants(x, y, C, 1e-3), steps=8)
    assert found.finished
    basis = found.erasure.reads
    assert np.abs(basis @ basis.T - np.eye(len(basis))).max() < 1e-8
