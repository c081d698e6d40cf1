"""The overview of a diagnosis: its texts, and for errors of a corpus the cause over the whole split."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from probing.analysis.slice_errors import SliceErrors
from probing.diagnosis.cause import MARGIN
from probing.diagnosis.neighbours import marked
from probing.report.diagnosed.cause_tables import (
    accuracy_table,
    cause_in_words,
    explanation_table,
    layer_loss_table,
    left_out,
    taken_out_table,
)
from probing.report.diagnosed.diagnosed_record import Diagnosis, OfSplit
from probing.report.diagnosed.gain_words import gain_cell
from probing.report.diagnosed.phenomenon_tables import difference_table, error_table
from probing.report.diagnosed.text_page import page_name
from probing.report.diagnosed.toned_table import percent
from probing.report.html import flat, write_html
from probing.report.run_provenance import from_manifest
from probing.result.folder import PAGE

OF_WORDS = (
    "Intervals resample whole sentences (or documents), because the words of a sentence are not independent.",
    "“Outweighed” is not asked over the split: nearly every word tells a class here, its own, and which label is right "
    "for a word can change when another word is taken out.",
)


def write_diagnoses_overview(of: Diagnosis, folder: Path) -> Path:
    """Write index.html into ``folder``; returns it."""
    facts = {
        "title": of.title,
        "classifier": of.classifier,
        "stand_ins": of.stand_ins,
        "caveats": of.caveats,
        "texts": lines(of),
        "texts_note": "",
        "cause": None,
        "notes": of.notes,
        "provenance": provenance(of.provenance),
        "config": flat(of.provenance.get("config", {})),
        **({} if of.of_split is None else of_the_split(of, of.of_split)),
    }
    return write_html("diagnoses.html", folder / PAGE, facts)


def lines(of: Diagnosis) -> list[dict[str, str]]:
    """A line for each text."""
    return [
        {
            "page": page_name(number),
            "text": one.text if one.evidence.word is None else marked(one.evidence.sentence, one.evidence.word),
            "word": one.word,
            "label": of.classes[one.evidence.label],
            "answer": one.answer,
            "confidence": percent(one.confidence),
            "verdict": one.verdict.kind,
            "repair": one.verdict.repair,
            "gain": gain_cell(one.gain),
        }
        for number, one in enumerate(of.texts, start=1)
    ]


def of_the_split(of: Diagnosis, split: OfSplit) -> dict[str, object]:
    """The cause of a split's errors, and its tables."""
    says, gain = cause_in_words(split.cause, split.items)
    n = len(split.answers.numbers)
    return {
        "cause": {"says": says, "gain": gain},
        "tiles": {
            f"{split.items} of {split.split}": f"{n:,}",
            "are wrong": f"{split.n_wrong:,}",
            "of all": percent(split.n_wrong / n),
            "cause": split.cause.kind,
        },
        "texts_note": f"{len(of.texts):,} of the {split.n_wrong:,} wrong {split.items} of {split.split}, "
        "those with the most confident answers.",
        "margin": f"{MARGIN:g}",
        "errors": accuracy_table(split.cause, split.items),
        "differences": None,
        **({} if split.phenomena is None else by_phenomenon(split.phenomena)),
        "items": split.items,
        "rules": split.rules,
        "explanations": explanation_table(split.cause, split.items),
        "losses": layer_loss_table(split.cause, split.lost, split.items),
        "words": taken_out_table(split.cause),
        "notes": [*of.notes, *notes_of_split(split)],
    }


def notes_of_split(split: OfSplit) -> Iterator[str]:
    """What was left out of a split, and what is not asked of words."""
    if split.items == "words":
        yield from OF_WORDS
    if split.cause.too_few:
        yield left_out(split.cause.too_few, split.items)
    if split.left_out:
        long = "are too long" if split.items == "sentences" else "are in a sentence that is too long"
        yield f"{split.left_out:,} {split.items} of {split.split} have no label that train has, no vector, or {long}."
    yield from (note.text for note in split.answers.notes)


def by_phenomenon(found: SliceErrors) -> dict[str, object]:
    """The tables of errors by phenomenon of sentences."""
    return {
        "errors": error_table(found),
        "differences": difference_table(found),
        "n_differences": f"{found.n_differences:,}",
    }


def provenance(found: Mapping[str, Any]) -> dict[str, str]:
    """What the page says of it: command, commit, checkpoint, corpus, libraries, and the run that trained the probes."""
    probes = {"probes": f"{found['probes']} (commit {found['commit_of_probes']})"} if "probes" in found else {}
    return {**from_manifest(found), **probes}
