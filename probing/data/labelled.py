"""Labelled sentences in TSV, CSV or JSONL: SST-2, or any user's own files."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probing.axes import Corpus, Sentence, Split
from probing.data.corpus import check_max_sentences
from probing.data.held_out import hold_out
from probing.data.locate import class_names, find, from_hub, need_columns
from probing.data.text import read_lines
from probing.errors import DataError


@dataclass(frozen=True)
class Labelled:
    """One file of text and label per split; words are the text's whitespace-separated tokens.

    ``text`` and ``label`` are names of columns (or JSON keys) if there is a header line, else numbers of columns from
    0. ``labels`` renames labels (``{"0": negative}``). Files are searched as in probing.data.conllu. Without a dev file
    a tenth of train, drawn at random, serves as dev (probing.data.held_out).
    """

    name: str | None
    train: str
    test: str
    dev: str | None = None
    text: str = "text"
    label: str = "label"
    labels: dict[str, str] = field(default_factory=dict)
    path: str | None = None
    folder: str | None = None
    hub: str | None = None
    stand_in: str | None = None
    max_sentences: int | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        check_max_sentences(self.max_sentences)

    def load(self) -> Corpus:
        """Read the splits. Raises DataError (file and line) or UnavailableError."""
        name = self.name or Path(self.train).stem
        named = {"train": self.train, "dev": self.dev, "test": self.test}
        files = find(name, self.path, self.folder, {s: f for s, f in named.items() if f is not None}, self.hub)
        if files is not None:
            splits = {split: tuple(self._read(file, split)) for split, file in files.items()}
        else:
            splits = self._from_hub(name)
        skipped: Counter[str] = Counter()
        if files is not None and self.label.isdecimal() and (n := sum(map(_starts_oddly, splits.values()))):
            skipped[
                "files whose first line has a label of its own, kept: if it is a header, give the names of columns"
            ] = n
        if "dev" not in splits:
            splits["train"], splits["dev"], how = hold_out(splits["train"])
            skipped[how] = len(splits["dev"])
        return Corpus(name, splits, tuple(files.values()) if files else (), dict(skipped))

    def _read(self, path: Path, split: Split) -> Iterator[Sentence]:
        number = 0
        for number, record in records(path, (self.text, self.label)):
            where = f"{path}:{number}"
            for option, column in (("text", self.text), ("label", self.label)):
                if column not in record:
                    raise DataError(
                        f"{where}: no {option} column {column!r}; this line has "
                        f"{', '.join(map(repr, record))}: set data.{option}=…"
                    )
            yield self._sentence(f"{split}-{number}", record[self.text], record[self.label], where)
        if not number:
            raise DataError(f"{path}: no text in it; every split needs some")

    def _from_hub(self, name: str) -> dict[Split, tuple[Sentence, ...]]:
        splits = from_hub(name, self.hub, None, self.train)
        return {split: tuple(self._from_rows(rows, split)) for split, rows in splits.items()}

    def _from_rows(self, rows: Any, split: Split) -> Iterator[Sentence]:
        """Sentences of a Hub table; where the files have numbered columns, the table has text and label."""
        text, label = ("text", "label") if self.text.isdecimal() else (self.text, self.label)
        need_columns(rows, (text, label), f"{self.hub}, {split}")
        names = class_names(rows, label)
        for number, row in enumerate(rows, start=1):
            value = row[label]
            if names and value is not None:
                value = names[value] if value >= 0 else None  # the Hub writes -1 for the labels of a hidden test set
            yield self._sentence(f"{split}-{number}", row[text], value, f"{self.hub}, {split} row {number}")

    def _sentence(self, sid: str, text: object, label: object, where: str) -> Sentence:
        words = tuple(_plain(text, where).split())
        if not words:
            raise DataError(f"{where}: the text is empty; remove the line or give it some")
        name = _plain(label, where)
        if not name:
            raise DataError(f"{where}: no label for {' '.join(words)[:40]!r}; every line needs text and label")
        return Sentence(id=sid, words=words, label=self.labels.get(name, name))


def _starts_oddly(sentences: Sequence[Sentence]) -> bool:
    """Whether no other sentence has the label of the first one: a header looks like this if columns have numbers."""
    return len(sentences) > 1 and all(s.label != sentences[0].label for s in sentences[1:])


def _plain(value: object, where: str) -> str:
    if value is not None and not isinstance(value, str | int | float):
        raise DataError(f"{where}: text and label must be strings or numbers, this is {str(value)[:60]!r}")
    return "" if value is None else str(value).strip()


def records(path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, Mapping[str, object]]]:
    """(line number, record) of a .tsv, .csv or .jsonl file.

    The first line is a header if one of its cells is text, sentence, label or one of the ``wanted`` names. Without a
    header, columns are named 0, 1, ….
    Raises DataError naming file and line.
    """
    lines = read_lines(path)
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".json"):
        yield from _json_records(path, lines)
    elif suffix in (".tsv", ".csv", ".txt"):
        yield from _table_records(path, lines, "," if suffix == ".csv" else "\t", wanted)
    else:
        raise DataError(f"{path}: unknown ending {suffix!r}; labelled text is read from .tsv, .csv or .jsonl")


def _json_records(path: Path, lines: Sequence[str]) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            json.dumps(record, ensure_ascii=False).encode()  # half a surrogate pair is valid JSON, but not text
        except ValueError as error:
            raise DataError(f"{path}:{number}: not JSON ({getattr(error, 'msg', error)}): {line[:60]!r}") from error
        if not isinstance(record, dict):
            raise DataError(f"{path}:{number}: a JSON object per line is wanted, this is {line[:60]!r}")
        yield number, record


def _table_records(
    path: Path, lines: Sequence[str], delimiter: str, wanted: Sequence[str]
) -> Iterator[tuple[int, Mapping[str, object]]]:
    known = {"text", "sentence", "label", *(name for name in wanted if not name.isdecimal())}
    names: list[str] | None = None
    for number, cells in _rows(path, lines, delimiter):
        if names is None:
            header = known & {*cells, *(cell.strip().lower() for cell in cells)}
            names = cells if header else [str(i) for i in range(len(cells))]
            if header:
                continue
        if len(cells) != len(names):
            raise DataError(
                f"{path}:{number}: {len(cells)} columns where {len(names)} were expected; "
                "every line needs text and label"
            )
        yield number, dict(zip(names, cells, strict=True))


def _rows(path: Path, lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    # TSV has no quoting in GLUE and SST-2: a single quotation mark is a word. In CSV an unclosed quotation mark is an
    # error (strict), because it would take in the rest of the file; a cell in quotes keeps its line ends.
    reader = csv.reader(
        (line + "\n" for line in lines),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL,
        strict=True,
    )
    start = 1
    try:
        for cells in reader:
            if not cells:
                raise DataError(f"{path}:{start}: the line is empty; remove it")
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}:{start}: not a table ({error}): {lines[start - 1][:60]!r}") from error
