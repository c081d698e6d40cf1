"""The shape of a table in a text file: what divides its cells, and whether quotation marks stand around them."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from probing.errors import DataError

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_SAMPLE = 1000  # lines that decide on the separator
_CELL = re.compile(r'("(?:[^"]|"")*+"|[^\t\n]*)(\t|\n|\Z)')
_LONGEST_CELL = 2**31 - 1  # characters; the reader's own limit of 131,072 is less than a book


def named_columns(wanted: Sequence[str]) -> set[str]:
    """Those of the ``wanted`` columns that are names of a header, not numbers."""
    return {name for name in wanted if not name.isdecimal()}


def separator_of(path: Path, lines: Sequence[str], wanted: Sequence[str], usual: str) -> str:
    """What divides the cells of a table: ``usual`` unless the lines show another one.

    The separator that makes the ``wanted`` columns of the first line is taken; else the tab if it gives every line the
    same number of cells, at least two; else the only other one that does. Raises DataError if several do.
    """
    named = named_columns(wanted)
    marks = [usual, *(mark for mark in SEPARATORS.values() if mark != usual)]
    for mark in marks if named else ():
        if named <= {cell.strip() for row in _sample(lines[:1], mark, quoted=True) for cell in row}:
            return mark
    even = [mark for mark in marks if _is_even(lines, mark)]
    if "\t" in even:
        return "\t"
    if len(even) > 1:
        names = [name for name, mark in SEPARATORS.items() if mark in even]
        raise DataError(
            f"{path}: {' and '.join(names)} both give every line the same number of cells; "
            f"type {' or '.join(f'data.separator={name}' for name in names)}"
        )
    return even[0] if even else usual


def _is_even(lines: Sequence[str], mark: str) -> bool:
    """Whether ``mark`` divides each of the first lines into the same number of cells, at least two."""
    quoted = mark != "\t" or quotes_mark_cells(lines[:_SAMPLE])[0]
    rows = _sample(lines[:_SAMPLE], mark, quoted)
    widths = {len(cells) for cells in (rows[:-1] if len(lines) > _SAMPLE else rows)}  # it may end inside a cell
    return len(widths) == 1 and min(widths) > 1


def _sample(lines: Sequence[str], mark: str, quoted: bool) -> list[list[str]]:
    try:
        return list(cell_reader(lines, mark, quoted))
    except csv.Error:
        return []


def quotes_mark_cells(lines: Sequence[str]) -> tuple[bool, int]:
    """Whether quotation marks stand around cells between tabs, as pandas, R and Excel write them; and around how many.

    They do if no cell has a mark elsewhere and each quoted cell has a reason: it holds a tab, a line end or a quotation
    mark, written twice; or it holds a comma, and no bare cell does (Excel); or all of its column is quoted. A cell
    that spans lines counts only where single lines do not already have all columns. Otherwise quotation marks are
    words, as in GLUE.
    """
    text = "\n".join(lines)
    if '"' not in text:
        return False, 0
    bare = len({line.count("\t") for line in lines}) == 1
    columns: dict[int, list[str]] = {}
    at, proper = 0, True
    for found in _CELL.finditer(text):
        cell, end = found.groups()
        columns.setdefault(at, []).append(cell)
        at = at + 1 if end == "\t" else 0
        spans = bare and ("\t" in cell or "\n" in cell)
        proper = proper and not spans and ('"' not in cell or _is_quoted(cell))
        if not end:
            break
    cells = [cell for column in columns.values() for cell in column]
    n = sum(len(cell) > 2 and _is_quoted(cell) for cell in cells)
    return proper and (_for_content(cells) or _by_column(columns.values())), n


def _is_quoted(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")


def _for_content(cells: Sequence[str]) -> bool:
    """Whether each quoted cell holds what a program quotes it for."""
    inside = [cell[1:-1] for cell in cells if _is_quoted(cell) and len(cell) > 2]
    comma = not any("," in cell for cell in cells if not _is_quoted(cell))
    marks = ["\t", "\n", "\r", '"', *([","] if comma else [])]
    return bool(inside) and all(any(mark in text for mark in marks) for text in inside)


def _by_column(columns: Iterable[Sequence[str]]) -> bool:
    """Whether some columns are quoted from the second line on, and the others not at all."""
    kinds = [{_is_quoted(cell) for cell in column[1:] if cell} for column in columns]
    return {True} in kinds and all(len(kind) < 2 for kind in kinds)


def cell_reader(lines: Sequence[str], mark: str, quoted: bool) -> Any:
    """The ``csv.reader`` of a table; ``quoted``: quotation marks stand around cells."""
    csv.field_size_limit(_LONGEST_CELL)
    # strict: an unclosed quotation mark is an error, because it would take in the rest of the file
    return csv.reader(
        (line + "\n" for line in lines),
        delimiter=mark,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        skipinitialspace=mark != "\t",  # else the quotation marks of a cell after ", " would be words
        strict=True,
    )
