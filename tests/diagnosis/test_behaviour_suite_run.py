"""The suite on a subject: classes by name, every text once, and what cannot be read is counted."""

from dataclasses import replace

import numpy as np
import pytest

from probing.axes import Sentence
from probing.data.behaviour_cases import Case, behaviour_cases
from probing.diagnosis.behaviour_suite_run import check_classes, probabilities, run_suite
from probing.errors import ConfigError, DataError

LONG = Case("details", "minimum functionality", "the lazy dog " * 40, "negative")


def test_failures_are_those_of_the_subjects_own_answers(small_subject):
    cases = [one for one in behaviour_cases(3) if one.test == "minimum functionality"]
    found = run_suite(small_subject, [*cases, LONG])
    given = small_subject.log_probabilities([Sentence("", tuple(one.text.split())) for one in cases])
    read = np.isfinite(given).all(axis=1)
    assert (found.n, found.left_out) == (read.sum(), (~read).sum() + 1) and found.n > 15
    answers = [small_subject.classes[place] for place in given.argmax(axis=1)]
    wrong = {one.text for one, got, ok in zip(cases, answers, read, strict=True) if ok and got != one.label}
    assert {failure.case.text for cell in found.cells for failure in cell.failures} == wrong
    assert found.failed == len(wrong)


class Sure:
    """A classifier whose classes have other names, order and number than those of the suite."""

    classes = ("Negative", " positive", "mixed")
    names = ("mixed", "POSITIVE", "negative")

    def log_probabilities(self, sentences):
        with np.errstate(divide="ignore"):
            return np.log([[0, 0.9, 0.1] if "good" in one.words else [0, 0.2, 0.8] for one in sentences])


def test_classes_are_matched_by_name_whatever_their_case_and_order():
    cases = (
        Case("vocabulary", "minimum functionality", "It was good .", "positive"),
        Case("vocabulary", "minimum functionality", "It was bad .", "positive"),
    )
    [cell] = run_suite(Sure(), cases).cells
    assert (cell.n, cell.failed) == (2, 1)
    assert cell.failures[0].before == pytest.approx({"mixed": 0.0, "positive": 0.2, "negative": 0.8})


def test_other_classes_are_refused_in_one_line():
    check_classes(("POSITIVE", "negative ", "neutral"))
    with pytest.raises(ConfigError) as raised:
        check_classes(("positive", "neutral"))
    said = str(raised.value)
    assert said.startswith(
        "the behaviour suite has the classes negative, positive, and the corpus has no negative, but"
    )
    assert "positive, neutral; choose a corpus of sentiment" in said and "\n" not in said


def test_a_suite_of_which_nothing_can_be_read_is_refused(small_subject):
    with pytest.raises(DataError, match="can read none of the texts"):
        run_suite(small_subject, [LONG])
    assert probabilities(small_subject, [replace(LONG, text="It was dull .")], lambda *_: None).keys() == {
        "It was dull ."
    }
