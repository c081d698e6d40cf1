"""The multi-bootstrap covers the mean over all seeds; sentences alone do not."""

import numpy as np
import pytest

from probing.errors import ProbingError
from probing.result.bootstrap import Resampled, resample_counts
from probing.result.multi_bootstrap import over_seeds
from probing.rng import generator

N, R = 150, 300


def seeds_of(values, counts) -> list[Resampled]:
    """Mean score of each seed (S, N) over all sentences and in every resample."""
    means = counts.astype(float) @ values.T / values.shape[1]
    ones = np.ones(values.shape[1])
    n_units = np.asarray(float(values.shape[1]))
    return [Resampled("accuracy", v.mean(), means[:, k], ones, n_units) for k, v in enumerate(values)]


def draw(rng, n_seeds, spread=0.03, sentences=None):
    """Scores (S, N): 0.7 + an effect of the seed + one of the sentence, the same for all seeds + noise."""
    sentences = rng.normal(0, 0.3, N) if sentences is None else sentences
    return 0.7 + rng.normal(0, spread, (n_seeds, 1)) + sentences + rng.normal(0, 0.2, (n_seeds, N))


@pytest.mark.parametrize("n_seeds", [5, 10])
def test_it_covers_the_mean_over_all_seeds_and_one_seed_s_interval_does_not(n_seeds):
    rng = generator(3, "coverage", str(n_seeds))
    counts = resample_counts(N, R, rng)
    covered, of_one = [], []
    for _ in range(600):
        seeds = seeds_of(draw(rng, n_seeds, spread=0.05), counts)
        found = over_seeds(seeds)
        covered.append(found.ci_low <= 0.7 <= found.ci_high)
        low, high = np.quantile(seeds[0].values, [0.025, 0.975])
        of_one.append(low <= 0.7 <= high)
    assert 0.90 <= np.mean(covered) <= 0.98
    assert np.mean(of_one) < 0.8


def test_one_seed_says_nothing_about_others():
    counts = resample_counts(N, R, generator(0, "x"))
    seeds = seeds_of(draw(generator(0, "y"), 3), counts)
    with pytest.raises(ProbingError, match="at least two"):
        over_seeds(seeds[:1])
