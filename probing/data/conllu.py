"""Treebanks in CoNLL-U: Universal Dependencies, or any user's own files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from probing.axes import Corpus, Sentence, Split
from probing.data.corpus import check_max_sentences, check_train_sentences
from probing.data.held_out import NO_DEV, NO_TRAIN, with_dev
from probing.data.hub_table import class_names, need_columns
from probing.data.locate import base_of, corpus_name, find, from_hub
from probing.data.surface_text import AS_WRITTEN, SPACED, surface_of
from probing.data.text import read_lines
from probing.data.treebank_rows import COLUMNS, columns_of, parsed
from probing.data.treebank_sentence import RANGES, document_of, sentence_of
from probing.errors import DataError, one_of


@dataclass(frozen=True)
class Conllu:
    """One CoNLL-U file per split. Words are syntactic words: empty nodes are skipped, and multiword ranges too.

    Files are searched in ``path``, then in ``$PROBING_DATA/folder``, then on the Hub (``hub``, ``hub_config``).
    Without a dev file a tenth of train, drawn at random, serves as dev (probing.data.held_out). A sentence without
    ``sent_id`` is named after its file and line. ``broken_trees``: what a task on trees does with a sentence whose
    heads are no tree, ``error`` or ``skip``; other tasks use its words. ``train_from_dev``: where the train file is
    missing, dev serves as train and gives up a tenth as dev; the corpus then has another name, as its scores have.
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
    train_sentences: int | None = None
    broken_trees: str = "error"
    train_from_dev: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        check_max_sentences(self.max_sentences)
        check_train_sentences(self.train_sentences)
        one_of("data.broken_trees", self.broken_trees, ("error", "skip"))

    def load(self, text: str = SPACED) -> Corpus:
        """Read the splits; for ``text`` as_written with the text of every sentence, and the characters in it of each
        word (probing.data.surface_text). Raises DataError (file and line) or UnavailableError.
        """
        name = corpus_name(self.name, self.path or self.folder or self.hub, self.train)
        skipped: Counter[str] = Counter()
        named = {"train": self.train, "dev": self.dev, "test": self.test}
        base = base_of(self.path, self.folder, self.hub)
        divided = self.train_from_dev and base is not None and not (base / Path(self.train).expanduser()).is_file()
        if divided and self.dev is not None:
            name, named = f"{name}-dev", {"train": self.dev, "test": self.test}
        files = find(name, self.path, self.folder, {s: f for s, f in named.items() if f is not None}, self.hub)
        splits: dict[Split, tuple[Sentence, ...]]
        if files is not None:
            splits = {split: tuple(read(file, skipped, text)) for split, file in files.items()}
        else:
            splits = self._from_hub(name, skipped, text)
        splits = with_dev(splits, skipped, NO_TRAIN if divided else NO_DEV)
        if text == AS_WRITTEN:
            skipped.pop(RANGES, None)
        return Corpus(name, splits, tuple(files.values()) if files else (), dict(skipped), self.broken_trees)

    def _from_hub(self, name: str, skipped: Counter[str], text: str) -> dict[Split, tuple[Sentence, ...]]:
        if self.hub is not None and text == AS_WRITTEN:
            raise DataError(
                f"corpus {name}: model.text=as_written needs the CoNLL-U files, and none were found here; the Hub's "
                "tables do not say which words a multiword range covers: set data.path or PROBING_DATA, or type "
                "model.text=spaced"
            )
        splits = from_hub(name, self.hub, self.hub_config, self.train)
        return {split: tuple(_from_rows(rows, f"{self.hub}, {split}", skipped)) for split, rows in splits.items()}


def read(path: Path, skipped: Counter[str], text: str = SPACED) -> Iterator[Sentence]:
    """Sentences of one file; what is left out is counted in ``skipped``.

    A comment ``# global.columns`` (CoNLL-U Plus) names the columns, which are else the ten of CoNLL-U. The document of
    a sentence is the last ``# newdoc``, else the document in its ``sent_id``. Raises DataError that names file and
    line: not UTF-8, malformed rows, a sentence without words; and for a file without sentences.
    """
    start, order, document = 0, None, None
    columns: Sequence[str] = COLUMNS
    block: list[tuple[int, str]] = []
    for number, line in enumerate([*read_lines(path), ""], start=1):
        if line.strip():
            columns = columns_of(line, f"{path}:{number}") or columns
            block.append((number, line))
        elif block:
            start = block[0][0]
            tokens, comments = parsed(block, path, columns)
            block = []
            if not tokens and "global.columns" in comments:
                continue  # an empty line below the names of the columns
            order = comments.get("global.Entity", order)
            sid = " ".join((comments.get("sent_id") or f"{path.stem}-{start}").split())
            if {"newdoc", "newdoc id"} & comments.keys():
                document = comments.get("newdoc id") or f"{path.stem}-{start}"
            here: Counter[str] = Counter()
            found = sentence_of(tokens, sid, f"{path}:{start}", here, order)
            if text == AS_WRITTEN:
                found = replace(found, surface=surface_of(tokens, comments.get("text"), f"{path}:{start}", here))
            skipped.update(here)
            found = replace(found, document=document or document_of(comments.get("sent_id")))
            yield replace(found, left_out=tuple(here.items()))
    if not start:
        raise DataError(f"{path}: no sentence in it; every split needs some")


def _from_rows(rows: Any, where: str, skipped: Counter[str]) -> Iterator[Sentence]:
    """Sentences of the Hub's Universal Dependencies tables (``datasets.Dataset``).

    Newer tables have multiword ranges and empty nodes in columns of their own (``mwt``, ``empty_nodes``). Older tables
    have them among the words, where only they have no head.
    """
    need_columns(rows, ("tokens", "upos", "xpos", "head", "deprel"), where)
    names = class_names(rows, "upos")
    for number, row in enumerate(rows, start=1):
        heads = [int(head) if str(head).isdecimal() else None for head in row["head"]]
        has_heads = any(head is not None for head in heads)
        upos = [names[tag] for tag in row["upos"]] if names else row["upos"]
        tokens: list[dict[str, Any]] = [{"id": (0, "-", 0)} for _ in row.get("mwt") or ()]
        tokens += [{"id": (0, ".", 0)} for _ in row.get("empty_nodes") or ()]
        position = 0
        for form, tag, xpos, head, deprel in zip(row["tokens"], upos, row["xpos"], heads, row["deprel"], strict=True):
            if has_heads and head is None:
                tokens.append({"id": (0, "-" if tag == "_" else ".", 0)})
                continue
            position += 1
            tokens.append({"id": position, "form": form, "upos": tag, "xpos": xpos, "head": head, "deprel": deprel})
        sid = row.get("sent_id") or row.get("idx")
        here: Counter[str] = Counter()
        found = sentence_of(tokens, sid or f"row-{number}", f"{where} row {number}", here)
        skipped.update(here)
        yield replace(found, document=document_of(sid), left_out=tuple(here.items()))
