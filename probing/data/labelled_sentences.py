"""Sentences with a label out of records, wherever the records come from."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from probing.axes import Sentence, Split
from probing.data.delimited import Record
from probing.errors import DataError

SPELLINGS = "labels written as 1.0 in one place and as 1 in another, read as 1"
_WHOLE = re.compile(r"(-?\d+)\.0+")


@dataclass(frozen=True)
class Columns:
    """Where text and label are in a record, and new names for labels (``{"0": "negative"}``).

    advice: what a message says where a label is missing. source: where the name of a text's source is; None: nowhere.
    """

    text: str = "text"
    label: str = "label"
    labels: Mapping[str, str] = field(default_factory=dict)
    advice: str = "every line needs text and label"
    source: str | None = None

    @property
    def read(self) -> dict[str, str]:
        """The columns that are read, by the option that names them."""
        return {"text": self.text, "label": self.label, **({} if self.source is None else {"source": self.source})}


def sentences(records: Iterable[Record], split: Split, columns: Columns) -> Iterator[Sentence]:
    """One sentence per record; its words are the text's whitespace-separated tokens.

    Raises DataError that names the place: no such column, no text, no label, or a value that is neither text nor
    number.
    """
    for number, where, record in records:
        for option, column in columns.read.items():
            if column not in record:
                raise DataError(f"{where}: no {option} column {column!r}; {_seen(record, option)}")
        words = tuple(_plain(record[columns.text], where).split())
        if not words:
            raise DataError(f"{where}: the text is empty; remove the line or give it some")
        label = _plain(record[columns.label], where)
        if not label:
            raise DataError(f"{where}: no label for {' '.join(words)[:40]!r}; {columns.advice}")
        source = None if columns.source is None else _plain(record[columns.source], where)
        if source == "":
            raise DataError(f"{where}: no source; every line needs one, or leave out data.source")
        label = _renamed(label, columns.labels)
        yield Sentence(id=f"{split}-{number}", words=words, label=label, source=source)


def _seen(record: Mapping[str, object], option: str) -> str:
    """What there is instead of a column, and what to type."""
    names = [*record]
    if names != [str(i) for i in range(len(names))]:
        return f"this line has {', '.join(map(repr, names))}: set data.{option}=…"
    cells = ", ".join(repr(str(value)[:20]) for value in record.values())
    numbers = "0" if len(names) == 1 else f"a number from 0 to {len(names) - 1}"
    alone = "; or data.separator=… if something else divides the cells" if len(names) == 1 else ""
    return (
        f"the first line has {cells}: if these are names of columns, set data.{option}=… to one of them; if the file "
        f"has no header, set it to {numbers}{alone}"
    )


def _plain(value: object, where: str) -> str:
    """A value as one line of text; nothing for None and for NaN, as pandas writes a missing value."""
    if value is not None and not isinstance(value, str | int | float):
        raise DataError(f"{where}: text and label must be strings or numbers, this is {str(value)[:60]!r}")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return " ".join(str(value).split())


def _renamed(label: str, names: Mapping[str, str]) -> str:
    whole = _WHOLE.fullmatch(label)
    return names.get(label) or names.get(whole[1] if whole else label) or label


def one_spelling(
    splits: Mapping[Split, Sequence[Sentence]], skipped: Counter[str]
) -> dict[Split, tuple[Sentence, ...]]:
    """The splits with one spelling of each whole number among the labels.

    pandas writes 1.0 for 1 where another label in the column is missing, so that two files of one corpus may differ.
    Where both occur, 1 is meant; such labels are counted in ``skipped``.
    """
    found = {s.label or "" for sentences in splits.values() for s in sentences}
    wholes = {label: match[1] for label in found if (match := _WHOLE.fullmatch(label)) and match[1] in found}
    n = sum(s.label in wholes for sentences in splits.values() for s in sentences)
    if n:
        skipped[SPELLINGS] = n
    return {
        split: tuple(replace(s, label=wholes.get(s.label or "", s.label)) if wholes else s for s in sentences)
        for split, sentences in splits.items()
    }
