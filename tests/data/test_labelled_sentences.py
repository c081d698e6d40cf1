from collections import Counter

import pytest

from probing.axes import Sentence
from probing.data.labelled_sentences import SPELLINGS, Columns, one_spelling, sentences
from probing.errors import DataError


def read(*labels, **columns):
    records = [(i, f"a row {i}", {"text": "so good", "label": label}) for i, label in enumerate(labels)]
    return [s.label for s in sentences(records, "train", Columns(**columns))]


def test_numbers_are_named_as_they_are_written():
    assert read(1, 1.0, "1.0", "01", True, " x ") == ["1", "1.0", "1.0", "01", "True", "x"]


def test_a_new_name_for_a_whole_number_holds_for_each_spelling():
    names = {"1": "good", "0.0": "bad"}
    assert read(1, "1.0", 1.00, 0, 0.0, 1.5, labels=names) == ["good", "good", "good", "0", "bad", "1.5"]


@pytest.mark.parametrize("missing", [None, float("nan"), " "])
def test_a_missing_label_is_none(missing):
    with pytest.raises(DataError, match="a row 1: no label for 'so good'"):
        read("x", missing)


def of(*labels: str) -> tuple[Sentence, ...]:
    return tuple(Sentence(str(i), ("a",), label=label) for i, label in enumerate(labels))


def test_two_spellings_of_a_number_become_one_and_are_counted():
    skipped = Counter[str]()
    splits = one_spelling({"train": of("1.0", "2.0", "2.5"), "test": of("1", "2.5", "-1.00")}, skipped)
    assert [[s.label for s in found] for found in splits.values()] == [["1", "2.0", "2.5"], ["1", "2.5", "-1.00"]]
    assert skipped == {SPELLINGS: 1}


def test_one_spelling_is_kept():
    skipped = Counter[str]()
    splits = {"train": of("1.0", "2.0"), "test": of("1.0", "1.0.0")}
    assert one_spelling(splits, skipped) == splits
    assert skipped == {}


def with_source(source):
    records = [(1, "row 1", {"text": "so good", "label": "1", "from": source})]
    return next(sentences(records, "train", Columns(source="from"))).source


def test_the_source_of_a_text_is_kept_where_a_column_names_it():
    assert with_source(" web  forum ") == "web forum"
    assert next(sentences([(1, "row 1", {"text": "a", "label": "b", "from": "c"})], "train", Columns())).source is None


@pytest.mark.parametrize("missing", [None, float("nan"), " "])
def test_a_text_without_its_source_is_refused(missing):
    with pytest.raises(DataError, match="row 1: no source; every line needs one, or leave out data.source"):
        with_source(missing)


def test_a_missing_column_of_sources_names_the_option():
    with pytest.raises(DataError, match="no source column 'from'; this line has 'text', 'label': set data.source="):
        list(sentences([(1, "row 1", {"text": "a", "label": "b"})], "train", Columns(source="from")))
