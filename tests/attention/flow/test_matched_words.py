"""Mass on words at the same distance: by hand, where only distance matters, and under resampling."""

import numpy as np
import pytest

from probing.attention.flow.matched_words import PairsBySentence, matched
from probing.rng import generator


def pairs_of(mass, heads, there=None):
    """Of a sentence with these heads (from 1, 0 the root) and mass (L, W, W)."""
    heads = np.array(heads)
    there = np.ones(len(heads), dtype=bool) if there is None else there
    queries = np.flatnonzero((heads > 0) & there)
    return PairsBySentence.of(np.asarray(mass, dtype=float), queries, heads[queries] - 1, there)


def random_tree(rng, n):
    """Heads of a random tree in which near heads are more frequent than far ones."""
    root = int(rng.integers(n))
    heads = np.zeros(n, dtype=int)
    for word in sorted(set(range(n)) - {root}, key=lambda word: abs(word - root)):
        inner = sorted((root, word))[0]
        attached = [place for place in range(inner, max(root, word) + 1) if place != word]
        heads[word] = 1 + min(attached, key=lambda place: abs(place - word) + 2 * rng.random())
    return heads


def falling(n, rng=None):
    """Mass that depends on the signed distance alone, and on the length; with noise if ``rng`` is given."""
    distance = np.arange(n) - np.arange(n)[:, None]
    mass = np.where(distance > 0, 1.5, 1.0) / (1 + np.abs(distance)) ** 1.5 / n
    return (mass if rng is None else mass * rng.uniform(0.2, 1.8, mass.shape))[None]


def test_by_hand():
    # a ← b ← c (root), d → c; distances of heads: a +1, b +1, d -1
    mass = np.arange(16.0).reshape(1, 4, 4)
    on_head, on_matched, items, unmatched = matched({0: pairs_of(mass, [2, 3, 0, 3])}, 1)
    assert (items.tolist(), unmatched) == ([3], 0)
    assert on_head[0, 0] == mass[0, 0, 1] + mass[0, 1, 2] + mass[0, 3, 2]
    other_right, other_left = mass[0, 2, 3], (mass[0, 1, 0] + mass[0, 2, 1]) / 2
    assert on_matched[0, 0] == 2 * other_right + other_left


def test_where_only_distance_matters_the_ratio_is_one_though_heads_are_near():
    rng = generator(0, "trees")
    sizes = [5 + i % 8 for i in range(60)]
    found = {i: pairs_of(falling(n), random_tree(rng, n)) for i, n in enumerate(sizes)}
    on_head, on_matched, items, _ = matched(found, len(sizes))
    any_other = np.mean(
        [(of.on_others.sum() + of.on_heads.sum()) / (n * (n - 1)) for of, n in zip(found.values(), sizes, strict=True)]
    )
    assert on_head.sum() / items.sum() > 1.3 * any_other  # heads are near, and near words get more
    assert on_head.sum() / on_matched.sum() == pytest.approx(1, abs=0.01)


def test_a_preference_for_heads_is_found_at_its_size():
    rng = generator(0, "trees")
    found = {}
    for i in range(80):
        n = 6 + i % 6
        mass, heads = falling(n), random_tree(rng, n)
        words = np.flatnonzero(heads)
        mass[0, words, heads[words] - 1] *= 1.4
        found[i] = pairs_of(mass, heads)
    on_head, on_matched, _, _ = matched(found, 80)
    assert on_head.sum() / on_matched.sum() == pytest.approx(1.4, abs=0.02)


def test_a_word_that_no_other_is_like_is_left_out_and_counted():
    # three words, the first's head is the last: no other pair is two words apart to the right
    on_head, _, items, unmatched = matched({0: pairs_of(np.ones((1, 3, 3)), [3, 3, 0])}, 1)
    assert (items.tolist(), unmatched) == ([1], 1)
    assert on_head.tolist() == [[1]]
    # of four words, the first two have the only words two apart to the right as their heads
    _, _, items, unmatched = matched({0: pairs_of(np.ones((1, 4, 4)), [3, 4, 0, 3])}, 1)
    assert (items.tolist(), unmatched) == ([1], 2)
    lengths_differ = {
        0: pairs_of(np.ones((1, 3, 3)), [3, 3, 0]),
        1: pairs_of(np.ones((1, 9, 9)), [2, 3, 4, 5, 0, 5, 6, 7, 8]),
    }
    assert matched(lengths_differ, 2)[3] == 1
    same_length = {0: pairs_of(np.ones((1, 3, 3)), [3, 3, 0]), 1: pairs_of(np.ones((1, 3, 3)), [2, 0, 2])}
    assert matched(same_length, 2)[3] == 0


def test_words_that_are_not_there_are_no_match():
    there = np.array([True, True, True, False])
    found = pairs_of(np.ones((1, 4, 4)), [2, 3, 0, 3], there)
    assert found.n_others.sum() == 3 * 2 - 2
    assert found.n_heads.sum() == 2


def test_resamples_of_the_linear_sums_vary_as_estimates_made_anew_do():
    rng = generator(0, "resampled")
    found = {i: pairs_of(falling(n := int(rng.integers(5, 14)), rng), random_tree(rng, n)) for i in range(60)}
    on_head, on_matched, items, _ = matched(found, len(found))
    linear, anew, fixed = [], [], []
    plain = on_head.sum() / on_matched.sum()
    for _ in range(400):
        drawn = rng.integers(len(found), size=len(found))
        head, other, counted, _ = matched({i: found[n] for i, n in enumerate(drawn)}, len(drawn))
        anew.append(head.sum() / other.sum())
        linear.append(on_head[drawn].sum() / on_matched[drawn].sum())
        fixed.append(on_head[drawn].sum() / items[drawn].sum() / (on_matched.sum() / items.sum()))
    assert np.std(linear) == pytest.approx(np.std(anew), rel=0.1)
    assert abs(np.mean(anew) - plain) < 0.3 * np.std(anew)
    assert abs(np.std(fixed) / np.std(anew) - 1) > 0.1  # a baseline that is held fixed gives another width
