"""Intervals from resampled values: the formulas by hand, scipy's BCa, and what cannot be known."""

import numpy as np
import pytest
from scipy import stats

from probing.result.confidence import ends, widening


def by_hand(value: float, values: np.ndarray, widened: float) -> list[float]:
    """One place, as Efron 1987 writes it."""
    below = (values < value).mean() + (values == value).mean() / 2
    z0, a = stats.norm.ppf(below), stats.skew(values) / 6
    found = []
    for z in stats.norm.ppf([0.025, 0.975]):
        level = stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))
        found.append(value + widened * (np.quantile(values, level) - value))
    return found


def test_ends_are_those_of_the_formula_for_every_place_and_without_what_is_undefined() -> None:
    rng = np.random.default_rng(0)
    values = rng.gamma(3, size=(500, 4))
    values[:, 1] = np.round(values[:, 1])  # many equal values
    values[rng.random(500) < 0.1, 2] = np.nan
    values[::7, 3] = np.inf
    value = np.array([2.9, 3.0, 3.1, 2.5])
    low, high = ends(value, values, np.array([1.0, 1.2, 1.5, 2.0]))
    for place, widened in enumerate((1.0, 1.2, 1.5, 2.0)):
        defined = values[np.isfinite(values[:, place]), place]
        assert [low[place], high[place]] == pytest.approx(by_hand(value[place], defined, widened))


def test_without_widening_it_is_scipys_bca_but_for_the_draw() -> None:
    rng = np.random.default_rng(1)
    sample = rng.gamma(0.5, size=60)
    values = sample[rng.integers(60, size=(100_000, 60))].mean(axis=1)
    low, high = ends(np.array([sample.mean()]), values[:, None], np.ones(1))
    found = stats.bootstrap((sample,), np.mean, n_resamples=100_000, method="BCa", rng=rng).confidence_interval
    half = (found.high - found.low) / 2
    assert [low[0], high[0]] == pytest.approx([found.low, found.high], abs=0.06 * half)
    plain = np.quantile(values, (0.025, 0.975))
    assert abs(plain - [found.low, found.high]).max() > 0.1 * half  # which a percentile interval is not


def test_values_that_never_differ_have_an_interval_of_no_width_and_none_at_all_has_none() -> None:
    low, high = ends(np.array([0.5, np.nan]), np.stack([np.full(20, 0.5), np.full(20, np.nan)], axis=1), np.ones(2))
    assert (low[0], high[0]) == (0.5, 0.5)
    assert np.isnan([low[1], high[1]]).all()


def test_an_interval_is_widened_as_students_t_and_for_the_variance_that_resamples_lack() -> None:
    n = np.array([20.0, 2, 1, 0, 1e6, 20])
    found = widening(n, np.array([19.0, 1, 0, 0, 1e6, np.inf]))
    z = stats.norm.ppf(0.975)
    assert found[0] == pytest.approx(stats.t.ppf(0.975, 19) / z * np.sqrt(20 / 19))
    assert found[1] == pytest.approx(stats.t.ppf(0.975, 1) / z * np.sqrt(2))
    assert found[2:4].tolist() == [1, 1]
    assert found[4] == pytest.approx(1, abs=1e-4)
    assert found[5] == pytest.approx(np.sqrt(20 / 19))
