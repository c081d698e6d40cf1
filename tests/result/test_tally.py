import numpy as np
import pytest

from probing.axes import Tally
from probing.errors import ProbingError
from probing.result.bootstrap import resample_counts
from probing.result.tally import difference, means, rows_of_tally
from probing.rng import generator

# two sentences, one layer, two heads: 1 of 2 and 3 of 4 hits for head 0, none for head 1
TALLY = Tally("hits", "all", "attention", "test", (3,), np.array([[[1.0, 0]], [[3, 0]]]), np.array([2.0, 4]))
COUNTS = resample_counts(2, 500, generator(0, "tally"))


def test_a_mean_is_the_sum_of_sums_over_the_sum_of_items() -> None:
    mean, low, high = means(TALLY, COUNTS)
    assert mean.tolist() == [[4 / 6, 0]]
    assert low[0, 0] == 0.5  # a resample that holds the first sentence twice
    assert high[0, 0] == 0.75
    assert low[0, 1] == high[0, 1] == 0


def test_rows_name_layer_and_head() -> None:
    first, second = rows_of_tally(TALLY, 7, COUNTS)
    assert (first["layer"], first["head"], first["seed"]) == (3, 0, 7)
    assert (first["value"], first["n_items"], first["n_sentences"]) == (4 / 6, 6, 2)
    assert second["head"] == 1


def test_a_mean_over_no_item_has_no_row() -> None:
    empty = Tally("hits", "all", "attention", "test", (1, 2), np.ones((2, 2)), np.array([[0.0, 1], [0, 1]]))
    [row] = rows_of_tally(empty, 0, COUNTS)
    assert row["layer"] == 2
    assert row["head"] is None


def test_a_difference_is_paired() -> None:
    same = difference(TALLY, TALLY, COUNTS)
    assert [part.tolist() for part in same] == [[[0, 0]]] * 3
    other = Tally("hits", "all", "offset+1", "test", (0,), np.array([[1.0], [1]]), np.array([2.0, 4]))
    one = Tally("hits", "all", "attention", "test", (3,), TALLY.sums[:, :, 0], TALLY.items)
    value, low, high = difference(one, other, COUNTS)
    assert value.tolist() == [4 / 6 - 2 / 6]
    assert (low[0], high[0]) == (0, 0.5)


def test_other_sentences_cannot_be_paired() -> None:
    longer = Tally("hits", "all", "x", "test", (3,), np.ones((3, 1)), np.ones(3))
    with pytest.raises(ProbingError, match="same sentences"):
        difference(TALLY, longer, COUNTS)
    with pytest.raises(ProbingError, match="draw them for 3"):
        means(longer, COUNTS)
