import math

import pytest

from probing.report.head_tables import head_table, surviving

CHOSEN = {"metric": "head_accuracy", "probe": "attention", "head": 1}


def lines(target, accuracy, offset, half=0.05):
    gain = accuracy - offset
    joint = {**CHOSEN, "probe": "gain_adjusted", "ci_low": gain - half, "ci_high": gain + half}
    return [
        (target, 2, gain, joint),
        (target, 2, accuracy, CHOSEN),
        (target, None, offset, {"metric": "head_accuracy", "probe": "offset-1"}),
        (target, 2, gain, {**CHOSEN, "probe": "gain"}),
    ]


def test_the_clearest_gain_comes_first_and_words_speak_only_of_gains_that_survive_all_comparisons(run_with):
    found = [*lines("obj", 0.9, 0.1, 0.85), *lines("det", 0.9, 0.8), *lines("cc", 0.5, 0.6), *lines("amod", 0.9, 0.7)]
    table = head_table(run_with("syntax", found), "syntax", "title", "note")
    assert table.raw["target"].tolist() == ["amod", "det", "obj", "cc"]
    assert table.text["gain"].tolist()[2] == "+0.800 [−0.050, +1.650]"
    assert surviving(table, "relations") == [
        "The chosen head is better than the best fixed offset for 2 of 4 relations: amod (2.1), det (2.1).",
        "It is worse for 1: cc (2.1).",
    ]
    assert surviving(head_table(run_with("syntax", lines("x", 0.5, 0.5)), "syntax", "", ""), "relations") == [
        "The chosen head is better than the best fixed offset for none of 1 relations."
    ]


def test_of_many_targets_only_some_are_named(run_with):
    found = [line for number in range(11) for line in lines(f"r{number}", 0.9, 0.5)]
    [said] = surviving(head_table(run_with("syntax", found), "syntax", "", ""), "relations")
    assert said.endswith("r7 (2.1) and 3 more.") and said.count("(2.1)") == 8


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
