import csv
import random
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from probing.data.delimited import Layout, table_records
from probing.data.table_shape import quotes_mark_cells, separator_of
from probing.errors import DataError


def cells(rng: random.Random, marks: str) -> list[str]:
    """Up to eight cells in which some characters are ``marks``."""
    share = rng.choice([0.02, 0.1, 0.3])
    drawn = "".join(rng.choice(marks if rng.random() < share else "ab c") for _ in range(rng.randint(1, 12)))
    return [drawn.strip() or "a", *(cells(rng, marks) if rng.random() < 0.8 else [])][:8]


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
def test_what_pandas_writes_is_read_back(tmp_path, separator, quoting):
    file = tmp_path / ("a.tsv" if separator == "\t" else "a.csv")
    for seed in range(12):
        rng = random.Random(seed)
        for marks in ('"', '"\n', '",', '"\t,;'):
            table = pd.DataFrame({"text": cells(rng, marks)}).assign(label=seed)
            table.to_csv(file, sep=separator, quoting=quoting, index=False)
            read = [row["text"] for _, _, row in table_records(file, ("text", "label"), Layout(), Counter())]
            assert read == list(table["text"]), file.read_text()


def test_what_is_written_without_quoting_is_read_back(tmp_path):
    """As in GLUE: marks may open a cell, close it, stand alone or come in pairs; a doubtful cell is counted."""
    for seed in range(40):
        texts, skipped = cells(random.Random(seed), '"'), Counter[str]()
        (tmp_path / "a.tsv").write_text("text\tlabel\n" + "".join(f"{text}\tx\n" for text in texts))
        records = table_records(tmp_path / "a.tsv", ("text", "label"), Layout(), skipped)
        read = [str(row["text"]) for _, _, row in records]
        assert read == texts or [text.replace('"', "") for text in texts] == [t.replace('"', "") for t in read]
        assert read == texts or skipped


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a\tx", "b\ty"], (False, 0)),
        (['" so\tx', 'so "\ty'], (False, 1)),  # one cell over two lines, or two cells: every line has two columns
        (['"a\tx', 'b"', "c\ty"], (True, 1)),
        (['""\tx', "b\ty"], (False, 0)),
        (['"a"\tx', "b\ty"], (False, 1)),
        (['"a"\tx', '"b"\ty'], (True, 2)),
        (['"a, b"\tx', "b\ty"], (True, 1)),
        (['"a, b"\tx', "b, c\ty"], (False, 1)),
        (['"a ""b"""\tx', 'b "c"\ty'], (False, 1)),
    ],
)
def test_quotation_marks_need_a_reason_to_stand_around_cells(lines, expected):
    assert quotes_mark_cells(lines) == expected


@pytest.mark.parametrize(
    ("lines", "columns", "mark"),
    [
        (["text;label", "a,b;c"], ("text", "label"), ";"),
        (["review|stars", "a,b|c"], ("text", "label"), "|"),
        (["a\tb, c", "d\te, f"], ("0", "1"), "\t"),
        (['"a;b",x', '"c;d",y'], ("0", "1"), ","),
        (["a b", "c d"], ("0", "1"), ","),
        (['"a', "b"], ("0", "1"), ","),
        ([], ("0", "1"), ","),
    ],
)
def test_the_separator_is_what_the_lines_show(lines, columns, mark):
    assert separator_of(Path("a.csv"), lines, columns, ",") == mark


def test_two_separators_that_fit_are_refused():
    with pytest.raises(
        DataError, match=r"a\.csv: comma and bar both .* type data\.separator=comma or data\.separator=bar"
    ):
        separator_of(Path("a.csv"), ["a,b|c", "d,e|f"], ("0", "1"), ",")


def test_the_first_thousand_lines_decide():
    lines = ["a, b;c"] * 1000 + ["d;e"]
    with pytest.raises(DataError, match="comma and semicolon"):
        separator_of(Path("a.csv"), lines, ("0", "1"), ",")
    assert separator_of(Path("a.csv"), ["d;e", *lines], ("0", "1"), ",") == ";"
