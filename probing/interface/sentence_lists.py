"""Sentences out of lists of words and out of tables of pandas."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from probing.axes import Sentence
from probing.data.labelled_sentences import Columns, sentences
from probing.data.treebank_sentence import sentence_of
from probing.data.word_list import words_of
from probing.errors import DataError, shown

OF_WORDS = ("upos", "xpos", "lemma", "feats", "head", "deprel")  # columns of a table with one line per word
_PAIR = "a sentence is a list of words, or a pair (words, tags) or (words, label)"


def of_list(given: object, split: str, skipped: Counter[str]) -> tuple[Sentence, ...]:
    """One sentence per item: a list of words, or a pair of words and tags, or of words and the sentence's label.

    A tuple is a pair, anything else is words. split: its name; empty where there are no splits. Raises: DataError that
    names the item.
    """
    if not isinstance(given, Iterable):
        raise DataError(f"{shown(repr(given))}: a list of sentences is expected, and {_PAIR}")
    before = f"{split}-" if split else ""
    return tuple(_of_item(item, f"{before}{number}", skipped) for number, item in enumerate(given, start=1))


def _of_item(item: object, sid: str, skipped: Counter[str]) -> Sentence:
    if not isinstance(item, tuple):
        return sentence_of(_rows(words_of(item, f"sentence {sid}")), sid, "the list", skipped)
    if len(item) != 2:
        raise DataError(f"sentence {sid} is a tuple of {len(item)}; {_PAIR}")
    words, second = words_of(item[0], f"sentence {sid}"), item[1]
    if isinstance(second, str | int):
        return replace(sentence_of(_rows(words), sid, "the list", skipped), label=str(second))
    tags = words_of(second, f"the tags of sentence {sid}")
    if len(tags) != len(words):
        raise DataError(f"sentence {sid} has {len(words)} words and {len(tags)} tags; give one tag per word")
    return sentence_of(_rows(words, upos=tags), sid, "the list", skipped)


def _rows(words: tuple[str, ...], **columns: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """Words and their annotation as the rows of a treebank."""
    rows = zip(words, *columns.values(), strict=True)
    return [{"id": n, **dict(zip(("form", *columns), row, strict=True))} for n, row in enumerate(rows, start=1)]


def of_frame(table: pd.DataFrame, split: str, skipped: Counter[str]) -> tuple[Sentence, ...]:
    """The sentences of a table with one line per word, or with one line per sentence.

    Raises: DataError for a table without the columns, and for a line that cannot be read.
    """
    if {"sentence", "word"} <= {*table.columns}:
        groups = table.groupby("sentence", sort=False)
        return tuple(_of_lines(str(sid), lines, skipped) for sid, lines in groups)
    if {"text", "label"} <= {*table.columns}:
        lines = enumerate(table[["text", "label"]].to_dict("records"), start=1)
        return tuple(sentences(((n, f"line {n} of the table", _named(line)) for n, line in lines), split, Columns()))
    raise DataError(
        f"the table has the columns {', '.join(map(str, table.columns)) or 'none'}; sentence and word (one line per "
        "word), or text and label (one line per sentence), are expected"
    )


def _named(line: Mapping[Hashable, Any]) -> dict[str, object]:
    """One line by the names of its columns; numbers as those of Python."""
    return {str(name): value.item() if hasattr(value, "item") else value for name, value in line.items()}


def _of_lines(sid: str, lines: pd.DataFrame, skipped: Counter[str]) -> Sentence:
    """One sentence from the lines of its words."""
    words = words_of(lines["word"].tolist(), f"sentence {sid}")
    columns = {name: [_cell(v) for v in lines[name].tolist()] for name in OF_WORDS if name in lines}
    rows: list[dict[str, Any]] = [{"id": n, "form": word} for n, word in enumerate(words, start=1)]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = _head(value, sid) if name == "head" else value
    found = sentence_of(rows, sid, "the table", skipped)
    document = _cell(lines["document"].iloc[0]) if "document" in lines else None
    return replace(found, document=document)


def _cell(value: object) -> str | None:
    """A cell as text; None for a missing value."""
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _head(value: str | None, sid: str) -> int | None:
    try:
        return None if value is None else int(float(value))
    except ValueError as error:
        raise DataError(
            f"sentence {sid}: head {shown(value)}; the number of a word is expected, from 1, or 0 for the root"
        ) from error
