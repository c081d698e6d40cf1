import math

import pytest

from probing.report.head_tables import head_table

CHOSEN = {"metric": "head_accuracy", "probe": "attention", "head": 1}


def lines(target, accuracy, offset):
    return [
        (target, 2, accuracy, CHOSEN),
        (target, None, offset, {"metric": "head_accuracy", "probe": "offset-1"}),
        (target, 2, accuracy - offset, {**CHOSEN, "probe": "gain"}),
    ]


def test_the_largest_gain_comes_first_and_numbers_are_unrounded(run_with):
    run = run_with("syntax", [*lines("det", 0.9, 0.8), *lines("obj", 0.7, 1 / 3)])
    table = head_table(run, "syntax", "title", "note")
    assert (table.name, table.title, table.note) == ("syntax", "title", "note")
    assert table.raw["target"].tolist() == ["obj", "det"]
    assert table.raw["offset_value"].tolist() == [1 / 3, 0.8]
    assert table.raw["gain_ci_low"].tolist() == pytest.approx([0.7 - 1 / 3 - 0.01, 0.09])
    assert table.text["best offset"].tolist() == ["0.333 (−1)", "0.800 (−1)"]


def test_what_was_not_measured_is_no_column_of_the_text(run_with):
    table = head_table(run_with("syntax", lines("det", 0.9, 0.8)), "syntax", "", "")
    assert table.text.columns.tolist() == ["target", "head", "accuracy", "best offset", "gain", "cases"]
    assert math.isnan(table.raw["coverage"][0])


def test_without_a_target_there_is_no_table(run_with):
    assert head_table(run_with("syntax", []), "syntax", "", "") is None
