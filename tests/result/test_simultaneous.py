"""Simultaneous intervals and best layers: by hand, at their edges, and as often right as they claim."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats import norm, t

from probing.result.simultaneous import best_places, jointly

RNG = np.random.default_rng


def normal(truth: np.ndarray, rng: np.random.Generator, n_resamples: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """A measured value and its resamples, whose errors have one known distribution: places vary together by half."""

    def errors(n: int) -> np.ndarray:
        own = rng.standard_normal((n, len(truth))) * np.linspace(0.5, 2, len(truth))
        return own + rng.standard_normal((n, 1))

    value = truth + errors(1)[0]
    return value, value + errors(n_resamples)


def test_all_ends_have_the_same_distance_in_deviations_that_of_the_largest_of_all():
    value, values = normal(np.zeros(5), RNG(0))
    joint = jointly(value, values)
    spread = values.std(axis=0, ddof=1)
    largest = (np.abs(values - value) / spread).max(axis=1)
    critical = np.sort(largest)[379 + 1]  # of 400, the one that 95 % of the way from first to last reaches
    assert (joint.high - value) / spread == pytest.approx([critical] * 5)
    assert (value - joint.low) / spread == pytest.approx([critical] * 5)
    size = np.abs(value) / spread
    assert joint.p == pytest.approx([(1 + (largest >= one).sum()) / 401 for one in size])


def test_one_value_has_the_interval_of_a_single_comparison_and_more_have_wider_ones():
    value, values = normal(np.zeros(6), RNG(1), 5000)
    widths = [
        np.ptp([getattr(jointly(value[:k], values[:, :k]), end)[0] for end in ("low", "high")]) for k in (1, 3, 6)
    ]
    assert widths[0] / values[:, 0].std() == pytest.approx(2 * 1.96, rel=0.05)
    assert widths[0] < widths[1] < widths[2]


def test_an_adjusted_p_below_5_percent_and_an_interval_without_0_are_the_same():
    for seed in range(20):
        value, values = normal(np.array([0, 1.5, 3, 6]), RNG(seed), 399)
        joint = jointly(value, values)
        assert ((joint.p < 0.05) == ((joint.low > 0) | (joint.high < 0))).all()


def test_a_spread_of_few_degrees_of_freedom_has_the_wider_quantile_of_student():
    value, values = normal(np.zeros(3), RNG(3), 5000)
    units = np.full(3, 1e9)
    plain, few = jointly(value, values, units), jointly(value, values, units, np.array([1e9, 4, 4]))
    assert np.ptp([few.low[0], few.high[0]]) == pytest.approx(np.ptp([plain.low[0], plain.high[0]]), rel=1e-6)
    critical = (plain.high[1] - value[1]) / values[:, 1].std(ddof=1)
    assert (few.high[1] - value[1]) / values[:, 1].std(ddof=1) == pytest.approx(t.ppf(norm.cdf(critical), 4), rel=1e-3)
    assert (few.p >= plain.p).all()


def test_what_is_undefined_or_does_not_vary_has_no_part_in_the_others():
    value, values = normal(np.zeros(3), RNG(2))
    plain = jointly(value, values)
    more = np.column_stack([values, np.full(400, np.nan), np.full(400, 0.7), np.zeros(400)])
    joint = jointly(np.array([*value, np.nan, 0.7, 0.0]), more)
    assert joint.low[:3].tolist() == plain.low.tolist()
    assert np.isnan([joint.low[3], joint.high[3], joint.p[3]]).all()
    assert (joint.low[4], joint.high[4], joint.p[4]) == (0.7, 0.7, 1 / 401)
    assert (joint.low[5], joint.high[5], joint.p[5]) == (0, 0, 1)


def test_resamples_in_which_a_value_is_undefined_are_left_out_of_it_alone():
    value, values = normal(np.zeros(2), RNG(3))
    values[:40, 1] = np.nan
    joint = jointly(value, values)
    assert np.isfinite(joint.low).all()
    assert (joint.high - joint.low)[0] / (joint.high - joint.low)[1] == pytest.approx(
        values[:, 0].std(ddof=1) / np.nanstd(values[:, 1], ddof=1)
    )


def test_without_resamples_enough_nothing_is_known():
    joint = jointly(np.array([1.0]), np.array([[1.0]]))
    assert np.isnan([joint.low, joint.high, joint.p]).all()
    assert [len(end) for end in (jointly(np.zeros(0), np.zeros((10, 0))).low,)] == [0]


def test_the_set_holds_what_cannot_be_told_apart_and_says_what_beats_the_rest():
    rng = RNG(4)
    shared = rng.standard_normal((1000, 1))
    values = np.array([0.0, 9.0, 9.1, 5.0]) + shared * 30 + rng.standard_normal((1000, 4)) * 0.5
    best = best_places(np.array([0.0, 9.0, 9.1, 5.0]), values)
    assert best.members.tolist() == [False, True, True, False]  # paired: what all share does not hide differences
    assert best.rival.tolist() == [2, 2, -1, 2]
    assert best.behind[[0, 1, 3]] == pytest.approx([9.1, 0.1, 4.1])
    assert best.low[1] < 0 < best.high[1]
    assert (best.low[[0, 3]] > 0).all()
    assert np.isnan([best.behind[2], best.low[2], best.high[2]]).all()


def test_the_set_follows_the_places_and_the_direction():
    value, values = normal(np.array([0, 4, 7, 7, 2.0]), RNG(5))
    best, order = best_places(value, values), [3, 0, 4, 1, 2]
    moved = best_places(value[order], values[:, order])
    assert moved.members.tolist() == best.members[order].tolist()
    assert moved.behind == pytest.approx(best.behind[order], nan_ok=True)
    lower = best_places(-value, -values, lower_is_better=True)
    assert lower.members.tolist() == best.members.tolist()
    assert lower.behind == pytest.approx(best.behind, nan_ok=True)


@pytest.mark.parametrize(
    ("value", "members"),
    [
        ([1.0], [True]),
        ([1.0, 1.0], [True, True]),
        ([1.0, 0.5], [True, False]),
        ([np.nan, 0.5], [False, True]),
        ([], []),
    ],
)
def test_values_that_do_not_vary_are_told_apart_only_if_they_differ(value, members):
    assert best_places(np.array(value), np.tile(np.array(value), (50, 1))).members.tolist() == members


def test_errors_are_no_more_frequent_than_claimed():
    null, near, far = np.zeros(7), np.array([0, 1, 2.5, 3, 3, 2, 0.0]), np.array([0, 3, 9, 8, 7, 6, 0.0])
    rng, n = RNG(6), 400
    bound = 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / n)  # by chance in 1 of 160 seeds, were it 5 %
    for truth in (null, near, far):
        lost, apart = 0, 0
        for _ in range(n):
            value, values = normal(truth, rng)
            lost += not best_places(value, values).members[truth == truth.max()].all()
            joint = jointly(value, values)
            apart += not ((joint.low <= truth) & (truth <= joint.high)).all()
        assert lost / n <= bound
        assert 0.01 <= apart / n <= bound


def test_far_apart_places_leave_one():
    value, values = normal(np.array([0, 20, 40.0]), RNG(7))
    assert best_places(value, values).members.tolist() == [False, False, True]


def test_few_units_widen_as_students_t_and_p_values_say_the_same() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(2000, 3))
    value = np.array([2.9, 2.9, 2.9])
    many, few = jointly(value, values), jointly(value, values, np.array([10.0, 100, 1e7]))
    half = few.high - value
    critical = (many.high - value)[2] / values[:, 2].std(ddof=1)
    expected = stats.t.ppf(stats.norm.cdf(critical), [9, 99]) * np.sqrt([10 / 9, 100 / 99]) * values.std(0, ddof=1)[:2]
    assert half[:2] == pytest.approx(expected)
    assert half[2] == pytest.approx(many.high[2] - value[2], rel=1e-4)
    assert few.p[0] > few.p[1] > many.p[1]
    assert few.p[2] == pytest.approx(many.p[2], abs=1e-3)
    assert ((few.low <= 0) == (few.p > 0.05)).all()
