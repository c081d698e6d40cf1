"""Tables of the ``datasets`` library and of Parquet files, row by row, with classes by their names."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from probing.data.delimited import Record
from probing.data.labelled_sentences import Columns
from probing.distribution import need
from probing.errors import DataError


def parquet(path: Path) -> Any:
    """A Parquet file as a ``datasets.Dataset`` in memory. Raises DataError for a file that is damaged or none,
    UnavailableError without ``datasets``.
    """
    need("datasets")
    import datasets
    import pyarrow

    try:
        return datasets.Dataset(pyarrow.parquet.read_table(path))
    # whatever the content of a damaged file makes these two raise
    except Exception as error:
        raise DataError(f"{path}: cannot be read as Parquet ({' '.join(str(error).split())[:120]})") from error


def table_rows(rows: Any, where: str, columns: Columns) -> Iterator[Record]:
    """Text and label of each row of a ``datasets.Dataset``; a class has its name, a hidden one (-1) is None.

    With ``columns.source`` also that. Raises DataError unless the table has these columns.
    """
    wanted = list(dict.fromkeys(columns.read.values()))
    try:
        need_columns(rows, wanted, where)
    except DataError as error:
        raise DataError(f"{error}; type {' and '.join(f'data.{option}=…' for option in columns.read)}") from error
    names = class_names(rows, columns.label)
    for number, row in _rows(rows, wanted, where):
        place, label = f"{where} row {number}", row[columns.label]
        if names and label is not None:
            if label >= len(names):
                raise DataError(
                    f"{place}: label {label} is no class; the classes are 0 to {len(names) - 1}: repair the file"
                )
            label = names[label] if label >= 0 else None
        yield number, place, {**row, columns.label: label}


def _rows(rows: Any, names: list[str], where: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = 0
    try:
        for number, row in enumerate(rows.select_columns(names), start=1):
            yield number, row
    # as for a whole file: its rows are decoded only now
    except Exception as error:
        raise DataError(f"{where} row {number + 1}: cannot be read ({' '.join(str(error).split())[:120]})") from error


def need_columns(rows: Any, columns: Sequence[str], where: str) -> None:
    """Raise DataError unless a ``datasets.Dataset`` has ``columns``."""
    missing = [column for column in columns if column not in rows.features]
    if missing:
        raise DataError(
            f"{where}: no column {', '.join(map(repr, missing))}; it has {', '.join(map(repr, rows.features))}"
        )


def class_names(rows: Any, column: str) -> Sequence[str] | None:
    """The class names behind the numbers of a ClassLabel column; None if the column holds the values themselves."""
    feature = rows.features[column]
    names: Sequence[str] | None = getattr(getattr(feature, "feature", feature), "names", None)
    return names
