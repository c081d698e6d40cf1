"""Counterfactual vectors: where they end, what they leave, and how far they go."""

import numpy as np
import pytest

from probing.probe.erasure.counterfactuals import (
    alter_rep,
    mean_swap,
    other_classes,
    projected_gradient,
    random_means,
    shifted_as_far,
)
from probing.probe.erasure.subspaces import class_means, row_space

N, D, C = 300, 10, 3
MEANS = 6 * np.eye(D)[:C]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    own = rng.integers(C, size=N)
    return MEANS[own] + rng.standard_normal((N, D)), own, other_classes(own, C, rng)


def probe(scale=1.0):
    return np.hstack([MEANS * scale, np.full((C, 1), -18.0 * scale)])


def predicted(x, weights):
    return (x @ weights[:, :-1].T + weights[:, -1]).argmax(axis=1)


def test_every_other_class_is_wanted_and_none_its_own(data):
    _, own, wanted = data
    assert not (own == wanted).any()
    assert {(a, b) for a, b in zip(own.tolist(), wanted.tolist(), strict=True)} == {
        (a, b) for a in range(C) for b in range(C) if a != b
    }


def test_swapped_means_are_those_of_the_wanted_class_and_the_rest_stays(data):
    x, own, wanted = data
    means = class_means(x, own, C)
    moved = mean_swap(x, own, wanted, means)
    back = mean_swap(moved, wanted, own, means)
    assert np.abs(back - x).max() < 1e-12
    assert (predicted(moved, probe()) == wanted).mean() > 0.95


def test_alter_rep_mirrors_at_the_hyperplane_between_both_classes(data):
    x, own, wanted = data
    moved = alter_rep(x, own, wanted, [probe()], alpha=1.0)
    normal = (MEANS[wanted] - MEANS[own]) / (6 * np.sqrt(2))  # hyperplanes pass through the origin
    before, after = (np.einsum("nd,nd->n", part, normal) for part in (x, moved))
    assert np.abs(after - np.abs(before)).max() < 1e-9
    assert np.abs((moved - x) - (after - before)[:, None] * normal).max() < 1e-9
    farther = alter_rep(x, own, wanted, [probe()], alpha=4.0)
    assert np.abs(np.einsum("nd,nd->n", farther, normal) - 4 * np.abs(before)).max() < 1e-9


def test_projected_gradient_reaches_the_class_and_not_beyond_the_radius(data):
    x, own, wanted = data
    radius = np.linalg.norm(MEANS[wanted] - MEANS[own], axis=1)
    moved = projected_gradient(x, wanted, probe(0.1), radius)
    assert (np.linalg.norm(moved - x, axis=1) <= radius * (1 + 1e-9)).all()
    assert (predicted(moved, probe()) == wanted).mean() > 0.95
    assert np.abs(moved - x)[:, C:].max() < 1e-9  # the probe reads nothing there
    assert (projected_gradient(x, wanted, probe(), 0 * radius) == x).all()


def test_random_shifts_are_as_long_and_span_a_subspace_of_equal_rank(data):
    x, own, wanted = data
    moved = mean_swap(x, own, wanted, MEANS)
    drawn = random_means(MEANS, np.random.default_rng(4))
    shifted = shifted_as_far(x, moved, drawn[wanted] - drawn[own])
    lengths = [np.linalg.norm(part - x, axis=1) for part in (moved, shifted)]
    assert np.abs(lengths[0] - lengths[1]).max() < 1e-9
    assert len(row_space(shifted - x)) == len(row_space(moved - x)) == C - 1
