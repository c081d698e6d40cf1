"""Errors of the classifier stand beside those of the probes, and a loss is named where its joint interval says so."""

import numpy as np

from probing.diagnosis.answers import Answers, Groups
from probing.diagnosis.cause import MARGIN, Cause, cause
from probing.diagnosis.compared import Comparison
from probing.diagnosis.group_means import Estimate
from probing.diagnosis.phenomenon_errors import losses, phenomenon_errors
from probing.result.resampling import Resampling


def test_the_classifier_is_the_first_column_and_each_probe_a_further_one():
    gold = np.array([0, 0, 1, 1])
    inside = np.array([[True], [True], [False], [False]])
    answers = Answers(gold, 1 - gold, np.array([[0, 1, 1, 1], gold]), (0, 3), Groups(("first",), inside))
    found = phenomenon_errors(answers, np.random.default_rng(0))
    assert found.layers == (None, 0, 3) and found.counts.tolist() == [2]
    assert found.rate.tolist() == [[1.0, 0.5, 0.0]] and found.rest.tolist() == [[1.0, 0.0, 0.0]]


def estimate(value, low):
    return Estimate(value, low, value + 0.1, 50)


def test_a_loss_is_that_of_the_best_lower_layer_and_begins_where_most_of_it_is_there():
    found = {
        Comparison("right", "all sentences"): estimate(0.6, 0.5),
        Comparison("right", "negation"): estimate(0.4, 0.3),
        Comparison("lost", "all sentences", "1"): estimate(0.05, MARGIN - 0.001),  # not surely more than the margin
        Comparison("lost", "negation", "0"): estimate(0.20, 0.1),
        Comparison("lost", "negation", "1"): estimate(0.30, 0.2),
        Comparison("lost", "negation", "2"): estimate(0.20, -0.1),  # more than half of the loss comes after layer 2
        Comparison("lost", "negation", "3"): estimate(0.10, -0.1),
        Comparison("lost", "not negation", "1"): estimate(0.50, 0.4),  # the others of a group are no group
    }
    [loss] = losses(Cause("lost", evidence=found), (0, 1, 2, 3, 4))
    assert (loss.group, loss.instead, loss.layer, loss.by) == ("negation", 1, 3, estimate(0.30, 0.2))
    assert losses(Cause("healthy"), (0, 1)) == ()


def test_what_layers_forget_is_found_from_answers_alone():
    rng = np.random.default_rng(3)
    gold, negated = rng.integers(2, size=400), rng.random(400) < 0.4
    wrong = rng.random((5, 400)) < 0.05
    wrong[3:] |= negated & (rng.random(400) < 0.6)  # layers 3 and 4 no longer tell negated sentences apart
    probes = np.where(wrong, 1 - gold, gold)
    groups = Groups(("negation", "other"), np.column_stack([negated, rng.random(400) < 0.5]))
    answers = Answers(gold, probes[4], probes, (0, 1, 2, 3, 4), groups)
    found = losses(cause(answers, Resampling(300, np.arange(400))), answers.layers)
    [negation] = [one for one in found if one.group == "negation"]
    assert negation.layer == 3 and negation.instead < 3 and 0.3 < negation.by.low < negation.by.value
    by_layer = phenomenon_errors(answers, rng)
    assert (by_layer.joint_low[0] > 0).tolist() == [True, False, False, False, True, True]
    assert (by_layer.joint_low[1] < 0).all()
