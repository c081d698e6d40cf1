"""Errors of the classifier stand beside those of the probes, and a loss is named where its joint interval says so."""

import numpy as np

from probing.diagnosis.answers import Answers, Groups
from probing.diagnosis.cause import MARGIN, Cause
from probing.diagnosis.compared import Comparison
from probing.diagnosis.group_means import Estimate
from probing.diagnosis.phenomenon_errors import losses, phenomenon_errors


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
