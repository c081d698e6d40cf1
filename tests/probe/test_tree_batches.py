"""Batches hold every sentence once, with its own words, gold and weight."""

import numpy as np
import pytest

from probing.errors import ProbingError
from probing.probe.tree_batches import SentenceVectors, TreeGold, mean_square_norm

LENGTHS = (3, 1, 0, 2)
OFFSETS = np.array([0, 3, 4, 4, 6])
VECTORS = SentenceVectors(np.arange(12, dtype=np.float16).reshape(2, 6, 1), OFFSETS)  # layer l, word w: 6 l + w


def depths(shift: int = 0) -> list[np.ndarray]:
    return [10 * i + shift + np.arange(n, dtype=float) for i, n in enumerate(LENGTHS)]


def distances() -> list[np.ndarray]:
    return [100 * i + 10 * np.arange(n)[:, None] + np.arange(n, dtype=float) for i, n in enumerate(LENGTHS)]


def test_a_batch_pads_with_weight_zero_and_divides_by_words():
    side = TreeGold.of("train", VECTORS, [depths(), depths(shift=5)])
    x, gold, weight = side.batch(np.array([3, 0]), layers=[1])
    assert x.shape == (1, 2, 3, 1)
    assert x[0, 0, :2, 0].tolist() == [10, 11]
    assert x[0, 1, :, 0].tolist() == [6, 7, 8]
    assert gold[0, 0, :2].tolist() == [30, 31]
    assert gold[1, 1].tolist() == [5, 6, 7]
    assert weight == pytest.approx(np.array([[1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3]]))


def test_pairs_are_weighted_by_the_square_of_the_length():
    side = TreeGold.of("train", VECTORS, [distances()])
    _, gold, weight = side.batch(np.array([3, 0]), layers=[0, 1])
    assert gold[0, 0, :2, :2].tolist() == [[300, 301], [310, 311]]
    assert gold[0, 1].tolist() == distances()[0].tolist()
    assert weight[1] == pytest.approx(1 / 9)
    assert weight[0].tolist() == [[0.25, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]]


def test_batches_hold_each_sentence_with_words_once_and_follow_the_generator():
    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 40, size=3000)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    gold = [np.zeros(n) for n in lengths]
    side = TreeGold.of("train", SentenceVectors(np.zeros((1, offsets[-1], 1)), offsets), [gold])
    batches = side.batches(20, np.random.default_rng(1))
    assert sorted(np.concatenate(batches).tolist()) == np.flatnonzero(lengths).tolist()
    assert max(map(len, batches)) == 20
    padded = sum(lengths[b].max() * len(b) for b in batches)
    assert padded < 1.1 * lengths.sum()
    again, other = (side.batches(20, np.random.default_rng(seed)) for seed in (1, 2))
    assert all((a == b).all() for a, b in zip(batches, again, strict=True))
    assert any(a.tolist() != b.tolist() for a, b in zip(batches, other, strict=True))


def test_gold_of_other_sentences_is_refused():
    with pytest.raises(ProbingError, match="dev: gold"):
        TreeGold.of("dev", VECTORS, [depths()[:3]])
    with pytest.raises(ProbingError, match="dev: gold"):
        TreeGold.of("dev", VECTORS, [distances(), depths()])


def test_mean_square_norm_of_half_precision_does_not_overflow():
    vectors = np.full((9000, 2), 300, dtype=np.float16)  # 300² alone exceeds float16
    assert mean_square_norm(vectors) == pytest.approx(2 * 300**2)
