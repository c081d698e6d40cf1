"""Measured gains against what was predicted, by hand."""

import numpy as np
import pytest

from pipelines.validating.repairs import Gain
from probing.diagnosis.group_means import Estimate


def test_interval_is_widened_by_the_error_of_the_test_set():
    gain = Gain(Estimate(0.5, 0.2, 0.6, 40), measured=0.64, error=0.1, n=50)
    assert gain.low == pytest.approx(0.5 - np.sqrt(0.3**2 + 0.196**2))
    assert gain.high == pytest.approx(0.5 + np.sqrt(0.1**2 + 0.196**2))
    assert gain.covered
    assert gain.sign_is_right


@pytest.mark.parametrize(
    ("measured", "covered", "sign"), [(0.61, False, True), (-0.1, False, False), (0.0, False, False)]
)
def test_a_gain_outside_and_one_of_the_other_sign_are_told(measured, covered, sign):
    gain = Gain(Estimate(0.5, 0.4, 0.6, 40), measured, error=0.0, n=50)
    assert (gain.covered, gain.sign_is_right) == (covered, sign)
