import runpy
from collections import Counter
from pathlib import Path

import pytest

from probing.data.behaviour_cases import TESTS, behaviour_cases
from probing.errors import ConfigError


@pytest.fixture(scope="module")
def cases():
    return behaviour_cases(per_cell=6, seed=1)


def test_cells_are_those_that_the_grammar_can_fill(cases):
    cells = Counter((case.capability, case.test) for case in cases)
    functionality, invariance, direction = TESTS
    assert {capability for capability, test in cells if test == direction} == {"contrast", "negation", "vocabulary"}
    assert {capability for capability, test in cells if test == invariance} == {
        *("concession", "details", "hearsay", "intensifier", "names", "vocabulary"),
    }
    assert {"contrast", "details", "implicit negation", "negation", "vocabulary"} <= {
        capability for capability, test in cells if test == functionality
    }
    assert max(cells.values()) == 6


def test_each_kind_of_test_has_its_texts_and_labels(cases):
    for case in cases:
        if case.test == "minimum functionality":
            assert not case.edited and not case.edited_label
        else:
            assert case.edited != case.text
            assert (case.edited_label == case.label) == (case.test == "invariance")
        assert {case.label, case.edited_label} <= {"positive", "negative", ""}
    texts = Counter((case.capability, case.test, case.text) for case in cases)
    assert set(texts.values()) == {1}


def test_both_labels_occur_in_every_large_cell(cases):
    for name in {(case.capability, case.test) for case in cases}:
        labels = [case.label for case in cases if (case.capability, case.test) == name]
        assert len(labels) < 6 or {*labels} == {"positive", "negative"}, name


def test_texts_read_back_with_their_labels(cases):
    read = runpy.run_path(str(Path(__file__).with_name("test_english.py")))["read"]
    read_back = 0
    for case in cases:
        for text, label in ((case.text, case.label), (case.edited, case.edited_label)):
            if text and len(text.split()) <= 8 and read_back < 25:
                first, _, rest = text.partition(" ")
                found = {got for start in {first, first.lower()} for got, _ in read(f"{start} {rest}")}
                assert found == {label}, text
                read_back += 1
    assert read_back == 25


def test_the_same_seed_gives_the_same_cases_and_another_one_others():
    assert behaviour_cases(2, seed=3) == behaviour_cases(2, seed=3) != behaviour_cases(2, seed=4)


def test_a_cell_without_cases_is_refused():
    with pytest.raises(ConfigError, match="per_cell=0: must be greater than 0"):
        behaviour_cases(0)
