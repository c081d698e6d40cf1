"""Everything that was measured on one text, as tidy rows."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import numpy as np

from probing.attention.interventions.activation_patching import Patched
from probing.diagnosis.diagnosed_text import DiagnosedText
from probing.diagnosis.edited_texts import PatchedPair
from probing.report.diagnosed.diagnosed_record import Diagnosis
from probing.report.diagnosed.measurement import CLASS, LOGIT, PROBABILITY, SHARE, SPECIAL, Measurement


def rows_of_text(number: int, one: DiagnosedText, of: Diagnosis) -> Iterator[Measurement]:
    """Everything that was measured on one text, or on one word of it."""
    at = one.evidence.word
    for row in _all_rows(number, one, of):
        yield row if at is None else replace(row, word=at + 1)


def _all_rows(number: int, one: DiagnosedText, of: Diagnosis) -> Iterator[Measurement]:
    yield from _answers(number, one, of)
    yield from _words(number, one, of)
    yield from _parts(number, one)
    for place, near in enumerate(one.evidence.neighbours):
        yield Measurement(
            text=number,
            what="nearest training sentence" if one.evidence.word is None else "nearest training word",
            layer=one.evidence.read_layer,
            place=place,
            name=near.text,
            answer=near.label,
            value=near.distance,
            unit="1 - cosine",
        )
    yield from _edits(number, one, of)
    if one.patched is not None:
        yield from _patching(number, one.patched)
    yield from _repair(number, one)


def _repair(number: int, one: DiagnosedText) -> Iterator[Measurement]:
    gain, tried = one.gain, one.tried
    if gain.estimate is not None:
        row = Measurement(text=number, what="predicted gain", method=one.verdict.kind, name=gain.what, unit=SHARE)
        yield replace(row, layer=one.verdict.layer, **asdict(gain.estimate))
    if tried is not None:
        row = Measurement(text=number, what="label after an intervention", name=tried.what, unit=PROBABILITY)
        yield replace(row, value=tried.after)


def class_of(classes: tuple[str, ...], number: int | None) -> str:
    """The name of a class of the corpus; empty for none."""
    return classes[number] if number is not None and 0 <= number < len(classes) else ""


def _answers(number: int, one: DiagnosedText, of: Diagnosis) -> Iterator[Measurement]:
    found = one.evidence
    for name, value in zip(of.names, np.exp(found.log_probabilities).tolist(), strict=True):
        yield Measurement(text=number, what="answer", method="classifier", name=name, value=value, unit=PROBABILITY)
    for answer in found.answers:
        for name, value in zip(of.classes, np.exp(answer.log_probabilities).tolist(), strict=True):
            yield Measurement(
                text=number,
                what="answer",
                method="probe",
                layer=answer.layer,
                name=name,
                value=value,
                unit=PROBABILITY,
            )
        if answer.error is not None:
            yield Measurement(
                text=number, what="error on test", method="probe", layer=answer.layer, value=answer.error, unit=SHARE
            )


def _words(number: int, one: DiagnosedText, of: Diagnosis) -> Iterator[Measurement]:
    found = one.evidence
    for method in found.methods:
        for place, (word, value) in enumerate(zip(found.sentence.words, method.values.tolist(), strict=True)):
            yield Measurement(
                text=number,
                what="word",
                method=method.method,
                place=place,
                name=word,
                value=value,
                unit=method.of.unit,
            )
        sums = {"special tokens": method.special, "constant": method.of.constant}
        if method.of.total is not None and method.of.error is not None:
            sums |= {"total": method.of.total, "remainder": method.of.error}
        for name, value in sums.items():
            yield Measurement(
                text=number, what="beside words", method=method.method, name=name, value=value, unit=method.of.unit
            )
    for place, (word, shorter) in enumerate(zip(found.sentence.words, found.shorter.tolist(), strict=True)):
        yield Measurement(
            text=number,
            what="answer without the word",
            method="classifier",
            place=place,
            name=word,
            answer=class_of(of.classes, shorter),
            unit=CLASS,
        )


def _parts(number: int, one: DiagnosedText) -> Iterator[Measurement]:
    words = one.evidence.sentence.words
    for part in one.evidence.parts:
        for method, value in (("replaced by its mean", part.effect), ("replaced by zeros", part.with_zeros)):
            yield Measurement(
                text=number,
                what=f"effect of {part.kind}",
                method=method,
                layer=part.layer,
                head=part.head,
                value=value,
                unit=LOGIT,
            )
        for place, weight in part.attends_to:
            yield Measurement(
                text=number,
                what="attends to",
                layer=part.layer,
                head=part.head,
                place=place,
                name=words[place],
                value=weight,
                unit=SHARE,
            )


def _edits(number: int, one: DiagnosedText, of: Diagnosis) -> Iterator[Measurement]:
    for place, edit in enumerate(one.evidence.edits):
        row = Measurement(text=number, what="edit, expected", place=place, name=edit.edit.text, unit=CLASS)
        yield replace(row, method=edit.edit.kind, answer=class_of(of.classes, edit.expected))
        row = replace(row, unit=PROBABILITY)
        given = edit.log_probabilities
        answer, value = of.names[int(given.argmax())], float(np.exp(given.max()))
        yield replace(row, what="edit, classifier", answer=answer, value=value)
        for by in edit.answers:
            value = float(np.exp(by.log_probabilities.max()))
            yield replace(row, what="edit, probe", layer=by.layer, answer=of.classes[by.predicted], value=value)


def _patching(number: int, one: PatchedPair) -> Iterator[Measurement]:
    yield from _patched(number, "hidden states of a word", one.words, unit_names(one.words, one.text))
    for row in _patched(number, "hidden states of all words", one.layers, []):
        yield replace(row, place=None)
    for row in _patched(number, "output of a head", one.heads, []):
        yield replace(row, head=row.place, place=None)


def _patched(number: int, method: str, patched: Patched, names: Sequence[str]) -> Iterator[Measurement]:
    for what, values in (("recovered", patched.recovered), ("destroyed", patched.destroyed)):
        for (at, column), value in np.ndenumerate(values):
            yield Measurement(
                text=number,
                what=f"patching, {what}",
                method=method,
                layer=int(patched.layers[at]),
                place=column,
                name=names[column] if names else "",
                value=float(value),
                unit=SHARE,
            )


def unit_names(patched: Patched, words: tuple[str, ...]) -> list[str]:
    """The name of each unit that is patched: its word."""
    return [words[number] if number >= 0 else SPECIAL for number in patched.words.tolist()]
