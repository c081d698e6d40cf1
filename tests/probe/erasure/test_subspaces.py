"""Removal of subspaces: what is equal after it, what stays, its rank, and the library that does the same."""

import numpy as np
import pytest

from probing.errors import ConfigError, DataError
from probing.probe.erasure.subspaces import (
    angle_degrees,
    class_means,
    leace,
    mean_projection,
    orthogonal,
    probe_rows,
    random_basis,
    random_erasure,
    whitening,
)

N, D, C = 600, 12, 4


@pytest.fixture
def data():
    """Classes with different means, in correlated features of different sizes, one of them constant."""
    rng = np.random.default_rng(0)
    y = rng.integers(C, size=N)
    x = rng.standard_normal((N, D)) @ rng.standard_normal((D, D)) + 3 * rng.standard_normal((C, D))[y]
    x[:, 5], x[:, 6] = 2.0, x[:, 0] + x[:, 1]  # no variance; covariance of lower rank
    return x, y


def spread(x, y):
    """The largest difference between two class means."""
    return np.ptp(class_means(x, y, C), axis=0).max()


@pytest.mark.parametrize("method", [leace, mean_projection])
def test_class_means_are_equal_after_it_and_removing_again_changes_nothing(data, method):
    x, y = data
    erasure = method(x, y, C)
    erased = erasure(x)
    assert spread(x, y) > 1
    assert spread(erased, y) < 1e-6
    assert np.abs(erasure(erased) - erased).max() < 1e-8
    assert erasure.rank == C - 1
    assert np.abs(erasure.reads @ erasure.writes - np.eye(C - 1)).max() < 1e-8
    assert np.abs(erased.mean(axis=0) - x.mean(axis=0)).max() < 1e-8


def test_leace_changes_less_than_any_other_way_to_make_class_means_equal(data):
    x, y = data
    changed = {method: ((method(x, y, C)(x) - x) ** 2).sum() for method in (leace, mean_projection)}
    assert changed[leace] < changed[mean_projection]


def test_leace_is_that_of_the_concept_erasure_library(data):
    import concept_erasure
    import torch

    x, y = data
    one_hot = torch.from_numpy(np.eye(C)[y])
    options = {"shrinkage": False, "constrain_cov_trace": False, "svd_tol": 1e-6}
    theirs = concept_erasure.LeaceEraser.fit(torch.from_numpy(x), one_hot, **options)(torch.from_numpy(x)).numpy()
    assert np.abs(leace(x, y, C)(x) - theirs).max() < 1e-5
    assert np.abs(theirs - x).max() > 1


def test_a_refitted_probe_finds_only_the_majority_after_leace(data):
    from sklearn.linear_model import LogisticRegression

    x, y = data
    erased = leace(x, y, C)(x)
    assert LogisticRegression(max_iter=2000).fit(x, y).score(x, y) > 0.9
    assert LogisticRegression(max_iter=2000).fit(erased, y).score(erased, y) == np.bincount(y).max() / N


def test_what_a_probe_reads_is_gone_and_the_rest_stays(data):
    x, _ = data
    weights = np.random.default_rng(1).standard_normal((C, D))
    erasure = probe_rows(x, weights)
    logits = erasure(x) @ weights.T
    assert erasure.rank == C - 1
    assert np.abs(np.ptp(logits - logits.mean(axis=1, keepdims=True), axis=0)).max() < 1e-8
    away = np.eye(D) - erasure.writes @ erasure.reads
    assert np.abs((erasure(x) - x) @ away).max() < 1e-8


def test_random_subspaces_have_the_same_rank_and_are_removed_in_the_same_way(data):
    x, y = data
    white, rng = whitening(x), np.random.default_rng(2)
    like = leace(x, y, C, white)
    oblique = random_erasure(like.rank, like.mean, rng, white)
    plain = random_erasure(mean_projection(x, y, C).rank, like.mean, rng)
    for erasure in (oblique, plain):
        assert erasure.rank == C - 1
        assert np.abs(erasure(erasure(x)) - erasure(x)).max() < 1e-8
        assert spread(erasure(x), y) > 1
    whitened = (oblique(x) - white.mean) @ white.to
    assert np.linalg.matrix_rank(whitened, tol=1e-6) == np.linalg.matrix_rank(white.to) - (C - 1)
    assert angle_degrees(random_basis(2, D, np.random.default_rng(0)), random_basis(2, D, rng)) > 10


def test_angles_are_those_between_planes():
    plane = np.eye(3)[:2]
    tilted = np.array([[1.0, 0, 0], [0, np.cos(np.radians(30)), np.sin(np.radians(30))]])
    assert angle_degrees(plane, 5 * tilted) == pytest.approx(30)
    assert angle_degrees(plane, plane[::-1]) == pytest.approx(0, abs=1e-6)


def test_what_cannot_be_removed_is_refused(data):
    x, y = data
    with pytest.raises(DataError, match="1 class cannot"):
        class_means(x, np.zeros(N, dtype=np.int64), 1)
    with pytest.raises(DataError, match="class 4 has no item"):
        leace(x, y, C + 1)
    with pytest.raises(ConfigError, match="rank 3, and the vectors have 3 features"):
        orthogonal(np.zeros(3), np.eye(3))
    with pytest.raises(ConfigError, match="rank 3, and the vectors vary in 3 dimensions"):
        leace(x[:, :3], y, C)


def test_vectors_that_are_all_the_same_stay_as_they_are():
    x, y = np.ones((20, 4)), np.arange(20) % 2  # [CLS] of the embedding output
    white, rng = whitening(x), np.random.default_rng(0)
    for like, of in ((leace(x, y, 2, white), white), (mean_projection(x, y, 2), None)):
        for erasure in (like, random_erasure(like.rank, like.mean, rng, of)):
            assert erasure.rank == 0
            assert (erasure(x) == x).all()
