"""Influences on NSpr and DSpr: against the definition, and against the variance that they stand for."""

import numpy as np
import pytest

from probing.result.bootstrap import resample_counts, resampled
from probing.result.linearised import influences, summands
from probing.result.metrics import accuracy, dspr, nspr
from probing.result.statistics import Statistics, combine, expand


def of_lengths(rho: list[float], lengths: list[int]) -> Statistics:
    """One correlation per sentence."""
    return Statistics("nspr", np.column_stack([rho, np.ones(len(rho)), lengths, np.zeros(len(rho))]))


def test_the_value_is_that_of_the_published_average() -> None:
    rng = np.random.default_rng(0)
    gold = [rng.permutation(n).astype(float) for n in rng.integers(3, 15, size=40)]
    predicted = [g + rng.normal(scale=3, size=len(g)) for g in gold]
    pairs = [np.abs(np.subtract.outer(g, g)) for g in gold], [np.abs(np.subtract.outer(p, p)) for p in predicted]
    for statistics in (nspr(gold, predicted), dspr(*pairs)):
        columns, formula, _ = summands(statistics)
        expected = combine(statistics.metric, expand(statistics).sum(axis=0))
        assert formula(columns.sum(axis=0)) == pytest.approx(expected)
        counts = resample_counts(40, 50, rng)
        assert resampled(statistics, counts).value == pytest.approx(expected)


def test_other_metrics_stay_sums() -> None:
    statistics = accuracy([np.array([1, 2])], [np.array([1, 0])])
    columns, formula, _ = summands(statistics)
    assert columns is statistics.values
    assert formula(columns.sum(axis=0)) == 0.5


def test_an_influence_is_a_deviation_from_its_length_over_sentences_and_lengths() -> None:
    found, freedom = influences(of_lengths([0.1, 0.3, 0.5, 0.6, 0.8], [6, 6, 6, 9, 9]))
    assert found[:3] == pytest.approx(np.array([-0.2, 0, 0.2]) * np.sqrt(3 / 2) / (3 * 2))
    assert found[3:] == pytest.approx(np.array([-0.1, 0.1]) * np.sqrt(2) / (2 * 2))
    variances = (found[:3] ** 2).sum(), (found[3:] ** 2).sum()
    assert freedom == pytest.approx(sum(variances) ** 2 / (variances[0] ** 2 / 2 + variances[1] ** 2 / 1))


def test_a_length_with_one_sentence_borrows_from_its_nearest() -> None:
    rho = [0.9, 0.1, 0.3, 0.5, 0.3, 0.8, 0.6]
    found, _ = influences(of_lengths(rho, [8, 7, 7, 9, 9, 20, 20]))
    near = np.mean(rho[:5])  # four sentences are one word shorter or longer
    assert abs(found[0]) == pytest.approx((0.9 - near) * np.sqrt(5 / 4) / 4)
    assert found[5] == pytest.approx(0.1 * np.sqrt(2) / (2 * 4))


def test_lengths_with_one_sentence_deviate_to_both_sides() -> None:
    lengths = [*([10] * 5), 20, 22, 24, 26]  # the longer, the harder: all four are below their neighbours
    found, _ = influences(of_lengths([*([0.9] * 5), 0.6, 0.5, 0.4, 0.3], lengths))
    assert np.sign(found).tolist() == [0] * 5 + [-1, 1, -1, 1]


def test_what_has_no_correlation_has_no_influence_and_a_single_sentence_none() -> None:
    values = of_lengths([0.5, 0.7, 0.0], [6, 6, 3]).values
    values[2, 1] = 0
    assert influences(Statistics("nspr", values))[0][2] == 0
    assert influences(of_lengths([0.5], [6]))[0].tolist() == [0]
    values[:, 1] = 0
    assert np.isnan(summands(Statistics("nspr", values))[1](np.zeros(1)))


@pytest.mark.parametrize("singles", [0, 12])
def test_the_spread_of_resamples_is_that_of_new_sentences(singles: int) -> None:
    rng = np.random.default_rng(3)
    lengths = np.array([*np.repeat(np.arange(5, 20), 4), *np.arange(20, 20 + singles)])
    usual = 0.9 - 0.01 * lengths
    counts = resample_counts(len(lengths), 300, rng)
    found, spread = [], []
    for _ in range(300):
        drawn = resampled(of_lengths(list(usual + rng.normal(scale=0.1, size=len(lengths))), list(lengths)), counts)
        found.append(float(drawn.value))
        spread.append(drawn.values.var())
        assert abs(drawn.values.mean() - drawn.value) < 4 * drawn.values.std() / np.sqrt(300)
    assert np.mean(spread) == pytest.approx(np.var(found), rel=0.15)
