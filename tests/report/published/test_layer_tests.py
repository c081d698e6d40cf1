"""Where a curve is highest or levels off, and its expected layer, on planted scores."""

import numpy as np
import pytest

from probing.report.load import load_run
from probing.report.published.layer_tests import base_of, center, enough, expected_layers, layers_that_may_be
from probing.report.published.read_series import Point, Values, values_of


def points(*values: float, half: float = 0.01) -> Values:
    return Values([Point(float(x), value, value - half, value + half) for x, value in enumerate(values)], ())


def test_without_sentences_layers_whose_intervals_overlap_may_be_the_highest_or_the_lowest():
    found = points(0.5, 0.9, 0.885, 0.7)
    assert layers_that_may_be(found, lowest=False) == [1, 2]
    assert layers_that_may_be(found, lowest=True) == [0]
    # apart by more than two intervals, but not by two that hold for all four layers at once
    assert layers_that_may_be(points(0.5, 0.9, 0.878, 0.7), lowest=False) == [1, 2]
    assert layers_that_may_be(points(0.5, 0.9, 0.86, 0.7), lowest=False) == [1]


@pytest.fixture
def curve(ours, paper):
    def of(*scores):
        return values_of(paper(), "accuracy", {"pos": load_run(ours(scores))})

    return of


def test_with_sentences_a_layer_that_is_clearly_worse_is_not_the_highest(curve):
    found = curve(0.5, 0.7, 0.9, 0.6)
    assert layers_that_may_be(found, lowest=False) == [2]
    assert layers_that_may_be(found, lowest=True) == [0]


def test_a_curve_levels_off_at_the_first_place_that_no_other_one_exceeds(curve):
    assert enough(curve(0.5, 0.7, 0.9, 0.6), 0.05) == [2]


def test_a_place_that_surely_is_not_enough_is_not_named_although_no_place_surely_is(curve):
    assert enough(curve(0.5, 0.9, 0.9, 0.9), 0.0001) == [1, 2, 3]


def test_the_expected_layer_is_the_mean_of_layers_by_what_each_adds(curve):
    assert center(np.array([0.5, 0.7, 0.7, 0.9])) == pytest.approx((1 * 0.2 + 3 * 0.2) / 0.4)
    found = curve(0.5, 0.9, 0.9, 0.9)
    scored = [one.value for one in found.points]
    expected = sum(layer * (scored[layer] - scored[layer - 1]) for layer in (1, 2, 3)) / (scored[3] - scored[0])
    layer = expected_layers(found, base_of([found]))
    assert layer.value == pytest.approx(expected)
    assert layer.minus(layer) == (0.0, 0.0, 0.0)  # paired with itself


@pytest.mark.parametrize(("how", "expected"), [("mean", 0.4), ("max", 0.6), ("min", 0.2)])
def test_the_heads_of_a_layer_become_one_point(run_with, paper, how, expected):
    run = run_with("heads", [("all", 1, 0.2 * head, {"head": head}) for head in (1, 2, 3)])
    of = {"run": "pos", "label": "a", "metric": "accuracy", "analysis": "heads", "target": "all", "heads": how}
    values = values_of(paper(series={"a": of}, figure=[], checks=[]), "a", {"pos": run})
    [one] = values.points
    assert (one.value, one.low, one.high) == pytest.approx((expected, expected - 0.01, expected + 0.01))
