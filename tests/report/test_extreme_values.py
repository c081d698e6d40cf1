"""Figures of extreme predictions: drawn, and without a warning."""

import warnings

import pandas as pd
import pytest

from probing.report.load import load_run
from probing.report.prediction_figures import lowest, span, write_classes, write_confusion, write_values
from probing.report.style import short


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def changed(folder, **columns):
    """The run in ``folder`` with these columns of its predictions."""
    path = folder / "predictions.parquet"
    pd.read_parquet(path).assign(**columns).to_parquet(path)
    return load_run(folder)


@pytest.mark.parametrize("columns", [{}, {"gold": "NOUN", "predicted": "NOUN"}, {"gold": "NOUN", "predicted": "VERB"}])
def test_all_right_or_all_wrong(make_run, tmp_path, columns):
    run = changed(make_run(test=(1.0,)), **columns)
    assert write_classes(run, tmp_path / "classes") and write_confusion(run, tmp_path / "confusion")


def test_long_names_of_classes(make_run, tmp_path):
    run = changed(make_run(test=(0.9,)), gold="CLASS" * 40)
    assert write_classes(run, tmp_path / "classes") and write_confusion(run, tmp_path / "confusion")


@pytest.mark.parametrize("columns", [{"predicted": 1e30}, {"predicted": 2.5, "gold": 0.5}, {"gold": 3.0}])
def test_values_that_are_all_the_same_or_huge(make_run, tmp_path, columns):
    assert write_values(changed(make_run("depth", test=(0.9,)), **columns), tmp_path / "values")


def test_colours_and_bins_have_a_range(make_run):
    values = pd.Series([1.0, 1.0]).to_numpy()
    assert lowest(values) == lowest(values * float("nan")) == 0.9
    assert lowest(values * 0.37) == 0.3
    low, high = span(values * 1e30)
    assert low < 1e30 < high
    assert span(pd.Series([0.0, 2.0]).to_numpy()) == (0.0, 2.0)


def test_a_short_name_stays_as_it_is():
    assert short("NOUN") == "NOUN"
    assert short("x" * 30) == "x" * 27 + "…"
