"""A curve that does not depend on the task is shown once."""

import pandas as pd

from probing.report.same_for_all_tasks import once

LINE = {"what": "entropy", "model": "m", "data": "d", "output": "", "layer": 1, "value": 0.5, "ci_low": 0.4}


def lines(*rows):
    return pd.DataFrame([{**LINE, "ci_high": float("nan"), **row} for row in rows])


def test_equal_curves_of_two_tasks_become_one_without_a_task():
    found = once(lines({"task": "pos"}, {"task": "depth"}))
    assert found[["task", "value"]].to_numpy().tolist() == [["", 0.5]]


def test_curves_that_differ_or_are_of_other_corpora_stay():
    assert once(lines({"task": "pos"}, {"task": "depth", "value": 0.6}))["task"].tolist() == ["pos", "depth"]
    assert once(lines({"task": "pos"}, {"task": "depth", "data": "e"}))["task"].tolist() == ["pos", "depth"]
    assert once(lines({"task": "pos"}))["task"].tolist() == ["pos"]
