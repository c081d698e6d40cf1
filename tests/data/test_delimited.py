from collections import Counter

import pytest

from probing.data.delimited import Layout, table_records
from probing.errors import ConfigError, DataError


@pytest.fixture
def read(tmp_path):
    """Texts and labels of one file, and the lines where they are."""

    def records(ending: str, content: str, **layout: str):
        file = tmp_path / f"a{ending}"
        file.write_text(content, newline="")
        found = list(table_records(file, ("text", "label"), Layout(**layout), Counter()))
        assert [where for _, where, _ in found] == [f"{file}:{number}" for number, _, _ in found]
        return [(number, row["text"], row["label"]) for number, _, row in found]

    return records


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_a_cell_may_be_as_long_as_a_book(read, ending):
    """The reader of the standard library stops at 131,072 characters."""
    text = "word " * 40_000
    mark = "," if ending == ".csv" else "\t"
    assert read(ending, f"text{mark}label\n{text}{mark}x\n") == [(2, text, "x")]


def test_names_may_have_spaces_around_them(read):
    assert read(".csv", "id, text , label\n7, a b , x\n") == [(2, "a b ", "x")]


def test_lines_are_counted_below_a_cell_of_several(read):
    assert read(".tsv", 'text\tlabel\n"a\r\nb"\tx\r\nc\ty\n') == [(2, "a\nb", "x"), (4, "c", "y")]


@pytest.mark.parametrize(("separator", "mark"), [("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("bar", "|")])
def test_a_separator_that_is_given_is_used(read, separator, mark):
    """Even where another one would fit as well."""
    text = ";,|\t".replace(mark, "")
    assert read(".txt", f"text{mark}label\na{text}b{mark}x\n", separator=separator) == [(2, f"a{text}b", "x")]


def test_quotes_that_are_given_are_used(read):
    assert read(".csv", 'text,label\n"a",x\n', quotes="words") == [(2, '"a"', "x")]
    assert read(".tsv", 'text\tlabel\n"a"\tx\nb "c"\ty\n', quotes="cells") == [(2, "a", "x"), (3, 'b "c"', "y")]


def test_a_line_with_other_columns_says_what_may_be_missing(read):
    with pytest.raises(DataError, match=r"a\.csv:3: 3 columns where 2 were expected.*needs quotation marks"):
        read(".csv", "text,label\na,x\nb, c,y\n")


@pytest.mark.parametrize(("option", "value"), [("separator", ","), ("quotes", "yes")])
def test_impossible_values_name_those_that_are_possible(option, value):
    with pytest.raises(ConfigError, match=rf"data\.{option}={value}: not a valid value; choose one of \w+"):
        Layout(**{option: value})
