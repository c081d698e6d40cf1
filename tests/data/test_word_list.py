"""A list of words is read as it is; a text in its place is refused, not read as letters."""

import numpy as np
import pytest

from probing.data.word_list import words_of
from probing.errors import DataError


@pytest.mark.parametrize("given", [["A", "cat"], ("A", "cat"), np.array(["A", "cat"]), iter(["A", "cat"])])
def test_any_list_of_strings(given):
    found = words_of(given)
    assert found == ("A", "cat")
    assert [type(word) for word in found] == [str, str]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("A cat sleeps.", "the sentence is the text 'A cat sleeps.'; a list of words is expected: split it"),
        (None, "the sentence is None; a list of words"),
        ([], "the sentence has no words"),
        (["A", None], "the sentence: word 2 is None; a string"),
        ([["A", "cat"]], r"the sentence: word 1 is \['A', 'cat'\]"),
        ([""], "the sentence: word 1 is ''"),
    ],
)
def test_what_is_no_list_of_words(given, message):
    with pytest.raises(DataError, match=message):
        words_of(given)
