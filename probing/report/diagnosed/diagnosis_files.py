"""All files of a diagnosis: pages, figures, rows.csv, diagnosis.json."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from probing.axes import Progress, no_progress
from probing.diagnosis.cause import Cause
from probing.report.diagnosed.cause_tables import rows_of_split
from probing.report.diagnosed.diagnosed_record import Diagnosis, OfSplit
from probing.report.diagnosed.diagnoses_overview import write_diagnoses_overview
from probing.report.diagnosed.gain_words import gain_in_words
from probing.report.diagnosed.measurement import Measurement
from probing.report.diagnosed.measurement_rows import rows_of_text
from probing.report.diagnosed.phenomenon_tables import phenomena_as_json, rows_of_losses, rows_of_phenomena
from probing.report.diagnosed.text_page import page_name, write_text_page

ROWS_FILE, JSON_FILE = "rows.csv", "diagnosis.json"
WHOLE = ("text", "word", "layer", "head", "place", "n")  # columns of whole numbers, which may be empty


def write_diagnosis(of: Diagnosis, folder: Path, on_progress: Progress = no_progress) -> Path:
    """Write a page per text, the overview, rows.csv and diagnosis.json into ``folder``; returns the overview.

    All are made from the same records, so that they give the same numbers; those of the CSV and of the JSON file are
    not rounded. provenance of the diagnosis is expected.
    """
    folder.mkdir(parents=True, exist_ok=True)
    as_table(all_rows(of)).to_csv(folder / ROWS_FILE, index=False)
    written = json.dumps(as_json(of), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / JSON_FILE).write_text(f"{written}\n", encoding="utf-8")
    for number in range(1, len(of.texts) + 1):
        on_progress("pages", number - 1, len(of.texts))
        write_text_page(number, of, folder)
    on_progress("pages", len(of.texts), len(of.texts))
    return write_diagnoses_overview(of, folder)


def all_rows(of: Diagnosis) -> Iterator[Measurement]:
    """Of the whole split first, then of each text."""
    if of.of_split is not None:
        yield from all_of_split(of.of_split)
    for number, one in enumerate(of.texts, start=1):
        yield from rows_of_text(number, one, of)


def all_of_split(split: OfSplit) -> Iterator[Measurement]:
    """What was compared for its cause, then its errors by phenomenon."""
    yield from rows_of_split(split.cause, split.items)
    if split.phenomena is not None:
        yield from rows_of_phenomena(split.phenomena)
    yield from rows_of_losses(split.lost, split.items)


def as_table(rows: Iterable[Measurement]) -> pd.DataFrame:
    """Rows as a table."""
    table = pd.DataFrame([asdict(row) for row in rows], columns=[*Measurement.__dataclass_fields__])
    return table.astype(dict.fromkeys(WHOLE, "Int64"))


def as_json(of: Diagnosis) -> dict[str, Any]:
    """The same as JSON: provenance, the cause, and each text with its verdict and its measurements."""
    split = of.of_split
    found: dict[str, Any] = {
        "provenance": of.provenance,
        "classifier": of.classifier,
        "classes": of.classes,
        "caveats": of.caveats,
        "notes": of.notes,
        "texts": [_text(number, of) for number in range(1, len(of.texts) + 1)],
    }
    if split is not None:
        found["split"] = {
            "split": split.split,
            split.items: len(split.answers.numbers),
            "wrong": split.n_wrong,
            "left_out": split.left_out,
            "cause": _cause(split.cause),
            "phenomena": phenomena_as_json(split.phenomena, split.lost, split.rules)
            if split.phenomena is not None
            else [],
            "measurements": [row.known() for row in all_of_split(split)],
        }
    return found


def _cause(cause: Cause) -> dict[str, Any]:
    names = ("kind", "group", "layer", "instead", "word")
    found = {name: getattr(cause, name) for name in names if getattr(cause, name) is not None}
    gain = {} if cause.gain is None else {"gain": asdict(cause.gain)}
    return {**found, **gain, "too_few": list(cause.too_few)}


def _text(number: int, of: Diagnosis) -> dict[str, Any]:
    one = of.texts[number - 1]
    at = one.evidence.word
    word = {} if at is None else {"word": {"number": at + 1, "form": one.evidence.sentence.words[at]}}
    return {
        "text": one.text,
        **word,
        "label": of.classes[one.evidence.label],
        "answer": one.answer,
        "confidence": one.confidence,
        "explained": list(one.evidence.explained),
        "page": page_name(number),
        "verdict": asdict(one.verdict),
        "gain": {"says": gain_in_words(one.gain), **asdict(one.gain)},
        "tried": None if one.tried is None else asdict(one.tried),
        "notes": [note._asdict() for note in dict.fromkeys((*one.evidence.notes, *one.notes))],
        "measurements": [row.known() for row in rows_of_text(number, one, of)],
    }
