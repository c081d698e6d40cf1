"""Redundancy: divergences against scipy's, planted clusters, and CKA against its own formula."""

from math import log

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon, pdist

from probing.attention.heads.head_similarity import Divergence, LinearCKA, clusters, head_map, tree
from probing.errors import ConfigError, ModelError
from probing.model.batches import PADDING
from probing.model.maps import Maps, maps
from probing.rng import generator


def batch_of(attention, longer=0, garbage=0.0):
    """Maps of sentences: attention per sentence (L, H, n, n); ``garbage`` fills the rows of padding."""
    lengths = np.array([sentence.shape[-1] for sentence in attention])
    size = lengths.max() + longer
    padded = np.zeros((len(attention), *attention[0].shape[:2], size, size), dtype=np.float32)
    words = np.full((len(attention), size), PADDING)
    for at, n in enumerate(lengths):
        padded[at, :, :, :n, :n], padded[at, :, :, n:], words[at, :n] = attention[at], garbage, range(n)
    layers = tuple(torch.from_numpy(padded[:, layer]) for layer in range(padded.shape[1]))
    return Maps(layers, np.arange(len(attention)), np.zeros_like(words), words, lengths)


def divergence_of(*batches):
    found = Divergence()
    for batch in batches:
        found.add(batch)
    return found.finish()


def random_maps(rng, shape):
    weights = np.exp(rng.normal(scale=3, size=shape))
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


def test_divergence_by_hand():
    # rows (1, 0) and (1/2, 1/2): their mean is (3/4, 1/4); the second row is the same in both heads
    heads = np.array([[[[1, 0], [0, 1]], [[0.5, 0.5], [0, 1]]]])
    expected = 0.75 * log(4 / 3) + 0.25 * log(4) - log(2) / 2
    assert divergence_of(batch_of([heads])) == pytest.approx(np.array([[0, expected / 2], [expected / 2, 0]]), abs=1e-7)


def test_identical_heads_are_at_0_and_disjoint_ones_at_ln_2():
    rng = np.random.default_rng(0)
    same = random_maps(rng, (5, 5))
    found = divergence_of(batch_of([np.stack([[same, np.eye(5)], [np.roll(np.eye(5), 1, axis=1), same]])]))
    assert found[0, 3] == 0
    assert found[1, 2] == pytest.approx(log(2))
    assert 0 < found[0, 1] < log(2)
    assert (np.diag(found) == 0).all()
    assert (found == found.T).all()


def test_divergence_is_scipys_whatever_the_padding_and_the_batches(monkeypatch):
    rng = np.random.default_rng(1)
    attention = [random_maps(rng, (2, 3, n, n)) for n in (7, 5, 1)]
    together = divergence_of(batch_of(attention, longer=2, garbage=np.nan))
    monkeypatch.setattr("probing.attention.heads.head_similarity._BLOCK", 1)  # one query at a time
    apart = divergence_of(*(batch_of([sentence]) for sentence in attention))
    rows = [sentence.reshape(6, *sentence.shape[2:]).astype(np.float64) for sentence in attention]
    total = sum(np.square(jensenshannon(sentence[:, None], sentence[None], axis=-1)).sum(axis=-1) for sentence in rows)
    np.testing.assert_allclose(together, total / (7 + 5 + 1), atol=1e-6)
    np.testing.assert_allclose(apart, total / (7 + 5 + 1), atol=1e-6)


def test_divergence_on_every_family(encoder, subwords):
    found = divergence_of(*maps(encoder, subwords))
    heads = encoder.network.config.num_hidden_layers * encoder.network.config.num_attention_heads
    assert found.shape == (heads, heads)
    assert np.isfinite(found).all()
    assert (found <= log(2)).all()


def test_planted_groups_are_found_and_numbered_by_their_first_heads():
    rng = np.random.default_rng(2)
    n = 12
    patterns = np.stack([np.full((n, n), 1 / n), np.eye(n), np.roll(np.eye(n), 1, axis=1)])
    group = np.array([0, 1, 0, 2, 1, 1, 2, 0])
    heads = 0.9 * patterns[group] + 0.1 * random_maps(rng, (len(group), n, n))
    divergence = divergence_of(batch_of([heads.reshape(2, 4, n, n)]))
    assert clusters(tree(divergence), 3).tolist() == group.tolist()
    assert clusters(tree(divergence), 1).tolist() == [0] * 8
    assert len(set(clusters(tree(divergence), 8))) == 8
    places, stress = head_map(divergence, generator(0, "map"))
    distances = np.linalg.norm(places[:, None] - places, axis=-1)
    together = group[:, None] == group
    assert distances[together].max() < distances[~together].min()
    assert stress < 0.2


def test_heads_at_equal_distances_are_never_parted_at_random():
    same = np.tile(np.eye(3), (1, 4, 1, 1))
    assert clusters(tree(divergence_of(batch_of([same]))), 2).tolist() == [0, 0, 0, 0]


def test_the_map_keeps_distances_that_fit_into_a_plane():
    points = np.random.default_rng(3).random((10, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    places, stress = head_map(np.square(distances), generator(0, "map"))
    assert pdist(places) == pytest.approx(pdist(points), abs=0.02)
    assert stress < 0.02
    again, _ = head_map(np.square(distances), generator(0, "map"))
    assert (again == places).all()


@pytest.mark.parametrize("n_clusters", [0, 5])
def test_an_impossible_number_of_clusters_names_the_possible_ones(n_clusters):
    linkage = tree(1 - np.eye(4))
    with pytest.raises(ConfigError, match=f"clusters={n_clusters}: give 1 to 4"):
        clusters(linkage, n_clusters)


def test_nothing_to_compare():
    with pytest.raises(ModelError, match="at least one sentence"):
        Divergence().finish()
    with pytest.raises(ModelError, match="one head"):
        tree(np.zeros((1, 1)))


def cka_of(*batches):
    found = LinearCKA()
    for batch in batches:
        found.add(batch)
    return found.finish()


def test_cka_by_hand():
    x, y = np.array([[1.0], [2.0], [4.0]]), np.array([[3.0], [1.0], [1.0]])
    # of single columns it is the squared correlation
    expected = np.corrcoef(x[:, 0], y[:, 0])[0, 1] ** 2
    assert cka_of({0: x, 1: y}) == pytest.approx(np.array([[1, expected], [expected, 1]]))


def test_cka_streams_to_the_direct_formula():
    rng = np.random.default_rng(4)
    mixed = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 14))
    layers = [mixed[:, :6], mixed[:, 4:12] + 1000, mixed[:, 9:]]  # a huge mean must not drown the rest
    centred = [layer - layer.mean(axis=0) for layer in layers]
    cross = np.array([[np.linalg.norm(a.T @ b) ** 2 for b in centred] for a in centred])
    expected = cross / np.sqrt(np.outer(np.diag(cross), np.diag(cross)))
    parts = [slice(0, 3), slice(3, 90), slice(90, 200)]
    exact = cka_of(*({layer: x[part] for layer, x in enumerate(layers)} for part in parts))
    np.testing.assert_allclose(exact, expected, atol=1e-10)
    single = cka_of(*({layer: x[part].astype(np.float32) for layer, x in enumerate(layers)} for part in parts))
    np.testing.assert_allclose(single, expected, atol=1e-4)


def test_cka_does_not_see_rotation_scale_and_shift():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(50, 8))
    rotation, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    found = cka_of({0: x, 1: 3 * x @ rotation + 2, 2: x * np.arange(1, 9), 3: rng.normal(size=(50, 8))})
    assert found[0, 1] == pytest.approx(1)
    assert found[0, 3] < found[0, 2] < 0.99


def test_cka_of_a_constant_layer_is_undefined():
    x = np.random.default_rng(6).normal(size=(9, 2)).astype(np.float32)
    found = cka_of({0: x, 1: np.full((9, 2), 0.1, dtype=np.float32)})
    assert found[0, 0] == pytest.approx(1)
    assert np.isnan(found[[0, 1, 1], [1, 0, 1]]).all()


def test_clusters_join_at_their_average_distance():
    distance = np.array([[0.0, 1, 2], [1, 0, 4], [2, 4, 0]])
    joined = tree(distance**2)
    assert joined[:, 2].tolist() == pytest.approx([1, 3])  # head 2 is 2 and 4 from the two that join first
