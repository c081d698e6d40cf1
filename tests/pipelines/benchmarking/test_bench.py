"""What a measurement returns: a ratio with its spread, as JSON, and its reference."""

import json

import pytest

from pipelines.benchmarking.bench import Ratio, in_turn, python
from probing.errors import UnavailableError


def test_a_ratio_has_its_spread_and_is_written_with_what_stands_beside_it():
    beside = Ratio([1e-5], "the objective")
    found = Ratio([3.0, 1.0, 2.0], "the other", beside={"gap": beside}, details={"seconds": [1, 2]})
    assert found.spread == (2.0, 1.0, 3.0)
    assert json.loads(json.dumps(found.as_json())) == {
        "median": 2.0,
        "low": 1.0,
        "high": 3.0,
        "repeats": 3,
        "reference": "the other",
        "gap": {"median": 1e-5, "low": 1e-5, "high": 1e-5, "repeats": 1, "reference": "the objective"},
        "seconds": [1, 2],
    }


def test_both_sides_are_measured_in_turn_and_the_first_time_is_not_counted():
    calls, seconds = [], iter([100.0, 100.0, 6.0, 2.0, 8.0, 2.0])

    def side(name):
        calls.append(name)
        return next(seconds)

    found = in_turn(lambda: side("own"), lambda: side("reference"), 2, "the other")
    assert calls == ["own", "reference"] * 3
    assert found.values == [3.0, 4.0]
    assert found.details == {"seconds": [6.0, 8.0], "reference_seconds": [2.0, 2.0]}


def test_the_dev_split_alone(bench):
    assert [len(bench.dev(n).splits["dev"]) for n in (None, 3)] == [20, 3]
    assert bench.dev().splits["train"] == bench.dev().splits["test"] == ()
    assert bench.dev().name == "grammar dev"


def test_a_process_that_fails_is_an_error_with_its_last_line():
    assert python("-c", "print(3)") == "3\n"
    with pytest.raises(UnavailableError, match="failed: ValueError: odd"):
        python("-c", "raise ValueError('odd')")
