"""Rows and comments of one sentence in CoNLL-U or CoNLL-U Plus, parsed so that an error names the line."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from probing.errors import DataError

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_NUMBERS = 4096  # texts of numbers that are kept with their values
_READ = {*COLUMNS} - {"deps"}


def columns_of(line: str, where: str) -> tuple[str, ...] | None:
    """The columns that a comment ``# global.columns = ID FORM …`` names, in small letters; None for any other line.

    Raises DataError for a column named twice, and for columns without ID and FORM.
    """
    if not line.lstrip().startswith("#"):
        return None  # nearly all lines: a regular expression for each would take a tenth of the time
    found = re.fullmatch(r"#\s*global\.columns\s*=\s*(.*)", line.strip(), re.IGNORECASE)
    if found is None:
        return None
    columns = tuple(found[1].lower().split())
    missing = [name.upper() for name in ("id", "form") if name not in columns]
    if missing:
        raise DataError(
            f"{where}: global.columns has no {' and no '.join(missing)}; words and their numbers are needed"
        )
    if len(set(columns)) < len(columns):
        raise DataError(f"{where}: global.columns names a column twice; give each a name of its own")
    return columns


def parsed(
    block: Sequence[tuple[int, str]], path: Path, columns: Sequence[str]
) -> tuple[list[Mapping[str, Any]], dict[str, str | None]]:
    """Rows by column, and comments, of the numbered lines of one sentence. Raises DataError for a malformed row."""
    from conllu.exceptions import ParseException
    from conllu.parser import parse_comment_line, parse_line

    parsers = _parsers()
    tokens: list[Mapping[str, Any]] = []
    comments: dict[str, str | None] = {}
    for number, line in block:
        if line.startswith("#"):
            comments.update(parse_comment_line(line))
            continue
        try:
            _check(line, columns)
            tokens.append(parse_line(line, columns, parsers))
        except (ParseException, ValueError) as error:
            reason = " ".join(str(error).split())  # it quotes the cell, in which a line end may be
            raise DataError(f"{path}:{number}: not a row of CoNLL-U: {reason}: {line[:60]!r}") from error
    return tokens, comments


@cache
def _parsers() -> dict[str, Callable[[list[str], int], Any]]:
    """The library's parsers of the columns with numbers; most numbers occur in every tree, and are parsed once."""
    from conllu.parser import parse_id_value, parse_int_value

    of_id, of_head = lru_cache(_NUMBERS)(parse_id_value), lru_cache(_NUMBERS)(parse_int_value)
    return {"id": lambda cells, i: of_id(cells[i]), "head": lambda cells, i: of_head(cells[i])}


def _check(line: str, columns: Sequence[str]) -> None:
    """Raise ValueError for faults that the parser does not find."""
    cells = line.split("\t")
    if len(cells) != len(columns):
        advice = "" if tuple(columns) != COLUMNS else "; other columns are named in a first line # global.columns = …"
        raise ValueError(f"{len(cells)} columns between tabs, {len(columns)} are expected{advice}")
    if cells[columns.index("id")] == "_" or not cells[columns.index("form")]:
        raise ValueError("every word needs ID and FORM")
    if "  " in line and any("  " in cell for cell in cells[: max(map(columns.index, _READ & {*columns}))]):
        raise ValueError("two spaces in a row, which the parser reads as the end of a column; write one")
