"""Means of tallies and their intervals: by hand, and bit by bit as the plain formula gives them."""

from dataclasses import replace

import numpy as np
import pytest

from probing.axes import Tally
from probing.errors import ProbingError
from probing.result.confidence import ends, widening
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.tally import mean_over_heads, measure_tallies, tally_difference
from probing.rng import generator

# two sentences, one layer, two heads: 1 of 2 and 3 of 4 hits for head 0, none for head 1
TALLY = Tally("hits", "all", "attention", "test", (3,), np.array([[[1.0, 0]], [[3, 0]]]), np.array([2.0, 4]))


def alone(tallies: list[Tally], n_resamples: int) -> Resampling:
    """Each sentence by itself."""
    return Resampling(n_resamples, np.arange(len(tallies[0].sums)))


def plain_resamples(values: np.ndarray, n_resamples: int) -> np.ndarray:
    """Totals of resampled sentences, all in one matrix product: (N, …) -> (R, …)."""
    n = len(values)
    drawn = generator(0, "bootstrap", "attention").integers(n, size=(n_resamples, n))
    counts = np.stack([np.bincount(row, minlength=n) for row in drawn])
    return (counts.astype(np.float32) @ values.reshape(n, -1)).reshape(n_resamples, *values.shape[1:])


def plain_ends(value: np.ndarray, values: np.ndarray, n_units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the intervals of all places in one call: (*places) each."""
    n = n_units.ravel().astype(float)
    return ends(value.ravel(), values.reshape(len(values), -1), widening(n, n - 1))


def test_a_mean_is_the_sum_of_sums_over_the_sum_of_items() -> None:
    first, second = measure_tallies([TALLY], 0, alone([TALLY], 500))
    assert first.value == 4 / 6
    assert (first.ci_low, first.ci_high) == (0, 1)  # two sentences tell nothing
    assert (second.value, second.ci_low, second.ci_high) == (0, 0, 0)


def test_measurements_name_layer_head_and_method() -> None:
    first, second = measure_tallies([TALLY], 7, alone([TALLY], 500))
    assert (first.layer, first.head, first.seed, first.draw) == (3, 0, 7, None)
    assert (first.split, first.target, first.metric, first.probe) == ("test", "all", "hits", "attention")
    assert (first.n_items, first.n_sentences) == (6, 2)
    assert second.head == 1


def test_a_mean_over_no_item_is_left_out() -> None:
    empty = Tally("hits", "all", "attention", "test", (1, 2), np.ones((2, 2)), np.array([[0.0, 1], [0, 1]]))
    [row] = measure_tallies([empty], 0, alone([empty], 500))
    assert row.layer == 2
    assert row.head is None


@pytest.mark.parametrize("places", [(1,), (6,), (6, 12)])
def test_values_and_intervals_are_those_of_the_plain_formula_bit_by_bit(places: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    items = rng.integers(0, 9, size=(301, *places)).astype(float)
    sums = rng.random(items.shape) * items
    tally = Tally("entropy_nats", "all", "attention", "test", tuple(range(1, places[0] + 1)), sums, items)
    found = measure_tallies([tally], 0, alone([tally], 400))
    value, values = sums.sum(axis=0) / items.sum(axis=0), plain_resamples(sums, 400) / plain_resamples(items, 400)
    low, high = plain_ends(value, values, (items > 0).sum(axis=0))
    for part, expected in (("value", value), ("ci_low", low), ("ci_high", high)):
        assert [getattr(row, part) for row in found] == expected.ravel().tolist()


def test_a_difference_is_paired() -> None:
    assert [(d.value, d.ci_low, d.ci_high) for d in tally_difference(TALLY, TALLY, alone([TALLY], 500))] == [
        (0, 0, 0)
    ] * 2
    other = Tally("hits", "all", "offset+1", "test", (0,), np.array([[1.0], [1]]), np.array([2.0, 4]))
    one = Tally("hits", "all", "attention", "test", (3,), TALLY.sums[:, :, 0], TALLY.items)
    [gain] = tally_difference(one, other, alone([one], 500))
    assert gain.value == 4 / 6 - 2 / 6
    assert (gain.ci_low, gain.ci_high) == (-1, 1)
    assert (gain.n_items, gain.n_sentences) == (6, 2)


def test_a_difference_completes_a_measurement() -> None:
    [gain, _] = tally_difference(TALLY, TALLY, alone([TALLY], 10))
    head = measure_tallies([TALLY], 0, alone([TALLY], 10))[0]
    expected = Measurement("test", "all", 3, 0, 0, "hits", 0.0, 0.0, 0.0, 6, 2, None, "gain")
    assert replace(head, probe="gain", **vars(gain)) == expected


def test_what_cannot_be_paired_is_refused() -> None:
    longer = Tally("hits", "all", "x", "test", (3,), np.ones((3, 1)), np.ones(3))
    with pytest.raises(ProbingError, match="resamples of 2 sentences, statistics of 3"):
        tally_difference(TALLY, longer, alone([TALLY], 10))
    with pytest.raises(ProbingError, match="hits of 2 sentences and tvd of 2 sentences"):
        tally_difference(TALLY, replace(TALLY, metric="tvd"), alone([TALLY], 10))


def test_the_mean_over_heads_has_its_own_interval() -> None:
    rng = np.random.default_rng(1)
    items = rng.integers(1, 9, size=60).astype(float)
    shift = rng.random((60, 1, 1))  # what heads gain in one sentence, half of them lose: their mean varies less
    sums = (2 + rng.random((60, 3, 4)) + shift * [[3, 3, -3, -3]]) * items[:, None, None]
    heads = Tally("entropy_nats", "all", "attention", "test", (1, 2, 3), sums, items)
    mean = measure_tallies([mean_over_heads(heads)], 0, alone([mean_over_heads(heads)], 300))
    assert [(row.layer, row.head, row.n_items) for row in mean] == [(layer, None, items.sum()) for layer in (1, 2, 3)]
    single = measure_tallies([heads], 0, alone([heads], 300))
    resampled = plain_resamples(sums, 300) / plain_resamples(items, 300)[:, None, None]
    for row in mean:
        of_layer = [head for head in single if head.layer == row.layer]
        assert row.value == pytest.approx(np.mean([head.value for head in of_layer]))
        of_row = resampled.mean(axis=2)[:, [(row.layer or 0) - 1]]
        expected = plain_ends(np.array([row.value]), of_row, np.array([60]))
        assert (row.ci_low, row.ci_high) == pytest.approx(np.ravel(expected))
        assert row.ci_high - row.ci_low < 0.5 * np.mean([head.ci_high - head.ci_low for head in of_layer])


def test_heads_that_count_the_same_items_one_by_one_have_a_mean_and_others_have_none() -> None:
    each = replace(TALLY, items=np.array([[[2.0, 2]], [[4, 4]]]))
    assert mean_over_heads(each).items.tolist() == [[2], [4]]
    assert mean_over_heads(each).sums.tolist() == [[0.5], [1.5]]
    with pytest.raises(ProbingError, match="hits: heads of a layer count different items"):
        mean_over_heads(replace(TALLY, items=np.array([[[2.0, 1]], [[4, 4]]])))
    with pytest.raises(ProbingError, match="sentences, layers, heads"):
        mean_over_heads(mean_over_heads(TALLY))
