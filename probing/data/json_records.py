"""Records of a JSON file: one object per line, a list of objects, or one object of columns as pandas writes it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from probing.data.delimited import Record
from probing.data.text import read_lines
from probing.errors import DataError


def json_records(path: Path) -> Iterator[Record]:
    """The objects of a file. Raises DataError naming file and line, or file and item."""
    lines = read_lines(path)
    whole = _whole(path, lines) if path.suffix.lower() == ".json" else None
    if whole is None:
        for number, line in enumerate(lines, start=1):
            where = f"{path}:{number}"
            if not line.strip():
                raise DataError(f"{where}: the line is empty; remove it")
            yield number, where, _object(_parsed(line, where), where, "a JSON object per line is expected")
        return
    for number, item in enumerate(_columns(whole) or _items(whole, path), start=1):
        where = f"{path} item {number}"
        yield number, where, _object(item, where, "each item must be a JSON object")


def _whole(path: Path, lines: Sequence[str]) -> Any:
    """The value of the whole file; None if each line is an object of its own."""
    if len(lines) > 1 and _is_object(lines[0]) and _is_object(lines[1]):
        return None
    value = _parsed("\n".join(lines), f"{path}:1") if lines else []
    return value if len(lines) != 1 or not isinstance(value, dict) or _columns(value) else None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _parsed(text: str, where: str) -> Any:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is valid JSON, but not text
    except json.JSONDecodeError as error:
        path, _, first = where.rpartition(":")
        place = f"{path}:{int(first) + error.lineno - 1}"
        raise DataError(f"{place}: not JSON ({error.msg}): {text.splitlines()[error.lineno - 1][:60]!r}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({error}): {text[:60]!r}") from error
    return value


def _object(value: Any, where: str, wanted: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise DataError(f"{where}: {wanted}, this is {json.dumps(value, ensure_ascii=False)[:60]!r}")
    return value


def _columns(value: Any) -> list[dict[str, object]]:
    """The rows of an object of columns, each an object from row to value or a list; none for anything else."""
    columns = value if isinstance(value, dict) else {}
    if columns and all(isinstance(column, dict) for column in columns.values()):
        rows = list(dict.fromkeys(row for column in columns.values() for row in column))
        return [{name: column.get(row) for name, column in columns.items()} for row in rows]
    lengths = {len(column) if isinstance(column, list) else None for column in columns.values()}
    if len(lengths) != 1 or None in lengths:
        return []
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _items(value: Any, path: Path) -> list[Any]:
    if not isinstance(value, list):
        raise DataError(f"{path}: a list of JSON objects is expected, or one object per line; this is one object")
    return value
