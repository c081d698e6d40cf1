"""Labelled sentences in TSV, CSV or JSONL: SST-2, or any user's own files."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from probing.axes import Corpus, Sentence, Split
from probing.data.corpus import hold_out
from probing.data.locate import find, from_hub
from probing.data.text import read_lines
from probing.errors import DataError


@dataclass(frozen=True)
class Labelled:
    """One file of text and label per split; words are the text's whitespace-separated tokens.

    ``text`` and ``label`` name columns (or JSON keys) where there is a header line, else they count columns
    from 0. ``labels`` renames labels (``{"0": negative}``). Looked for like conllu.Conllu.
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

    def load(self) -> Corpus:
        """Read the splits. Raises DataError (file and line) or UnavailableError."""
        name = self.name or Path(self.train).stem
        named = {"train": self.train, "dev": self.dev, "test": self.test}
        files = find(name, self.path, self.folder, {s: f for s, f in named.items() if f is not None})
        if files is not None:
            splits = {split: tuple(self._read(file, split)) for split, file in files.items()}
        else:
            splits = self._from_hub(name)
        skipped: Counter[str] = Counter()
        if "dev" not in splits:
            splits["train"], splits["dev"] = hold_out(splits["train"])
            skipped["train sentences held out as dev, for lack of a dev file"] = len(splits["dev"])
        return Corpus(name, splits, tuple(files.values()) if files else (), dict(skipped))

    def _read(self, path: Path, split: Split) -> Iterator[Sentence]:
        for number, record in records(path):
            values = []
            for option, column in (("text", self.text), ("label", self.label)):
                if column not in record:
                    raise DataError(
                        f"{path}:{number}: no {option} column {column!r}; this line has "
                        f"{', '.join(map(repr, record))}: set data.{option}=…"
                    )
                values.append(str(record[column]).strip())
            yield self._sentence(f"{split}-{number}", *values, where=f"{path}:{number}")

    def _from_hub(self, name: str) -> dict[Split, tuple[Sentence, ...]]:
        return {
            split: tuple(
                self._sentence(f"{split}-{i}", str(row["text"]), str(row["label"]), where=f"{split} row {i}")
                for i, row in enumerate(rows, start=1)
            )
            for split, rows in from_hub(name, self.hub, None, self.train).items()
        }

    def _sentence(self, sid: str, text: str, label: str, *, where: str) -> Sentence:
        words = tuple(text.split())
        if not words:
            raise DataError(f"{where}: the text is empty; remove the line or give it some")
        if not label:
            raise DataError(f"{where}: no label for {text[:40]!r}; every line needs text and label")
        return Sentence(id=sid, words=words, label=self.labels.get(label, label))


def records(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(line number, record) of a .tsv, .csv or .jsonl file.

    A first line with a cell that reads text, sentence or label is a header; without one, columns are
    named 0, 1, ….
    Raises DataError naming file and line.
    """
    lines = read_lines(path)
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".json"):
        yield from _json_records(path, lines)
    elif suffix in (".tsv", ".csv", ".txt"):
        yield from _table_records(path, lines, "," if suffix == ".csv" else "\t")
    else:
        raise DataError(f"{path}: unknown ending {suffix!r}; labelled text is read from .tsv, .csv or .jsonl")


def _json_records(path: Path, lines: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{number}: not JSON ({error.msg}): {line[:60]!r}") from error
        if not isinstance(record, dict):
            raise DataError(f"{path}:{number}: a JSON object per line is wanted, this is {line[:60]!r}")
        yield number, record


def _table_records(path: Path, lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    # TSV as GLUE and SST-2 write it has no quoting: a lone quotation mark is a word.
    tsv = delimiter == "\t"
    reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE if tsv else csv.QUOTE_MINIMAL)
    names: list[str] | None = None
    for cells in reader:
        if names is None:
            header = {"text", "sentence", "label"} & {cell.strip().lower() for cell in cells}
            names = cells if header else [str(i) for i in range(len(cells))]
            if header:
                continue
        if len(cells) != len(names):
            raise DataError(
                f"{path}:{reader.line_num}: {len(cells)} columns where {len(names)} were expected; "
                "every line needs text and label"
            )
        yield reader.line_num, dict(zip(names, cells, strict=True))
