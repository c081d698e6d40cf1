"""A predicted gain in words: helps, harms, is not shown to help, or none."""

import pytest

from probing.diagnosis.group_means import Estimate
from probing.diagnosis.text_gain import TextGain
from probing.diagnosis.tried_repair import Tried
from probing.report.diagnosed.gain_words import gain_cell, gain_in_words, tried_in_words

NUMBERS = "to the accuracy over 1,200 other sentences of dev"


@pytest.mark.parametrize(
    ("low", "high", "begins"),
    [
        (0.01, 0.05, "Predicted gain: a head on layer 3 adds"),
        (-0.01, 0.05, "Over dev this repair is not shown to help: a head on layer 3 adds"),
        (0.0, 0.05, "Over dev this repair is not shown to help: a head on layer 3 adds"),
        (0.0004, 0.05, "Over dev this repair is not shown to help: a head on layer 3 adds"),  # shown as 0.000
        (-0.05, -0.01, "Over dev this repair does harm: a head on layer 3 adds"),
        (-0.05, -0.0004, "Over dev this repair is not shown to help: a head on layer 3 adds"),
    ],
)
def test_what_the_interval_says(low, high, begins):
    gain = TextGain("a head on layer 3", Estimate((low + high) / 2, low, high, 1200))
    said = gain_in_words(gain)
    assert said.startswith(f"{begins} {gain_cell(gain)}") and said.endswith(f"{NUMBERS}.")


def test_what_the_layer_that_is_read_brings_is_said_beside_it():
    gain = TextGain("the probe on layer 3 in place of the classifier", Estimate(0.1, 0.05, 0.15, 99), same_layer=0.08)
    assert gain_in_words(gain).endswith("other sentences of dev (the probe on the layer that is read adds +0.080).")


def test_numbers_are_rounded_and_zero_has_no_sign():
    assert gain_cell(TextGain("x", Estimate(-0.0002, -0.02, 0.0304, 50))) == "0.000 [−0.020, +0.030]"
    assert gain_cell(TextGain(why="no")) == "–"


def test_without_a_gain_the_reason_is_said():
    assert gain_in_words(TextGain(why="the label is in doubt")) == "No gain is predicted: the label is in doubt."
    said = gain_in_words(TextGain("leaving “dull” out", why="3 other sentences of dev with “dull”"))
    assert said == "No gain of leaving “dull” out is predicted: 3 other sentences of dev with “dull”."


def test_an_intervention_on_the_text():
    assert tried_in_words(None, "positive") == ""
    said = tried_in_words(Tried("block 3 is skipped", 0.12, 0.671), "positive")
    assert said == "Tried on this text: block 3 is skipped; positive gets 67.1 % then, and 12.0 % before."
