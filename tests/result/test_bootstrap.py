"""Resamples, intervals and paired differences: against plain formulas, against simulated truth, and their memory."""

import tracemalloc
from collections.abc import Callable
from dataclasses import astuple

import numpy as np
import pytest

from probing.errors import ProbingError
from probing.result.bootstrap import (
    Score,
    Sums,
    degrees,
    interval,
    mean_over_draws,
    one_more_draw,
    resample_counts,
    resampled,
    scores,
)
from probing.result.metrics import accuracy, nspr, r2
from probing.result.statistics import Statistics


def accuracy_of(correct: np.ndarray, n: np.ndarray) -> Statistics:
    return Statistics("accuracy", np.column_stack([correct, n, 0 * n, 0 * n]).astype(float))


def paired(a: Statistics, b: Statistics, counts: np.ndarray) -> Score:
    [score] = scores(resampled(a, counts) - resampled(b, counts))
    return score


def test_counts_are_resamples_of_the_sentences():
    counts = resample_counts(50, 400, np.random.default_rng(0))
    assert counts.shape == (400, 50)
    assert (counts.sum(axis=1) == 50).all()
    assert counts.mean(axis=0) == pytest.approx(1, abs=0.2)
    assert counts.var() == pytest.approx(1 - 1 / 50, rel=0.05)  # binomial(50, 1/50)
    assert (counts == resample_counts(50, 400, np.random.default_rng(0))).all()


def plain_counts(n: int, n_resamples: int, rng: np.random.Generator) -> np.ndarray:
    """All resamples in one draw, counted row by row: (R, N)."""
    return np.stack([np.bincount(row, minlength=n) for row in rng.integers(n, size=(n_resamples, n))])


@pytest.mark.parametrize(("n", "n_resamples"), [(1, 3), (7, 5), (1000, 777), (3001, 250), (300_000, 2)])
def test_drawing_in_blocks_gives_the_same_numbers_as_one_draw(n: int, n_resamples: int):
    counts = resample_counts(n, n_resamples, np.random.default_rng(3))
    assert counts.dtype == np.uint8
    assert (counts == plain_counts(n, n_resamples, np.random.default_rng(3))).all()


class LastSentence(np.random.Generator):
    """Draws the last sentence k times into resample k, and otherwise the first."""

    def integers(self, high: int, size: tuple[int, int]) -> np.ndarray:  # type: ignore[override]
        return np.where(np.arange(size[1]) < np.arange(size[0])[:, None], high - 1, 0)


def test_a_count_above_255_gets_a_wider_type():
    counts = resample_counts(300, 301, LastSentence(np.random.PCG64(0)))
    assert counts.dtype == np.uint16
    assert counts[:, -1].tolist() == list(range(301))
    assert (counts.sum(axis=1) == 300).all()


def test_resamples_from_blocks_equal_those_of_one_product_bit_by_bit():
    rng = np.random.default_rng(5)
    values = np.column_stack([rng.random(5000), rng.integers(1, 9, 5000), rng.random((5000, 2))])
    counts = resample_counts(5000, 600, np.random.default_rng(6))  # 3 million cells: two blocks
    totals = counts.astype(np.float64) @ values
    assert (resampled(Statistics("accuracy", values), counts).values == totals[:, 0] / totals[:, 1]).all()


def peak_bytes(task: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        task()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_resamples_take_at_most_three_bytes_per_sentence():
    n, n_resamples = 20_000, 500
    everything = accuracy_of(np.ones(n), np.full(n, 2))

    def measured() -> object:
        return interval(everything, resample_counts(n, n_resamples, np.random.default_rng(0)))

    assert peak_bytes(measured) <= 3 * n * n_resamples


def test_resamples_are_those_of_scoring_each_of_them_again():
    rng = np.random.default_rng(0)
    gold = [rng.integers(0, 4, n).astype(float) for n in rng.integers(5, 12, size=30)]
    predicted = [g + rng.normal(size=g.size) for g in gold]
    counts = resample_counts(30, 50, rng)
    drawn = [np.repeat(np.arange(30), c.astype(int)) for c in counts]
    again = [interval(r2([gold[i] for i in d], [predicted[i] for i in d]), counts).value for d in drawn]
    assert resampled(r2(gold, predicted), counts).values == pytest.approx(np.array(again))
    for metric in (nspr, r2):
        score = interval(metric(gold, predicted), counts)
        assert score.ci_low < score.value < score.ci_high


def test_places_of_one_measure_have_the_intervals_that_each_has_alone():
    rng = np.random.default_rng(0)
    items = rng.integers(0, 3, size=(60, 2, 3)).astype(float)
    hits = rng.binomial(items.astype(int), 0.9)
    counts = resample_counts(60, 300, rng)
    together = scores(resampled(Sums("hits", (hits, items), np.divide, items, (0, 1)), counts))
    for found, (layer, head) in zip(together, np.ndindex(2, 3), strict=True):
        columns = hits[:, layer, head], items[:, layer, head]
        [alone] = scores(resampled(Sums("hits", columns, np.divide, columns[1], (0, 1)), counts))
        assert astuple(alone) == pytest.approx(astuple(found))


def test_units_with_an_item_are_counted_for_each_place():
    items = np.array([[1.0, 0], [2, 0], [0, 3], [0, 0], [5, 5]])
    units = np.array([0, 0, 1, 2, 2])
    for n_resamples in (200, 65, 40):
        counts = resample_counts(3, n_resamples, np.random.default_rng(0))[:, units]
        found = resampled(Sums("hits", (items, items), np.divide, items), counts)
        assert found.n_units.tolist() == [2, 2]
    alone = resampled(Sums("hits", (items, items), np.divide, items), resample_counts(5, 99, np.random.default_rng(0)))
    assert alone.n_units.tolist() == [3, 2]


def test_ends_keep_to_the_limits_of_a_metric_and_of_a_difference():
    counts = resample_counts(8, 400, np.random.default_rng(0))
    good, bad = (
        accuracy_of(np.array([10] * 7 + [7]), np.full(8, 10)),
        accuracy_of(np.array([0] * 7 + [3]), np.full(8, 10)),
    )
    assert interval(good, counts).ci_high == 1
    assert interval(bad, counts).ci_low == 0
    assert resampled(good, counts).limits == (0, 1)
    difference = resampled(good, counts) - resampled(bad, counts)
    assert difference.limits == (-1, 1)
    assert scores(difference)[0].ci_high == 1


def test_interval_covers_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(0)
    counts = resample_counts(100, 400, rng)
    covered = 0
    for _ in range(200):
        n = rng.integers(3, 20, size=100)
        skill = rng.beta(7, 3, size=100)  # words of one sentence are right or wrong together; mean 0.7
        score = interval(accuracy_of(rng.binomial(n, skill), n), counts)
        covered += score.ci_low <= 0.7 <= score.ci_high
    assert 0.88 <= covered / 200 <= 0.99


def test_pairing_narrows_the_interval_of_correlated_scores():
    rng = np.random.default_rng(0)
    n, counts = np.full(200, 10), resample_counts(200, 500, rng)
    skill = rng.beta(2, 1, size=200)
    a, b = (accuracy_of(rng.binomial(n, np.clip(skill + gain, 0, 1)), n) for gain in (0.05, 0))
    difference = paired(a, b, counts)
    alone = [interval(s, counts) for s in (a, b)]
    assert difference.value == pytest.approx(alone[0].value - alone[1].value)
    unpaired = np.hypot(*(s.ci_high - s.ci_low for s in alone))
    assert difference.ci_high - difference.ci_low < 0.7 * unpaired
    assert difference.ci_low > 0  # a is better, and pairing can tell
    same = paired(a, a, counts)
    assert astuple(same)[:3] == (0, 0, 0)


def test_a_difference_counts_the_items_of_the_side_that_has_fewer():
    many, few = accuracy_of(np.array([2, 3]), np.array([4, 4])), accuracy_of(np.array([1, 0]), np.array([1, 0]))
    counts = resample_counts(2, 20, np.random.default_rng(0))
    for one, other in ((many, few), (few, many)):
        found = paired(one, other, counts)
        assert (found.n_items, found.n_sentences) == (1, 1)


def test_words_of_one_sentence_count_as_one_draw():
    rng = np.random.default_rng(0)
    right = (rng.random(100) < 0.7).astype(int)
    few = interval(accuracy_of(right, np.full(100, 1)), resample_counts(100, 500, np.random.default_rng(1)))
    many = interval(accuracy_of(right * 30, np.full(100, 30)), resample_counts(100, 500, np.random.default_rng(1)))
    assert (few.ci_low, few.ci_high) == pytest.approx((many.ci_low, many.ci_high))
    assert (few.n_items, many.n_items) == (100, 3000)


def test_sentences_that_were_not_scored_are_not_counted():
    gold = [np.arange(3.0), np.arange(6.0), np.arange(7.0)]
    score = interval(nspr(gold, gold), resample_counts(3, 200, np.random.default_rng(0)))
    assert (score.value, score.n_items, score.n_sentences) == (1, 2, 2)
    assert (score.ci_low, score.ci_high) == (1, 1)  # resamples of the short sentence alone have no score


def test_a_score_of_no_item_is_nan():
    score = interval(nspr([np.arange(3.0)], [np.arange(3.0)]), resample_counts(1, 10, np.random.default_rng(0)))
    assert np.isnan([score.value, score.ci_low, score.ci_high]).all()
    assert score.n_items == 0


def test_what_cannot_be_paired_is_refused():
    y, counts = [np.arange(6.0)] * 4, resample_counts(4, 10, np.random.default_rng(0))
    with pytest.raises(ProbingError, match="resamples of 4 sentences, statistics of 3"):
        paired(accuracy(y, y), accuracy(y[:3], y[:3]), counts)
    with pytest.raises(ProbingError, match="accuracy of 4 sentences and r2 of 4"):
        paired(accuracy(y, y), r2(y, y), counts)
    with pytest.raises(ProbingError, match=r"resample_counts\(3"):
        interval(accuracy(y[:3], y[:3]), counts)


def test_over_draws_the_interval_holds_the_spread_of_the_draws_too():
    rng = np.random.default_rng(4)
    counts = resample_counts(400, 4000, rng)
    n = np.full(400, 10.0)
    draws = [accuracy_of(rng.binomial(10, p, 400), n) for p in (0.5, 0.6, 0.7)]
    values = [interval(draw, counts).value for draw in draws]
    whole = mean_over_draws([resampled(draw, counts) for draw in draws])
    assert whole.value == pytest.approx(np.mean(values))
    on_sentences = np.stack([resampled(draw, counts).values for draw in draws])
    by_chance = (on_sentences - on_sentences.mean(axis=0)).var(axis=1).sum() / 2
    expected = on_sentences.mean(axis=0).var() + (np.var(values, ddof=1) - by_chance) / 3
    assert whole.values.var() == pytest.approx(expected, rel=0.1)
    [score] = scores(whole)
    assert score.ci_high - score.ci_low > 2 * (interval(draws[0], counts).ci_high - interval(draws[0], counts).ci_low)


def test_equal_draws_are_as_one():
    counts = resample_counts(30, 100, np.random.default_rng(0))
    one = resampled(accuracy_of(np.arange(30), np.full(30, 30)), counts)
    assert mean_over_draws([one]) is one
    assert mean_over_draws([one, one, one]).values == pytest.approx(one.values)


def test_few_draws_widen_an_interval_by_how_much_of_the_spread_is_theirs():
    rng = np.random.default_rng(4)
    counts, n = resample_counts(2000, 2000, rng), np.full(2000, 10.0)
    apart, alike = (
        mean_over_draws([resampled(accuracy_of(rng.binomial(10, p, 2000), n), counts) for p in shares])
        for shares in ((0.5, 0.6, 0.7), (0.6, 0.6, 0.6))
    )
    # all of the spread is that of three draws: Student's t with two degrees of freedom
    [score] = scores(apart)
    assert score.ci_high - score.ci_low == pytest.approx(2 * 4.30 * np.sqrt(0.01 / 3), rel=0.15)
    [score] = scores(alike)
    assert score.ci_high - score.ci_low < 0.02


def test_draws_that_differ_no_more_than_chance_tells_add_little():
    rng = np.random.default_rng(4)
    counts, n, found = resample_counts(300, 1000, rng), np.full(300, 10.0), []
    for _ in range(40):
        draws = [resampled(accuracy_of(rng.binomial(10, 0.6, 300), n), counts) for _ in range(5)]
        whole = mean_over_draws(draws)
        found.append(whole.values.var() / np.mean([draw.values for draw in draws], axis=0).var())
    assert 1 <= np.mean(found) < 1.5  # and not 2


def test_an_interval_is_as_wide_as_the_degrees_of_freedom_of_its_variance_say():
    rng, n = np.random.default_rng(0), np.ones(200)
    columns, counts = (rng.random(200), n), resample_counts(200, 500, rng)
    free, bound = (
        scores(resampled(Sums("hits", columns, np.divide, n, freedom=freedom), counts))[0] for freedom in (np.inf, 3)
    )
    ratio = (bound.ci_high - bound.ci_low) / (free.ci_high - free.ci_low)
    assert ratio == pytest.approx(3.182 / 1.972, rel=1e-3)  # Student's t with 3 and with 199 degrees of freedom


def test_one_more_draw_lies_as_far_from_the_mean_as_a_draw_and_the_mean_vary():
    rng = np.random.default_rng(8)
    effects, counts = rng.normal(0, 2, size=5), resample_counts(400, 2000, rng)

    def of(effect):
        values = effect + 0.1 * rng.standard_normal((400, 1))
        return resampled(Sums("effect_nats", (values, np.ones((400, 1))), np.divide, np.ones((400, 1))), counts)

    draws = [of(effect) for effect in effects]
    mean, more = mean_over_draws(draws), one_more_draw(draws)
    assert more.value == mean.value
    assert mean.values.std() == pytest.approx(effects.std(ddof=1) / np.sqrt(5), rel=0.05)
    assert more.values.std() == pytest.approx(effects.std(ddof=1) * np.sqrt(1 + 1 / 5), rel=0.05)
    assert degrees(more) == pytest.approx(4, rel=0.1)
