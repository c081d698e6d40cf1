"""Bands of null draws, and where a score lies among them."""

import numpy as np
import pytest

from probing.report.null_bands import (
    at_least_as_good,
    band,
    described,
    draws,
    ends,
    p_one_sided,
    p_two_sided,
    ranges,
)


def test_the_band_is_the_whole_range_of_few_draws_and_the_central_one_of_many():
    assert ends([0.3, 0.1, 0.2]) == (0.1, 0.3)
    many = np.linspace(0, 1, 101)
    assert ends(many) == (pytest.approx(0.025), pytest.approx(0.975))
    assert ends(np.arange(19.0)) == (0, 18)
    assert ends(np.arange(20.0)) != (0, 19)
    assert np.isnan(ends([np.nan])).all()
    assert described(20) == "2.5–97.5 % of 20 untrained twins"
    assert described(19) == "lowest to highest of 19 untrained twins"
    assert described(3, "control") == "lowest to highest of 3 draws of the control task"
    assert described(1) == "1 untrained twin"


def test_only_single_draws_make_a_band(make_rows):
    lines = [("untrained", 1, value, {"draw": k}) for k, value in enumerate((0.2, 0.4))]
    rows = make_rows(
        ("task", 1, 0.9), ("untrained", 1, 0.3), *lines, ("untrained", 1, 0.9, {"split": "dev", "draw": 0})
    )
    found = band(draws(rows, "accuracy", "untrained"))
    assert found.values.tolist() == [[1, 0.2, 0.4, pytest.approx(0.3), 2]]
    assert ranges(rows, "accuracy") == ["dashed: lowest to highest of 2 untrained twins"]
    assert ranges(make_rows(("task", 1, 0.9), ("untrained", 1, 0.3, {"draw": 0})), "accuracy") == []


def test_p_counts_the_draws_that_are_as_good_in_the_direction_of_the_metric():
    twins = [0.1, 0.2, 0.5, 0.9]
    assert at_least_as_good(0.5, twins, "accuracy") == 2
    assert p_one_sided(0.5, twins, "accuracy") == pytest.approx(3 / 5)
    assert p_one_sided(0.05, twins, "codelength_bits") == pytest.approx(1 / 5)
    assert p_one_sided(1.0, [0.0] * 19, "accuracy") == pytest.approx(0.05)
    assert p_two_sided(1.0, [0.0] * 39) == pytest.approx(0.05)
    assert p_two_sided(0.0, [0.0, 0.0]) == 1


def test_p_is_uniform_where_the_score_is_one_of_the_draws():
    rng = np.random.default_rng(0)
    values = rng.random((2000, 20))
    p = np.array([p_one_sided(line[0], line[1:], "accuracy") for line in values])
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.015)
    assert p.mean() == pytest.approx(0.525, abs=0.02)
