import numpy as np
import pytest

from probing.analysis.behaviour import Failure, failure_rates, said
from probing.data.behaviour_cases import Case, behaviour_cases
from probing.errors import ConfigError, DataError

CLASSES = ("negative", "positive")
CASES = (
    Case("negation", "minimum functionality", "not bad", "positive"),
    Case("negation", "minimum functionality", "good", "positive"),
    Case("negation", "direction", "bad", "negative", "not bad", "positive"),
    Case("names", "invariance", "bad", "negative", "good", "negative"),
)


def of(**positive):
    """A classifier that gives each text this probability of being positive."""
    return lambda texts: np.array([[1 - positive[t.replace(" ", "_")], positive[t.replace(" ", "_")]] for t in texts])


def failed(classify):
    return {(cell.capability, cell.test): (cell.n, cell.failed) for cell in failure_rates(CASES, classify, CLASSES)}


def test_each_kind_of_test_fails_for_its_own_reason():
    assert failed(of(not_bad=0.4, good=0.9, bad=0.1)) == {
        ("negation", "minimum functionality"): (2, 1),  # "not bad" is called negative
        ("negation", "direction"): (1, 0),  # but it is less negative than "bad"
        ("names", "invariance"): (1, 1),
    }
    assert failed(of(not_bad=0.6, good=0.6, bad=0.6)) == {
        ("negation", "minimum functionality"): (2, 0),
        ("negation", "direction"): (1, 1),  # nothing moved
        ("names", "invariance"): (1, 0),
    }


def test_a_cell_has_its_rate_its_interval_and_its_failures():
    cell = failure_rates(CASES, of(not_bad=0.4, good=0.9, bad=0.1), CLASSES)[0]
    assert cell.rate == 0.5 and [one.case for one in cell.failures] == [CASES[0]]
    assert (cell.ci_low, cell.ci_high) == pytest.approx((0.0945, 0.9055), abs=1e-4)


def test_a_failure_has_what_the_classifier_says_before_and_after():
    found = failure_rates(CASES, of(not_bad=0.4, good=0.9, bad=0.1), CLASSES)
    [functionality], [invariance] = found[0].failures, found[2].failures
    assert (functionality.case, functionality.after) == (CASES[0], None)
    assert functionality.before == pytest.approx({"negative": 0.6, "positive": 0.4})
    assert invariance == Failure(CASES[3], {"negative": 0.9, "positive": 0.1}, {"negative": 1 - 0.9, "positive": 0.9})
    assert said(invariance.before) == "negative" and said(invariance.after) == "positive"


def test_an_oracle_never_fails_and_a_constant_fails_what_it_must():
    cases = behaviour_cases(5, seed=2)
    gold = {
        text: label for case in cases for text, label in ((case.text, case.label), (case.edited, case.edited_label))
    }

    def oracle(texts):
        return np.array([[label == name for name in CLASSES] for label in map(gold.get, texts)], dtype=float)

    assert all(cell.failed == 0 for cell in failure_rates(cases, oracle, CLASSES))
    for cell in failure_rates(cases, lambda texts: np.tile([0.2, 0.8], (len(texts), 1)), CLASSES):
        expected = {"invariance": 0, "direction": cell.n}
        negative = sum(
            case.label == "negative" for case in cases if (case.capability, case.test) == (cell.capability, cell.test)
        )
        assert cell.failed == expected.get(cell.test, negative)


def test_a_suite_needs_its_labels_among_the_classes_and_probabilities():
    with pytest.raises(ConfigError, match="classes=good, bad: the suite also has negative, positive"):
        failure_rates(CASES, of(), ("good", "bad"))
    with pytest.raises(DataError, match=r"numbers of shape \(3, 3\); expected: \(3, 2\)"):
        failure_rates(CASES, lambda texts: np.ones((len(texts), 3)) / 3, CLASSES)
    with pytest.raises(DataError, match="probabilities that add up to 1"):
        failure_rates(CASES, lambda texts: np.ones((len(texts), 2)), CLASSES)
