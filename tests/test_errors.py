"""Errors reach the user whole, from another process too."""

import copy
import inspect
from pathlib import Path

import pytest

from pipelines.shared.cli import Failed
from probing import errors

CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.ProbingError)]


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_survives_the_way_from_a_worker(cls):
    given = (Path("store/x.h5"), "short") if cls is errors.DamagedStoreError else ("what was seen; what to type",)
    error = cls(*given)
    again = copy.copy(error)  # which takes apart and rebuilds as pickle does
    assert type(again) is cls
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_a_failed_job_keeps_its_exit_code():
    assert copy.copy(Failed(2)).args == (2,)


def test_a_valid_value_passes_and_an_invalid_one_is_told_the_valid_ones():
    errors.one_of("store.dtype", "float16", ("float16", "float32"))
    with pytest.raises(errors.ConfigError, match=r"store.dtype=int8: .* choose one of float16, float32"):
        errors.one_of("store.dtype", "int8", ("float16", "float32"))


@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_what_must_be_positive_is(value):
    errors.positive("resamples", 1)
    with pytest.raises(errors.ConfigError, match="greater than 0"):
        errors.positive("resamples", value)


def test_a_value_is_quoted_in_one_line_without_its_end():
    assert errors.shown([1, "a"]) == "[1, 'a']"
    assert errors.shown("a\nb\x1b") == r"a\nb\x1b"
    assert errors.shown("x" * 300) == "x" * 200 + "… (300 characters)"
