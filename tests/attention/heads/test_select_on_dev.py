from dataclasses import replace

import numpy as np
import pytest

from probing.attention.heads.head_accuracy import METRIC, OFFSETS, RANDOM, offset_name
from probing.attention.heads.select_on_dev import choose
from probing.axes import Tally
from probing.result.resampling import Resampling
from probing.result.tally import tally_difference


def tallies(target, heads, offsets, n=10, sentences=4, split="dev"):
    """``heads`` (L, H) and ``offsets`` (by offset) are accuracies on n questions in each sentence."""
    items = np.full(sentences, float(n))
    sums = np.tile(np.array(heads, dtype=float) * n, (sentences, 1, 1))
    yield Tally(METRIC, target, "attention", split, (1, 2), sums, items)
    for name, value in [*((offset_name(o), offsets.get(o, 0.0)) for o in OFFSETS), (RANDOM, 0.1)]:
        yield Tally(METRIC, target, name, split, (0,), np.full((sentences, 1), value * n), items)


def test_head_and_offset_are_chosen_on_dev_and_scored_on_test():
    dev = tallies("obj", [[0.2, 0.9], [0.5, 0.4]], {2: 0.5, -1: 0.3})
    test = tallies("obj", [[1.0, 0.7], [1.0, 1.0]], {2: 0.4, -1: 0.8}, split="test")
    (choice,), left_out = choose(dev, test)
    assert (choice.layer, choice.head, choice.head_dev) == (1, 1, pytest.approx(0.9))
    assert (choice.offset, choice.offset_dev) == (2, pytest.approx(0.5))
    assert choice.head_test.layers == (1,)
    assert choice.head_test.split == "test"
    assert choice.head_test.sums[:, 0].tolist() == [7.0] * 4
    assert choice.offset_test.sums[:, 0].tolist() == [4.0] * 4
    assert choice.random_test.sums[:, 0].tolist() == [1.0] * 4
    assert left_out == {}


def test_head_and_offset_pair_by_sentence():
    (choice,), _ = choose(tallies("obj", [[0.9, 0.1]] * 2, {1: 0.5}), tallies("obj", [[0.7, 0.1]] * 2, {1: 0.4}))
    [gain] = tally_difference(choice.head_test, choice.offset_test, Resampling(50, np.arange(4)))
    assert [gain.value, gain.ci_low, gain.ci_high] == pytest.approx([0.3] * 3)


def test_ties_go_to_the_lowest_head_and_the_nearest_offset():
    same = [[0.3, 0.6], [0.6, 0.6]]
    (choice,), _ = choose(tallies("x", same, {-3: 0.5, 1: 0.5, 2: 0.5}), tallies("x", same, {}))
    assert (choice.layer, choice.head, choice.offset) == (1, 1, 1)


def test_rare_and_unseen_targets_are_left_out_and_counted():
    heads = [[0.5, 0.5]] * 2
    dev = [*tallies("often", heads, {}), *tallies("rare", heads, {}), *tallies("none", heads, {}, n=0)]
    test = [t for name, n in (("often", 5), ("rare", 4), ("none", 5)) for t in tallies(name, heads, {}, n=n)]
    test += [replace(t, target="new") for t in tallies("often", heads, {})]
    choices, left_out = choose(dev, test, least=20)
    assert [choice.target for choice in choices] == ["often"]
    assert sorted(left_out.values()) == [1, 2]
    assert any("fewer than 20" in reason for reason in left_out)
    assert [c.target for c in choose(dev, test, least=1)[0]] == ["often", "rare"]
