"""Completeness, selectivity and reliability at their ends, and on numbers that can be checked by hand."""

import numpy as np
import pytest

from probing.axes import Tally
from probing.errors import ProbingError
from probing.result.bootstrap import resampled, scores
from probing.result.intervention_scores import balanced, harmonic_mean, reached, reliability, removed, unchanged
from probing.result.resampling import Resampling


def test_a_removal_is_complete_where_every_class_is_as_probable_and_not_at_all_where_one_is_certain():
    p = np.array([[0.25] * 4, [1, 0, 0, 0], [0.7, 0.1, 0.1, 0.1]])
    assert removed(p) == pytest.approx([1, 0, 1 - 0.45 * 4 / 3])


def test_a_counterfactual_is_as_complete_as_the_wanted_class_is_probable():
    assert reached(np.array([[0.2, 0.8], [0.9, 0.1]]), np.array([1, 1])) == pytest.approx([0.8, 0.1])


def test_selectivity_is_1_without_a_change_and_0_at_the_largest_possible_one():
    before = np.array([[0.6, 0.3, 0.1]] * 3)
    after = np.array([[0.6, 0.3, 0.1], [0, 0, 1], [0.5, 0.3, 0.2]])
    assert unchanged(before, after) == pytest.approx([1, 0, 1 - 0.1 / 0.9])


def test_a_probe_that_knows_nothing_is_balanced_whatever_the_frequencies():
    frequencies = np.array([0.9, 0.06, 0.04])
    assert balanced(np.log(frequencies)[None] + 5, frequencies) == pytest.approx(np.full((1, 3), 1 / 3))
    told = balanced(np.array([[0.0, 0.0, 0.0]]), frequencies)
    assert told[0].argmax() == 2


def test_a_harmonic_mean_is_low_if_either_is():
    one, other = np.array([1, 1, 0.5, -0.2, 0]), np.array([1, 0, 0.25, 1, 0])
    assert harmonic_mean(one, other) == pytest.approx([1, 0, 1 / 3, 0, 0])


def test_reliability_is_that_of_the_means_and_its_interval_counts_that_they_vary_together():
    rng = np.random.default_rng(0)
    items = rng.integers(1, 9, size=80).astype(float)
    part = rng.uniform(0.2, 0.6, size=(80, 2))
    up, down = (
        Tally(name, "pos", "leace", "test", (0, 1), share * items[:, None], items)
        for name, share in (("completeness", part), ("selectivity", 0.9 - part))
    )
    resampling = Resampling(500, np.arange(80))
    counts = resampling.counts("bootstrap", "attention")
    [first, _] = scores(resampled(reliability(up, down), counts))
    a, b = (tally.sums[:, 0].sum() / items.sum() for tally in (up, down))
    assert first.value == pytest.approx(2 * a * b / (a + b))
    [together, _] = scores(resampled(reliability(up, up), counts))
    assert first.ci_high - first.ci_low < (together.ci_high - together.ci_low) / 2
    with pytest.raises(ProbingError, match="same sentences and layers"):
        reliability(up, Tally("selectivity", "pos", "leace", "test", (0,), down.sums[:, :1], items))
