"""Means over groups: against plain averages, and intervals against repeated sampling."""

import numpy as np
import pytest

from probing.diagnosis.group_means import Measured, estimates
from probing.result.resampling import Resampling


def test_values_are_plain_means_of_groups():
    rng = np.random.default_rng(0)
    values, inside = rng.normal(size=50), (rng.random(50) < 0.4).astype(float)
    found = estimates(
        {"in": Measured(values, inside), "against": Measured(values, inside, less=1 - inside)},
        Resampling(200, np.arange(50)),
    )
    member = inside > 0
    assert found["in"].value == pytest.approx(values[member].mean())
    assert found["in"].n == member.sum()
    assert found["against"].value == pytest.approx(values[member].mean() - values[~member].mean())


def test_all_intervals_hold_together_in_95_percent():
    held, n_groups = 0, 8
    for seed in range(100):
        rng = np.random.default_rng(seed)
        values, inside = rng.normal(size=(n_groups, 120)), np.ones(120)
        found = estimates(
            {group: Measured(values[group], inside) for group in range(n_groups)}, Resampling(300, np.arange(120))
        )
        held += all(one.low < 0 < one.high for one in found.values())
    assert held >= 89  # below this with probability .01 if they hold in 95 %


def test_one_sentence_has_no_estimate():
    inside = np.array([1.0, 0, 0])
    (found,) = estimates({"one": Measured(np.ones(3), inside)}, Resampling(50, np.arange(3))).values()
    assert np.isnan([found.value, found.low, found.high]).all()


def test_nothing_to_measure():
    assert estimates({}, Resampling(10, np.arange(3))) == {}
