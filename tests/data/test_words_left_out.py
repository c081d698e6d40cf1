"""Texts without some of their words are those that one would write, and nothing else in them changes."""

import pytest

from probing.axes import Sentence, Surface
from probing.data.words_left_out import places_of, without_places
from probing.diagnosis.edited_texts import text_sentence


@pytest.mark.parametrize(
    ("text", "places", "left"),
    [
        ("It wasn't  dull, was it?", [2], "It wasn't, was it?"),
        ("It wasn't  dull, was it?", [3], "It wasn't  dull was it?"),
        ("It wasn't  dull, was it?", [0], "Wasn't  dull, was it?"),
        ("“Not” good; not bad.", [0, 6], "Not” good; not."),
        ("dull", [0], ""),
    ],
)
def test_the_rest_stays_as_it_is_written(text, places, left):
    found = without_places(text_sentence(text), places)
    assert found.surface.text == left
    assert found.words == text_sentence(left).words
    assert [left[a:b] for a, b in found.surface.spans] == [*found.words]


def test_words_between_spaces_stay_so():
    found = without_places(Sentence("s", ("Not", "good", ",", "not", "bad"), upos=("X",) * 5, label="x"), [0, 3])
    assert found == Sentence("s", ("good", ",", "bad"), label="x")
    assert found.surface is None


def test_words_that_share_characters_cannot_be_cut_out_of_the_text():
    sentence = Sentence("s", ("de", "el", "mar"), surface=Surface("del mar", ((0, 3), (0, 3), (4, 7))))
    found = without_places(sentence, [0])
    assert (found.words, found.surface) == (("el", "mar"), None)


def test_a_word_is_found_in_any_case():
    assert places_of(Sentence("s", ("Not", "good", "NOT", "nothing")), "not") == [0, 2]
