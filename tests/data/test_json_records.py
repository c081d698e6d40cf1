import json

import pandas as pd
import pytest

from probing.data.json_records import json_records
from probing.errors import DataError

ROWS = [{"text": "so good", "label": 1}, {"text": "so bad", "label": 0}]


@pytest.fixture
def read(tmp_path):
    def records(content: str, ending: str = ".json"):
        file = tmp_path / f"a{ending}"
        file.write_text(content)
        return [(number, where.replace(str(file), "a"), dict(row)) for number, where, row in json_records(file)]

    return records


@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_is_read_item_by_item(read, indent):
    assert read(json.dumps(ROWS, indent=indent)) == [(1, "a item 1", ROWS[0]), (2, "a item 2", ROWS[1])]


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_an_object_per_line_is_read_line_by_line(read, ending):
    for rows in (ROWS, ROWS[:1]):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        assert read(lines + "\n", ending) == [(n, f"a:{n}", row) for n, row in enumerate(rows, start=1)]


@pytest.mark.parametrize("options", [{}, {"orient": "records"}, {"orient": "records", "lines": True}, {"indent": 1}])
def test_what_pandas_writes_is_read_back(read, options):
    assert [row for _, _, row in read(pd.DataFrame(ROWS).to_json(**options))] == ROWS


def test_columns_may_be_lists(read):
    assert [row for _, _, row in read('{"text": ["so good", "so bad"], "label": [1, 0]}')] == ROWS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[]\n[]", r"a\.json:2: not JSON \(Extra data\)"),
        ('[\n{"text": "a"},\n{"text" "b"}]', r"a\.json:3: not JSON .*Expecting ':' delimiter"),
        ("[1]", r"a\.json item 1: each item must be a JSON object, this is '1'"),
        ("3", r"a\.json: a list of JSON objects is expected"),
        ('{\n"text": "a",\n"label": "x"}', "this is one object"),
        ('{\n"text": ["a", "b"],\n"label": ["x"]}', "this is one object"),
        ("[" * 100_000, r"a\.json:1: not JSON .*recursion"),
        ('["\\ud83d"]', r"a\.json:1: not JSON .*surrogates"),
        ('{"text": "a"}\n{"text": "b"}\n\n{"text": "c"}', r"a\.json:3: the line is empty; remove it"),
    ],
)
def test_anything_else_is_refused_in_one_line(read, content, reason):
    with pytest.raises(DataError, match=reason) as refused:
        read(content)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_an_empty_file_has_no_records(read):
    assert read("\n") == read("[]") == []
