"""The page of one diagnosed text."""

from pathlib import Path

from probing.diagnosis.diagnosed_text import DiagnosedText
from probing.diagnosis.neighbours import marked
from probing.diagnosis.one_text import TextEvidence
from probing.report import numbering
from probing.report.diagnosed.diagnosed_record import Diagnosis
from probing.report.diagnosed.gain_words import gain_in_words, tried_in_words
from probing.report.diagnosed.measurement_rows import unit_names
from probing.report.diagnosed.text_tables import (
    layer_table,
    neighbour_table,
    pair_table,
    part_table,
    patched_layers_table,
)
from probing.report.diagnosed.toned_table import percent
from probing.report.diagnosed.word_columns import legend, word_table
from probing.report.html import Picture, picture, write_html
from probing.report.patching_figure import write_patching
from probing.report.style import short

LONGEST = 100  # characters of a text in a title
READING = (
    "denoising: a red cell is a place whose state alone brings back the answer of the text; noising: one whose state "
    "alone takes it away. Follow a column down to see from which layer on the difference is no longer at that {}."
)


def page_name(number: int) -> str:
    """The file of the page of a text, which are numbered from 1."""
    return f"text-{number}.html"


def write_text_page(number: int, of: Diagnosis, folder: Path) -> Path:
    """Write the page of text ``number`` (from 1) and its figures into ``folder``; returns the page."""
    one = of.texts[number - 1]
    found = one.evidence
    facts = {
        "title": title_of(one, of),
        "classifier": of.classifier,
        "stand_ins": of.stand_ins,
        "caveats": of.caveats,
        "cut": len(one.text) > LONGEST or found.word is not None,
        "whole": one.text if found.word is None else marked(found.sentence, found.word),
        "verdict": one.verdict,
        "gain": gain_in_words(one.gain),
        "tried": tried_in_words(one.tried, of.classes[found.label]),
        "tiles": tiles(one, of),
        "right": found.is_right,
        "numbering": {"layers": numbering.LAYERS},
        "layers": layer_table(found, of.classes),
        "explained_is": explained_is(found),
        "words": word_table(found, of.classes),
        "legend": legend(found.methods),
        "parts": part_table(found),
        "read_layer": found.read_layer,
        "neighbours": neighbour_table(found, of.classes),
        "pairs": pair_table(one, of),
        "patched_layers": patched_layers_table(one),
        "figures": figures(number, one, folder),
        "notes": [*dict.fromkeys((*found.notes, *one.notes))],
        "item": found.item,
        "number": number,
    }
    return write_html("diagnosed_text.html", folder / page_name(number), facts)


def title_of(one: DiagnosedText, of: Diagnosis) -> str:
    """The text, or its word, with its label and its answer."""
    label, cut = of.classes[one.evidence.label], short(one.text, LONGEST)
    if one.word:
        return f"{one.word}: {label}, and called {one.answer}"
    return f"“{cut}”: {label}, and called {one.answer}"


def tiles(one: DiagnosedText, of: Diagnosis) -> dict[str, str]:
    """The main facts of a text."""
    return {
        **({"is classified": one.word} if one.word else {}),
        "label": of.classes[one.evidence.label],
        "answer of the classifier": one.answer,
        "probability that it gives to this answer": percent(one.confidence),
        "verdict": one.verdict.kind,
    }


def explained_is(found: TextEvidence) -> str:
    """What positive and negative numbers mean."""
    given, other = found.explained
    return (
        f"Numbers with a sign are of the logit difference {given} − {other}: above 0 (orange) speaks for {given}, "
        f"below 0 (blue) for {other}."
    )


def figures(number: int, one: DiagnosedText, folder: Path) -> list[Picture]:
    """Heat maps of patching: layer by word, then layer by head; none if nothing was patched."""
    if one.patched is None:
        return []
    pair = one.patched
    heads = [str(head) for head in range(pair.heads.denoised.shape[1])]
    drawn = {
        "words": (pair.words, unit_names(pair.words, pair.text), "word"),
        "heads": (pair.heads, heads, "head"),
    }
    title = f"{pair.edit.kind}: “{short(pair.edit.text, LONGEST)}”"
    found = []
    for name, (patched, columns, unit) in drawn.items():
        stem = folder / "figures" / f"text-{number}-{name}"
        write_patching(patched, columns, stem, title)
        given, other = one.evidence.explained
        caption = (
            f"Activation patching by layer and {unit}. Clean: the text. Corrupted: “{pair.edit.text}” "
            f"({pair.edit.kind}). The logit difference is {given} − {other}."
        )
        found.append(picture(stem.with_suffix(".png"), caption, READING.format(unit)))
    return found
