"""Treebanks in CoNLL-U: Universal Dependencies, or any user's own files."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from probing.axes import Corpus, Sentence, Split
from probing.data.corpus import check_max_sentences
from probing.data.held_out import hold_out
from probing.data.locate import class_names, find, from_hub, need_columns
from probing.data.surface_text import INPUTS, SURFACE, WORDS, surface_of
from probing.data.text import read_lines
from probing.data.treebank_sentence import RANGES, document_of, sentence_of
from probing.errors import DataError, one_of

_COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")


@dataclass(frozen=True)
class Conllu:
    """One CoNLL-U file per split. Words are syntactic words: empty nodes are skipped, and multiword ranges too, unless
    ``input`` is surface: a model then reads the text as it is written (probing.data.surface_text), and words the
    characters that are theirs; the corpus bears ``-surface`` in its name.

    Files are searched in ``path``, then in ``$PROBING_DATA/folder``, then on the Hub (``hub``, ``hub_config``).
    Without a dev file a tenth of train, drawn at random, serves as dev (probing.data.held_out). A sentence without
    ``sent_id`` is named after its file and line.
    """

    name: str | None
    train: str
    test: str
    dev: str | None = None
    path: str | None = None
    folder: str | None = None
    hub: str | None = None
    hub_config: str | None = None
    stand_in: str | None = None
    max_sentences: int | None = None
    input: str = WORDS

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        one_of("data.input", self.input, INPUTS)
        check_max_sentences(self.max_sentences)

    def load(self) -> Corpus:
        """Read the splits. Raises DataError (file and line) or UnavailableError."""
        name = self.name or Path(self.train).stem
        skipped: Counter[str] = Counter()
        named = {"train": self.train, "dev": self.dev, "test": self.test}
        files = find(name, self.path, self.folder, {s: f for s, f in named.items() if f is not None}, self.hub)
        splits: dict[Split, tuple[Sentence, ...]]
        if files is not None:
            splits = {split: tuple(read(file, skipped, self.input)) for split, file in files.items()}
        else:
            splits = self._from_hub(name, skipped)
        if "dev" not in splits:
            splits["train"], splits["dev"], how = hold_out(splits["train"])
            skipped[how] = len(splits["dev"])
        if self.input == SURFACE:
            name, _ = f"{name}-{SURFACE}", skipped.pop(RANGES, None)
        return Corpus(name, splits, tuple(files.values()) if files else (), dict(skipped))

    def _from_hub(self, name: str, skipped: Counter[str]) -> dict[Split, tuple[Sentence, ...]]:
        if self.hub is not None and self.input == SURFACE:
            raise DataError(
                f"corpus {name}: data.input=surface needs the CoNLL-U files, and none were found here; the Hub's "
                "tables do not say which words a multiword range covers: set data.path or PROBING_DATA, or type "
                "data.input=words"
            )
        splits = from_hub(name, self.hub, self.hub_config, self.train)
        return {split: tuple(_from_rows(rows, f"{self.hub}, {split}", skipped)) for split, rows in splits.items()}


def read(path: Path, skipped: Counter[str], read_as: str = WORDS) -> Iterator[Sentence]:
    """Sentences of one file; what is left out is counted in ``skipped``.

    A sentence's document is the last ``# newdoc``, else the document in its ``sent_id``. Raises DataError that names
    file and line: not UTF-8, malformed rows, a sentence without words, a tree with a cycle, no root or two roots; and
    for a file without sentences.
    """
    start, order, document = 0, None, None
    block: list[tuple[int, str]] = []
    for number, line in enumerate([*read_lines(path), ""], start=1):
        if line.strip():
            block.append((number, line))
        elif block:
            start = block[0][0]
            tokens, comments = _parse(block, path)
            order = comments.get("global.Entity", order)
            sid = comments.get("sent_id") or f"{path.stem}-{start}"
            if {"newdoc", "newdoc id"} & comments.keys():
                document = comments.get("newdoc id") or f"{path.stem}-{start}"
            found = sentence_of(tokens, sid, f"{path}:{start}", skipped, order)
            if read_as == SURFACE:
                found = replace(found, surface=surface_of(tokens, comments.get("text"), f"{path}:{start}", skipped))
            yield replace(found, document=document or document_of(comments.get("sent_id")))
            block = []
    if not start:
        raise DataError(f"{path}: no sentence in it; every split needs some")


def _parse(block: Sequence[tuple[int, str]], path: Path) -> tuple[list[Mapping[str, Any]], dict[str, str | None]]:
    """Rows and comments of one sentence; parsed line by line, so that an error can name the line."""
    from conllu.exceptions import ParseException
    from conllu.parser import DEFAULT_FIELD_PARSERS, parse_comment_line, parse_line

    parsers = {column: DEFAULT_FIELD_PARSERS[column] for column in ("id", "head")}
    tokens: list[Mapping[str, Any]] = []
    comments: dict[str, str | None] = {}
    for number, line in block:
        if line.startswith("#"):
            comments.update(parse_comment_line(line))
            continue
        try:
            _check_row(line)
            tokens.append(parse_line(line, _COLUMNS, parsers))
        except (ParseException, ValueError) as error:
            raise DataError(f"{path}:{number}: not a row of CoNLL-U: {error}: {line[:60]!r}") from error
    return tokens, comments


def _check_row(line: str) -> None:
    """Raise ValueError for faults that the parser does not find."""
    columns = line.split("\t")
    if len(columns) != len(_COLUMNS):
        raise ValueError(f"{len(columns)} columns between tabs, {len(_COLUMNS)} are wanted")
    if columns[0] == "_" or not columns[1]:
        raise ValueError("every word needs ID and FORM")
    if any("  " in column for column in columns[:8]):
        raise ValueError("two spaces in a row, which the parser reads as the end of a column; write one")


def _from_rows(rows: Any, where: str, skipped: Counter[str]) -> Iterator[Sentence]:
    """Sentences of the Hub's Universal Dependencies tables (``datasets.Dataset``).

    Newer tables have multiword ranges and empty nodes in columns of their own (``mwt``, ``empty_nodes``). Older tables
    have them among the words, where only they have no head.
    """
    need_columns(rows, ("tokens", "upos", "xpos", "head", "deprel"), where)
    names = class_names(rows, "upos")
    for number, row in enumerate(rows, start=1):
        heads = [int(head) if str(head).isdecimal() else None for head in row["head"]]
        parsed = any(head is not None for head in heads)
        upos = [names[tag] for tag in row["upos"]] if names else row["upos"]
        tokens: list[dict[str, Any]] = [{"id": (0, "-", 0)} for _ in row.get("mwt") or ()]
        tokens += [{"id": (0, ".", 0)} for _ in row.get("empty_nodes") or ()]
        position = 0
        for form, tag, xpos, head, deprel in zip(row["tokens"], upos, row["xpos"], heads, row["deprel"], strict=True):
            if parsed and head is None:
                tokens.append({"id": (0, "-" if tag == "_" else ".", 0)})
                continue
            position += 1
            tokens.append({"id": position, "form": form, "upos": tag, "xpos": xpos, "head": head, "deprel": deprel})
        sid = row.get("sent_id") or row.get("idx")
        found = sentence_of(tokens, sid or f"row-{number}", f"{where} row {number}", skipped)
        yield replace(found, document=document_of(sid))
