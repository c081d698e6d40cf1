"""Labelled sentences in TSV, CSV, JSON or Parquet: SST-2, or any user's own files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from probing.axes import Corpus, Sentence, Split
from probing.data.corpus import check_max_sentences, check_train_sentences
from probing.data.delimited import ENDINGS, Layout, Record, table_records
from probing.data.held_out import with_dev
from probing.data.hub_table import parquet, table_rows
from probing.data.json_records import json_records
from probing.data.labelled_sentences import Columns, one_spelling, sentences
from probing.data.locate import corpus_name, find, from_hub
from probing.data.surface_text import SPACED
from probing.errors import DataError

HEADERS = "files whose first line has a label of its own, kept: if it is a header, give the names of columns"


@dataclass(frozen=True)
class Labelled:
    """One file of text and label per split; words are the text's whitespace-separated tokens.

    ``text`` and ``label`` are names of columns (or JSON keys) if there is a header line, else numbers of columns from
    0. ``source``: the column that names the collection a text comes from; None: all are of one. ``labels`` renames
    labels (``{"0": negative}``). ``separator`` and ``quotes`` say how a table is written; None
    and ``auto``: as its lines show (probing.data.table_shape). Files are searched as in probing.data.conllu. Without a
    dev file a tenth of train, drawn at random, serves as dev (probing.data.held_out).
    """

    name: str | None
    train: str
    test: str
    dev: str | None = None
    text: str = "text"
    label: str = "label"
    labels: dict[str, str] = field(default_factory=dict)
    separator: str | None = None
    quotes: str = "auto"
    path: str | None = None
    folder: str | None = None
    hub: str | None = None
    stand_in: str | None = None
    max_sentences: int | None = None
    train_sentences: int | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        check_max_sentences(self.max_sentences)
        check_train_sentences(self.train_sentences)
        Layout(self.separator, self.quotes)

    def load(self, text: str = SPACED) -> Corpus:
        """Read the splits, the same for any ``text``. Raises DataError (file and line) or UnavailableError."""
        name = corpus_name(self.name, self.path or self.folder or self.hub, self.train)
        named = {"train": self.train, "dev": self.dev, "test": self.test}
        files = find(name, self.path, self.folder, {s: f for s, f in named.items() if f is not None}, self.hub)
        skipped: Counter[str] = Counter()
        splits: dict[Split, tuple[Sentence, ...]]
        if files is not None:
            splits = {split: self._read(file, split, skipped) for split, file in files.items()}
        else:
            splits = self._from_hub(name)
        if files is not None and self.label.isdecimal() and (n := sum(map(_starts_oddly, splits.values()))):
            skipped[HEADERS] = n
        splits = with_dev(one_spelling(splits, skipped), skipped)
        return Corpus(name, splits, tuple(files.values()) if files else (), dict(skipped))

    def _read(self, path: Path, split: Split, skipped: Counter[str]) -> tuple[Sentence, ...]:
        rows = records(path, self._columns(), Layout(self.separator, self.quotes), skipped)
        found = tuple(sentences(rows, split, self._columns()))
        if not found:
            raise DataError(f"{path}: no text in it; every split needs some")
        return found

    def _columns(self) -> Columns:
        return Columns(self.text, self.label, self.labels, source=self.source)

    def _from_hub(self, name: str) -> dict[Split, tuple[Sentence, ...]]:
        """Where the files have numbered columns, the Hub's table has text and label."""
        columns = Columns(labels=self.labels, source=self.source) if self.text.isdecimal() else self._columns()
        return {
            split: tuple(sentences(table_rows(rows, f"{self.hub}, {split}", columns), split, columns))
            for split, rows in from_hub(name, self.hub, None, self.train).items()
        }


def _starts_oddly(sentences: Sequence[Sentence]) -> bool:
    """Whether no other sentence has the label of the first one: a header looks like this if columns have numbers."""
    return len(sentences) > 1 and all(s.label != sentences[0].label for s in sentences[1:])


def records(path: Path, columns: Columns, layout: Layout, skipped: Counter[str]) -> Iterator[Record]:
    """The records of a file, read as its ending says; ``columns`` are those that are wanted.

    Raises DataError naming file and line (of a Parquet file: the row).
    """
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".json"):
        return json_records(path)
    if suffix in ENDINGS:
        return table_records(path, list(columns.read.values()), layout, skipped)
    if suffix == ".parquet":
        return table_rows(parquet(path), str(path), columns)
    raise DataError(
        f"{path}: unknown ending {suffix!r}; labelled text is read from .tsv, .csv, .txt, .json, .jsonl or .parquet"
    )
