"""The other tables of one text: answers by layer, heads and layers, near training sentences, minimal pairs."""

from collections.abc import Sequence

import numpy as np

from probing.analysis.text_parts import Part
from probing.attention.interventions.layer_answers import Answer
from probing.diagnosis.diagnosed_text import DiagnosedText
from probing.diagnosis.edited_texts import EditedText
from probing.diagnosis.one_text import TextEvidence
from probing.report.diagnosed.diagnosed_record import Diagnosis
from probing.report.diagnosed.measurement_rows import class_of
from probing.report.diagnosed.toned_table import NONE, Cell, Toned, percent, plain, text, toned

MOST_CLASSES = 6  # that have a column each


def layer_table(found: TextEvidence, classes: Sequence[str]) -> Toned:
    """What the probe of each layer answers, with its probabilities and its own error rate."""
    shown = [*range(len(classes))] if len(classes) <= MOST_CLASSES else sorted({found.label, found.predicted} - {-2})
    head = ["layer", "probe says", *(f"P({classes[label]})" for label in shown), "this probe's error on test", ""]
    return Toned(head, [_of_layer(answer, found, classes, shown) for answer in found.answers])


def _of_layer(answer: Answer, found: TextEvidence, classes: Sequence[str], shown: Sequence[int]) -> list[Cell]:
    read = "read by the classifier" if answer.layer == found.read_layer else ""
    return [
        Cell(str(answer.layer)),
        text(classes[answer.predicted], class_tone(answer.predicted, found)),
        *(Cell(percent(found.probability(answer, label))) for label in shown),
        Cell(percent(answer.error)),
        text(read),
    ]


def class_tone(number: int | None, found: TextEvidence) -> str:
    """Blue for the label where the classifier gives another answer, orange for that answer."""
    if found.is_right:
        return ""
    return {found.label: "against3", found.predicted: "for3"}.get(number if number is not None else -9, "")


def part_table(found: TextEvidence) -> Toned:
    """Heads and layers, the strongest first, with both ways of taking them away."""
    means, zeros = (
        toned(np.array([getattr(part, name) for part in found.parts], dtype=np.float64))
        for name in ("effect", "with_zeros")
    )
    head = ["part", "effect: replaced by its mean", "effect: replaced by zeros", "attends most to"]
    rows = [
        [text(part.name), mean, zero, text(_attends(part, found))]
        for part, mean, zero in zip(found.parts, means, zeros, strict=True)
    ]
    return Toned(head, rows)


def _attends(part: Part, found: TextEvidence) -> str:
    return ", ".join(f"{found.sentence.words[word]} {weight:.2f}" for word, weight in part.attends_to)


def neighbour_table(found: TextEvidence, classes: Sequence[str]) -> Toned:
    """The nearest sentences of train with their labels."""
    numbers = {name: number for number, name in enumerate(classes)}
    rows = [
        [text(near.label, class_tone(numbers.get(near.label), found)), Cell(plain(near.distance, 3)), text(near.text)]
        for near in found.neighbours
    ]
    return Toned(["label", "distance", "sentence of train" if found.word is None else "word of train"], rows)


def pair_table(one: DiagnosedText, of: Diagnosis) -> Toned:
    """Minimal pairs: the answer that is expected and the one that is given."""
    head = ["edit", "new text", "expected", "given", "", "layers whose probes tell them apart", "how sure the rule is"]
    return Toned(head, [_of_edit(edit, one, of) for edit in one.evidence.edits])


def _of_edit(edit: EditedText, one: DiagnosedText, of: Diagnosis) -> list[Cell]:
    given = of.names[int(edit.log_probabilities.argmax())]
    apart = ", ".join(map(str, edit.told_apart(one.evidence.answers))) or "none"
    differs = edit.expected is not None and not edit.as_expected
    return [
        text(edit.edit.kind),
        text(edit.edit.text),
        text(class_of(of.classes, edit.expected) or NONE, class_tone(edit.expected, one.evidence)),
        text(
            f"{given} ({percent(float(np.exp(edit.log_probabilities.max())))})",
            class_tone(edit.predicted, one.evidence),
        ),
        text("not as expected" if differs else "", "warned" if differs else ""),
        text(apart),
        text(f"{edit.edit.sure}: {edit.edit.why}"),
    ]


def patched_layers_table(one: DiagnosedText) -> Toned:
    """Per layer, with the states of all words that both texts have at once: what is brought back, and taken away."""
    head = ["layer", "answer brought back (denoising)", "answer taken away (noising)"]
    if one.patched is None:
        return Toned(head, [])
    of = one.patched.layers
    columns = zip(of.layers, of.recovered[:, 0].tolist(), of.destroyed[:, 0].tolist(), strict=True)
    return Toned(head, [[Cell(str(layer)), Cell(plain(back)), Cell(plain(away))] for layer, back, away in columns])
