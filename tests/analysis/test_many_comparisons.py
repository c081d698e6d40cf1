"""Rows with intervals for a whole family: same values, wider ends, families as they are said to be."""

from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.many_comparisons import adjusted, adjusted_by_layer, adjusted_heads
from probing.axes import Tally
from probing.result.resampling import Resampling
from probing.result.simultaneous import jointly
from probing.result.tally import measure_tallies, resampled_tally

RESAMPLING = Resampling(400, np.arange(60))


def tally(target, seed, shape=(60, 2)):
    sums = np.random.default_rng(seed).normal(seed, 1, size=shape)
    return Tally("spearman", target, "explain", "test", (1, 2), sums, np.ones(60))


def test_each_layer_is_a_family_over_all_targets():
    tallies = [tally("a", 0), tally("b", 1), tally("c", 2)]
    rows = measure_tallies(tallies, 0, RESAMPLING)
    found = {(row.target, row.layer): row for row in adjusted_by_layer(rows, tallies, RESAMPLING)}
    resampled = [resampled_tally(one, RESAMPLING) for one in tallies]
    for at, layer in enumerate((1, 2)):
        joint = jointly(
            np.array([one.value[at] for one in resampled]),
            np.stack([o.values[:, at] for o in resampled], 1),
            np.full(3, 60.0),
        )
        assert [found[name, layer].ci_low for name in "abc"] == pytest.approx(joint.low)
        assert [found[name, layer].ci_high for name in "abc"] == pytest.approx(joint.high)
    for row in rows:
        same = found[row.target, row.layer]
        assert same == replace(row, probe="explain_adjusted", ci_low=same.ci_low, ci_high=same.ci_high)
        assert same.ci_high - same.ci_low > row.ci_high - row.ci_low


def test_rows_of_other_tallies_are_no_part_of_a_family():
    one, other = tally("a", 0), tally("b", 1)
    rows = measure_tallies([one, other], 0, RESAMPLING)
    assert {row.target for row in adjusted_by_layer(rows, [one], RESAMPLING)} == {"a"}


def test_all_heads_of_all_layers_are_one_family():
    heads = tally("output", 3, (60, 2, 4))
    rows = measure_tallies([heads, tally("top", 1)], 0, RESAMPLING)
    found = adjusted_heads(rows, heads, RESAMPLING)
    resampled = resampled_tally(heads, RESAMPLING)
    joint = jointly(resampled.value.ravel(), resampled.values.reshape(400, -1), np.full(8, 60.0))
    assert [(row.layer, row.head) for row in found] == [(layer, head) for layer in (1, 2) for head in range(4)]
    assert [row.ci_low for row in found] == pytest.approx(joint.low)
    assert [row.value for row in found] == pytest.approx(resampled.value.ravel())


def test_without_rows_there_is_no_family():
    assert adjusted([], []) == []
