"""A ratio of two means: its value by hand, and an interval that is not of two independent means."""

import numpy as np
import pytest

from probing.analysis.ratio_rows import ratio_rows
from probing.axes import Tally
from probing.result.resampling import Resampling


def tally(metric: str, sums: list[float], items: list[float]) -> Tally:
    return Tally(metric, "all", "rollout", "test", (3,), np.array(sums)[:, None], np.array(items))


def test_the_ratio_is_that_of_the_sums_and_counts_the_items_of_the_first() -> None:
    above, below = tally("above", [1, 2, 3, 0], [4, 5, 6, 0]), tally("below", [2, 2, 1, 0], [9, 9, 9, 0])
    [row] = ratio_rows(above, below, 7, Resampling(50, np.arange(4)))
    assert (row.value, row.metric, row.layer, row.seed) == (6 / 5, "above", 3, 7)
    assert (row.n_items, row.n_sentences) == (15, 3)


def test_both_are_resampled_together() -> None:
    below = np.arange(1.0, 41)
    sides = tally("above", list(1.5 * below), [1.0] * 40), tally("below", list(below), [1.0] * 40)
    [row] = ratio_rows(*sides, 0, Resampling(200, np.arange(40)))
    assert [row.value, row.ci_low, row.ci_high] == pytest.approx([1.5] * 3)
