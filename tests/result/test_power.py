"""Planned sample sizes against simulated experiments that are tested as reports test: paired bootstrap intervals."""

import numpy as np
import pytest

from probing.result.bootstrap import resample_counts, resampled, scores
from probing.result.power import Spread, of_disagreement, spread_of
from probing.result.statistics import Statistics
from probing.rng import generator

POWER, LEVEL, TIMES, RESAMPLES = 0.8, 0.05, 600, 300


def population(n_documents: int, per_document: int, alike: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right words of two probes and words of each sentence, (n, 3); units (n,). alike: how much documents differ."""
    rng = generator(0, "population", str(alike))
    units = np.repeat(np.arange(n_documents), per_document)
    words = rng.integers(3, 30, size=len(units))
    hard = rng.normal(size=n_documents)[units] * alike + 0.5 * rng.normal(size=len(units))
    easier = rng.normal(size=n_documents)[units] * alike
    shares = [1 / (1 + np.exp(-(1.5 + hard + side * easier))) for side in (0, 1)]
    right = [rng.binomial(words, share) for share in shares]
    return right[0], right[1], np.column_stack([words, units])


def side(right: np.ndarray, words: np.ndarray) -> Statistics:
    return Statistics("accuracy", np.column_stack([right, words, np.zeros((len(words), 2))]))


def found_share(n_units: int, difference: float, alike: float) -> float:
    """The share of simulated experiments on ``n_units`` units that find a true ``difference``."""
    first, second, (words, units) = (lambda p: (p[0], p[1], p[2].T))(population(400, 5, alike))
    true = first.sum() / words.sum() - second.sum() / words.sum()
    shifted = first + (difference - true) * words  # now the difference in the population is exactly ``difference``
    places = [np.flatnonzero(units == unit) for unit in range(400)]
    rng, found = generator(0, "experiments", str(alike)), 0
    for _ in range(TIMES):
        drawn = [places[unit] for unit in rng.integers(400, size=n_units)]
        sentences = np.concatenate(drawn)
        of = np.repeat(np.arange(n_units), [len(one) for one in drawn])
        counts = resample_counts(n_units, RESAMPLES, rng)[:, of]
        sides = side(shifted[sentences], words[sentences]), side(second[sentences], words[sentences])
        one, other = (resampled(one, counts) for one in sides)
        [score] = scores(one - other)
        found += not score.ci_low <= 0 <= score.ci_high
    return found / TIMES


@pytest.mark.parametrize("alike", [0.0, 0.8])
def test_simulated_experiments_have_the_planned_power(alike):
    """Within five points, whether sentences are independent or documents are alike."""
    first, second, (words, units) = (lambda p: (p[0], p[1], p[2].T))(population(400, 5, alike))
    difference = 0.02 if alike == 0 else 0.04
    _, spread = spread_of(side(first, words), side(second, words), units)
    n_units = round(spread.sentences(difference, POWER, LEVEL) / 5)
    assert 40 < n_units < 400
    simulated = found_share(n_units, difference, alike)
    assert simulated == pytest.approx(POWER, abs=0.05)
    assert spread.power(difference, 5 * n_units, LEVEL) == pytest.approx(POWER, abs=0.01)
    if alike:
        assert spread.design_effect > 1.5
        naive = Spread(spread.deviation).sentences(difference, POWER, LEVEL) / 5
        assert found_share(round(naive), difference, alike) < POWER - 0.1  # without documents: too few
    else:
        assert spread.design_effect == pytest.approx(1, abs=0.2)


def test_the_jackknife_of_a_mean_is_the_textbook_variance() -> None:
    rng = generator(0, "mean")
    right, other = rng.integers(0, 2, size=(2, 50))
    one = np.ones(50)
    difference, spread = spread_of(side(right, one), side(other, one), np.arange(50))
    assert difference == pytest.approx((right - other).mean())
    assert spread.deviation == pytest.approx((right - other).std(ddof=1))
    assert spread.design_effect == 1


def test_documents_of_equal_sentences_count_once() -> None:
    """Every sentence twice in its document: the design effect is that of half as many independent sentences."""
    rng = generator(0, "twice")
    right, other = np.repeat(rng.integers(0, 2, size=(2, 200)), 2, axis=1)
    _, spread = spread_of(side(right, np.ones(400)), side(other, np.ones(400)), np.repeat(np.arange(200), 2))
    assert spread.design_effect == pytest.approx(2, rel=0.01)


def test_sentences_difference_and_power_are_inverse_to_each_other() -> None:
    spread = Spread(0.3, 1.5)
    n = spread.sentences(0.01, POWER, LEVEL)
    assert n == pytest.approx(1.5 * (0.3 / 0.01 * (1.959964 + 0.841621)) ** 2, rel=1e-5)
    assert spread.difference(n, POWER, LEVEL) == pytest.approx(0.01)
    assert spread.power(0.01, n, LEVEL) == pytest.approx(POWER, abs=1e-4)
    assert spread.power(0.0, n, LEVEL) == pytest.approx(LEVEL)  # without a difference, a test finds one at its level


def test_the_spread_of_a_disagreement() -> None:
    assert of_disagreement(0.04, 16).deviation == pytest.approx(0.05)


def test_what_does_not_vary_cannot_be_planned() -> None:
    right = np.array([1, 0, 1])
    difference, spread = spread_of(side(right, np.ones(3)), side(right, np.ones(3)), np.arange(3))
    assert (difference, spread.deviation) == (0, 0)
    assert np.isnan(
        [spread.power(0.1, 3, LEVEL), spread.sentences(0.1, POWER, LEVEL), spread.difference(3, POWER, LEVEL)]
    ).all()
