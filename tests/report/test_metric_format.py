import math

from probing.report.metric_format import interval, number, scored


def test_numbers_bear_the_digits_of_their_metric():
    assert number(0.94951, "accuracy") == "0.950"
    assert number(123456.7, "codelength_bits") == "123,457"
    assert number(3.14159, "compression") == "3.14"
    assert number(0.5, "a_metric_of_tomorrow") == "0.500"


def test_signs_are_minus_signs_and_zero_has_none():
    assert number(-0.25, "accuracy", signed=True) == "−0.250"
    assert number(0.25, "accuracy", signed=True) == "+0.250"
    assert number(-0.0001, "accuracy") == "0.000"


def test_what_is_absent_is_not_a_number():
    assert number(math.nan, "accuracy") == "–"
    assert interval(math.nan, 0.5, "accuracy") == ""
    assert scored(0.5, math.nan, math.nan, "accuracy") == "0.500"
    assert scored(0.5, 0.4, 0.6, "accuracy") == "0.500 [0.400, 0.600]"
