"""Records of a table in a text file: TSV, CSV, or with another separator."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from probing.data.table_shape import SEPARATORS, cell_reader, named_columns, quotes_mark_cells, separator_of
from probing.data.text import read_lines
from probing.errors import DataError, one_of

Record = tuple[int, str, Mapping[str, object]]  # its number, its place for messages, its values by column
QUOTES = ("auto", "cells", "words")
ENDINGS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
KEPT = "cells in quotation marks, read with the marks as words; data.quotes=cells reads them without"
TAKEN_OFF = "cells in quotation marks between tabs, read without the marks; data.quotes=words keeps them as words"


@dataclass(frozen=True)
class Layout:
    """How cells are divided. separator: a name of SEPARATORS, or None: what the lines show. quotes: one of QUOTES."""

    separator: str | None = None
    quotes: str = "auto"

    def __post_init__(self) -> None:
        if self.separator is not None:
            one_of("data.separator", self.separator, SEPARATORS)
        one_of("data.quotes", self.quotes, QUOTES)


def table_records(path: Path, wanted: Sequence[str], layout: Layout, skipped: Counter[str]) -> Iterator[Record]:
    """The rows of a table.

    The first line is a header if one of its cells is text, sentence, label or one of the ``wanted`` names. Without a
    header, columns are named 0, 1, …. Doubtful quotation marks are counted in ``skipped``. Raises DataError naming file
    and line.
    """
    lines = read_lines(path)
    usual = ENDINGS[path.suffix.lower()]
    mark = SEPARATORS[layout.separator] if layout.separator else separator_of(path, lines, wanted, usual)
    names: list[str] = []
    for number, cells in _rows(path, lines, mark, _quoted(lines, mark, layout.quotes, skipped)):
        where = f"{path}:{number}"
        if not names:
            names, is_header = _header(where, cells, wanted)
            if is_header:
                continue
        if len(cells) != len(names):
            raise DataError(
                f"{where}: {len(cells)} columns where {len(names)} were expected; every line needs text and label, "
                "and a cell that holds the separator needs quotation marks"
            )
        yield number, where, dict(zip(names, cells, strict=True))


def _quoted(lines: Sequence[str], mark: str, quotes: str, skipped: Counter[str]) -> bool:
    """Whether quotation marks stand around cells; where that was decided by what is in the file, it is counted."""
    if quotes != "auto" or mark != "\t":
        return quotes != "words"
    quoted, n = quotes_mark_cells(lines)
    if n:
        skipped[TAKEN_OFF if quoted else KEPT] += n
    return quoted


def _header(where: str, cells: Sequence[str], wanted: Sequence[str]) -> tuple[list[str], bool]:
    """The names of the columns, and whether the first line gives them. Raises DataError for a name given twice."""
    names = [cell.strip() for cell in cells]
    if not {"text", "sentence", "label", *named_columns(wanted)} & {*names, *map(str.lower, names)}:
        return [str(i) for i in range(len(cells))], False
    for name in wanted:
        if names.count(name) > 1:
            raise DataError(f"{where}: {names.count(name)} columns are named {name!r}; give each a name of its own")
    return names, True


def _rows(path: Path, lines: Sequence[str], mark: str, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of each row."""
    reader, start = cell_reader(lines, mark, quoted), 1
    try:
        for cells in reader:
            if not cells:
                raise DataError(f"{path}:{start}: the line is empty; remove it")
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}:{start}: not a table ({error}): {lines[start - 1][:60]!r}") from error
