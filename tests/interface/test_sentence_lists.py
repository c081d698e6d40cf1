"""Sentences from lists and tables: a text is not a list of words, and one tag belongs to each word."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from probing.errors import DataError
from probing.interface.sentence_lists import of_frame, of_list


def test_lists_pairs_of_tags_and_pairs_of_a_label():
    plain, tagged, labelled = of_list(
        [["Cats", "sleep"], (["Dogs", "bark"], ["NOUN", "VERB"]), (np.array(["Birds", "sing"]), "loud")], "", Counter()
    )
    assert (plain.id, plain.words, plain.upos) == ("1", ("Cats", "sleep"), ())
    assert (tagged.id, tagged.upos, tagged.label) == ("2", ("NOUN", "VERB"), None)
    assert (labelled.words, labelled.label) == (("Birds", "sing"), "loud")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("The cat sat.", "sentence 1 is the text 'The cat sat.'; a list of words is expected"),
        (("The cat sat.", ["DET"]), "sentence 1 is the text 'The cat sat.'"),
        ((["a", "b"], ["X"]), "sentence 1 has 2 words and 1 tags"),
        ((["a", "b"], 1.5), "the tags of sentence 1 is 1.5"),
        (["a", 3], "sentence 1: word 2 is 3; a string"),
        (["a", ""], "sentence 1: word 2 is ''"),
        ([], "sentence 1 has no words"),
        (("a", "b", "c"), "sentence 1 is a tuple of 3"),
        (7, "sentence 1 is 7; a list of words"),
    ],
)
def test_what_is_no_sentence_is_refused(item, message):
    with pytest.raises(DataError, match=message):
        of_list([item], "", Counter())


def test_a_table_of_words_has_trees_and_missing_tags():
    table = pd.DataFrame(
        {
            "sentence": [7, 7, 9],
            "word": ["Cats", "sleep", "Yes"],
            "upos": ["NOUN", None, "INTJ"],
            "head": [2.0, 0.0, 0.0],
            "deprel": ["nsubj", "root", "root"],
            "document": ["a", "a", "b"],
        }
    )
    cats, yes = of_frame(table, "train", Counter())
    assert (cats.id, cats.words, cats.upos, cats.heads, cats.document) == (
        "7",
        ("Cats", "sleep"),
        ("NOUN", "_"),
        (2, 0),
        "a",
    )
    assert (yes.deprel, yes.document) == (("root",), "b")
    with pytest.raises(DataError, match="sentence 7: head two; the number of a word"):
        of_frame(table.assign(head=["two", "0", "0"]), "train", Counter())


def test_a_table_of_texts_has_labels():
    table = pd.DataFrame({"text": ["A good film", "A bad film"], "label": [1, 0]})
    good, bad = of_frame(table, "train", Counter())
    assert (good.words, good.label, bad.label) == (("A", "good", "film"), "1", "0")
    with pytest.raises(DataError, match="line 2 of the table: no label"):
        of_frame(table.assign(label=["x", None]), "train", Counter())


def test_a_table_with_wrong_columns_names_those_that_it_has():
    with pytest.raises(DataError, match="the columns Sentence, tag; sentence and word .*, or text and label"):
        of_frame(pd.DataFrame({"Sentence": ["a"], "tag": ["b"]}), "train", Counter())
