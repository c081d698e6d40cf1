import os
import re
from collections import Counter
from pathlib import Path

import pytest

from probing.data.conllu import read
from probing.data.entities import UNORDERED, UNPAIRED, marks_of, mentions

GUM = "GRP-etype-infstat"


def read_marks(text, order=GUM):
    """Mentions of words whose marks stand between spaces, _ for none; and what was counted."""
    skipped = Counter()
    return mentions(["" if mark == "_" else mark for mark in text.split()], order, skipped).mentions, skipped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(1-person-new) _ (2-place-new _ 2)", [("1", (0,)), ("2", (2, 3, 4))]),
        ("(2-person(1-person-ana) 2)", [("2", (0, 1)), ("1", (0,))]),  # "her sister"
        ("(7-a-coref-Some_Place(3-b) _ (4-c 4)7)", [("7", (0, 1, 2, 3)), ("3", (0,)), ("4", (2, 3))]),
        ("(1-a(1-b 1) 1)", [("1", (0, 1, 2)), ("1", (0, 1))]),  # the inner one closes first
        ("(e1--1 _ e1)", [("e1", (0, 1, 2))]),
        ("(5[1/2]-a _ 5[1/2]) _ (5[2/2]-a)", [("5", (0, 1, 2, 4))]),
        ("_ _", []),
    ],
)
def test_mentions_span_their_words(text, expected):
    found, skipped = read_marks(text)
    assert list(found) == expected
    assert not skipped


def test_what_cannot_be_read_is_counted():
    assert read_marks("(1-a _ 2) (3-b)") == ((("3", (3,)),), {UNPAIRED: 2})
    assert read_marks("(person-1-new) _", order="entity-GRP-infstat") == ((), {UNORDERED: 1})
    assert read_marks("(1-person)", order=None)[0] == (("1", (0,)),)


def test_types_are_read_where_the_file_says_where_they_stand():
    def types(text, order):
        return mentions(["" if mark == "_" else mark for mark in text.split()], order, Counter()).types

    assert types("(1-person-new(2-place) _ 1)", GUM) == ("person", "place")
    assert types("(1-new-person-x) (2-giv)", "eid-infstat-etype") == ("person", "")
    assert types("(5[1/2]-plant _ 5[1/2]) _ (5[2/2]-plant)", "GRP-etype") == ("plant",)
    assert types("(1-person)", "GRP-infstat") == types("(1-person)", None) == ("",)


def test_marks_are_found_among_the_rest():
    assert marks_of("Bridge=1<2|Entity=(2-a-b|SpaceAfter=No") == "(2-a-b"
    assert marks_of("XEntity=(1-a)") == marks_of("_") == marks_of(None) == ""


DATA = os.environ.get("PROBING_DATA")


@pytest.mark.skipif(DATA is None, reason="PROBING_DATA names no folder with ud_english_gum/")
def test_every_mark_of_gum_is_read():
    file = Path(str(DATA)) / "ud_english_gum" / "en_gum-ud-test.conllu"
    skipped = Counter()
    found = [mention for sentence in read(file, skipped) for mention in sentence.entities]
    marks = re.findall(r"[\t|]Entity=([^|\n]*)", file.read_text(encoding="utf-8"))
    assert len(found) == sum(mark.count("(") for mark in marks)
    assert UNPAIRED not in skipped
