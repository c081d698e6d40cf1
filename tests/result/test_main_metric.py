"""The metric that chooses the best layer: one that has a value, known from the labels alone."""

import numpy as np
import pytest

from probing.errors import DataError
from probing.probe.fit import TASK, Target
from probing.result.main_metric import main_metric, without_value
from probing.result.rows import Measurement

DEPTH = ("nspr", "root_accuracy", "r2")
LONG, SHORT, FLAT, ROOTLESS = [1, 0, 1, 2, 2], [1, 0, 1], [0, 0, 0], [1, 2, 1]


def target(dev: list[int], test: list[int]) -> Target:
    return Target("word", "scalar", 0, {"train": [np.array(LONG)], "dev": [np.array(dev)], "test": [np.array(test)]})


@pytest.mark.parametrize(
    ("dev", "test", "expected"),
    [
        (LONG, LONG, "nspr"),
        (SHORT, LONG, "root_accuracy"),  # no sentence of dev has five words
        (LONG, SHORT, "root_accuracy"),
        (ROOTLESS, SHORT, "r2"),
    ],
)
def test_the_first_metric_with_a_value_on_dev_and_test_is_the_main_one(dev, test, expected):
    assert main_metric(DEPTH, target(dev, test)) == expected


def test_words_that_do_not_count_can_take_the_value_of_a_metric():
    distances = np.array([[0, 1], [1, 0]])
    gold = Target("pair", "scalar", 0, dict.fromkeys(("train", "dev", "test"), [distances]))
    assert main_metric(("uuas",), gold) == "uuas"
    one_word = dict.fromkeys(("dev", "test"), [np.array([True, False])])
    with pytest.raises(DataError, match="uuas has no value on dev and test: it needs a sentence with two words"):
        main_metric(("uuas",), gold, one_word)


def test_without_any_value_the_error_says_what_each_metric_needs():
    with pytest.raises(DataError, match="r2 has no value on test: it needs two items with different labels; choose"):
        main_metric(("r2",), target(SHORT, FLAT))
    # a constant row has no rank correlation, no root, and no variance
    with pytest.raises(DataError, match="nspr has no value on dev: .*; root_accuracy has no value on dev: .*; r2"):
        main_metric(DEPTH, target([1] * 5, LONG))


def test_a_metric_without_a_value_is_named_with_its_splits():
    def row(metric: str, split: str, value: float, name: str = TASK) -> Measurement:
        return Measurement(split, name, 1, None, 0, metric, value, value, value, 3, 3)

    nan = float("nan")
    rows = [row("nspr", "dev", nan), row("nspr", "test", 0.3), row("nspr", "dev", 0.4, "control")]
    rows += [row("r2", split, 0.1) for split in ("dev", "test")]
    [text] = without_value(("nspr", "r2"), rows)
    assert text.startswith("nspr has no value on dev: it needs a sentence of 5 to 50 labelled words")
    assert without_value(("r2",), rows) == []
