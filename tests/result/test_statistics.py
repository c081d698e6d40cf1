"""Sums over sentences are all that a metric needs."""

import numpy as np
import pytest

from probing.errors import ConfigError
from probing.result.metrics import accuracy, dspr, nspr, r2, root_accuracy, uuas
from probing.result.statistics import Statistics, combine, expand


def test_totals_over_a_part_of_the_corpus_are_the_metric_of_that_part():
    rng = np.random.default_rng(0)
    gold = [rng.integers(0, 6, n).astype(float) for n in (5, 7, 7, 9, 60)]
    predicted = [g + rng.normal(size=g.size) for g in gold]
    for metric in (r2, nspr, root_accuracy):
        whole, part = metric(gold, predicted), metric(gold[1:4], predicted[1:4])
        totals = np.stack([expand(whole)[1:4].sum(axis=0), expand(part).sum(axis=0)])
        values = combine(whole.metric, totals)
        assert values.shape == (2,)
        assert values[0] == pytest.approx(values[1], abs=1e-12)


def test_four_columns_are_enough_to_rebuild_a_score_from_disk():
    rng = np.random.default_rng(1)
    sizes = (4, 5, 8, 8, 51)
    words = [rng.integers(0, 5, n).astype(float) for n in sizes]
    pairs = [np.abs(np.subtract.outer(np.arange(n), np.arange(n))).astype(float) for n in sizes]
    scored = [metric(words, [w + rng.normal(size=w.size) for w in words]) for metric in (r2, nspr, root_accuracy)]
    scored += [metric(pairs, [p + rng.random(p.shape) for p in pairs]) for metric in (dspr, uuas)]
    scored += [accuracy(words, [np.roll(w, 1) for w in words])]
    for statistics in scored:
        assert statistics.values.shape == (len(sizes), 4)
        again = Statistics(statistics.metric, statistics.values.copy())
        assert again.items.sum() == statistics.items.sum() > 0
        totals = [expand(s).sum(axis=0) for s in (statistics, again)]
        assert combine(statistics.metric, totals[0]) == combine(statistics.metric, totals[1])


def test_an_undefined_value_is_nan():
    assert np.isnan(combine("accuracy", np.zeros(4)))
    assert np.isnan(combine("nspr", expand(nspr([np.arange(3.0)], [np.arange(3.0)])).sum(axis=0)))
    same = [np.full(7, 0.1), np.full(9, 0.1)]
    assert np.isnan(combine("r2", r2(same, [s + 1 for s in same]).values.sum(axis=0)))


def test_an_unknown_metric_names_the_known_ones():
    with pytest.raises(ConfigError, match="uuas"):
        Statistics("uass", np.zeros((1, 4)))
