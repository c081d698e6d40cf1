"""Verdicts on single texts of a faulty classifier: its most confident errors, measured as a diagnosis measures them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.validating.fault_answers import head_classes
from pipelines.validating.linear_heads import Classes, Floats, Head
from pipelines.validating.planted_faults import Faulty, Name
from pipelines.validating.repairs import Gain, measured_gain
from probing.attention.interventions.layer_answers import Answer
from probing.axes import Sentence
from probing.data.minimal_pair import Edit
from probing.data.words_left_out import without_places
from probing.diagnosis.answers import Answers
from probing.diagnosis.edited_texts import EditedText, expected_edits
from probing.diagnosis.neighbours import NEIGHBOURS, Neighbour
from probing.diagnosis.one_text import TextEvidence
from probing.diagnosis.taken_out import ABSENT, without_words
from probing.diagnosis.text_gain import others, text_gain
from probing.diagnosis.text_rules import Kind
from probing.diagnosis.text_verdict import Verdict, verdict
from probing.probe.nearest import nearest
from probing.result.resampling import Resampling

TEXTS = 10  # most confident errors of dev, at most
# the verdict on one text that fits a fault; a healthy model has none
FITTING: Mapping[Name, Kind] = {
    "flipped head": "unused",
    "flipped labels": "doubtful label",
    "cut negation": "lost",
    "under-trained head": "unused",
    "spurious word": "outweighed",
}


@dataclass(frozen=True)
class TextOutcome:
    """A verdict on one text. fits: whether it is the one for the planted fault, the word included; None: there is none.

    gain: of the repair that it names, if one was predicted.
    """

    text: str
    kind: Kind
    fits: bool | None
    gain: Gain | None
    layer: int | None = None
    word: str | None = None


@dataclass(frozen=True, eq=False)
class Measured:
    """A faulty classifier with the probes of its layers, their share of errors on test, and the answers on dev."""

    faulty: Faulty
    probes: Sequence[Head]
    errors: Sequence[float]
    answers: Answers
    names: tuple[str, ...]

    def log_probabilities(self, sentences: Sequence[Sentence]) -> tuple[Floats, list[list[Answer]]]:
        """Of the classifier, (N, C), and of the probe of each layer for each sentence."""
        vectors = self.faulty.reader.vectors(sentences)
        layers = [probe.log_probabilities(layer) for probe, layer in zip(self.probes, vectors, strict=True)]
        each = [
            [Answer(layer, rows[n], self.errors[layer]) for layer, rows in enumerate(layers)]
            for n in range(len(sentences))
        ]
        return self.faulty.head.log_probabilities(vectors[-1]), each


def text_outcomes(of: Measured, resamples: int) -> list[TextOutcome]:
    """The verdicts on the TEXTS most confident errors of dev, with what their repairs bring on test."""
    dev = of.faulty.parts["dev"]
    sure, _ = of.log_probabilities(dev.sentences)
    wrong = np.flatnonzero(of.answers.model != dev.gold)
    wrong = wrong[np.argsort(-sure.max(axis=1)[wrong], kind="stable")][:TEXTS]
    found = []
    for place in wrong:
        text = dev.sentences[place]
        told = verdict(evidence(of, text, int(dev.gold[place])), of.names, own_head=True)
        answers = of.answers
        if told.word is not None:
            answers = replace(answers, without=_without(of.faulty, told.word, dev.sentences))
        resampling = Resampling(resamples, np.arange(len(dev.gold)))
        predicted = text_gain(told, answers, others(dev.sentences, text), resampling).estimate
        gain = None if predicted is None else measured_gain(predicted, *on_test(of, told))
        found.append(TextOutcome(" ".join(text.words), told.kind, fits(of.faulty, told), gain, told.layer, told.word))
    return found


def fits(faulty: Faulty, told: Verdict) -> bool | None:
    """Whether a verdict is the one for the planted fault."""
    if faulty.name not in FITTING:
        return None
    return told.kind == FITTING[faulty.name] and faulty.expected.get("word") in (None, told.word)


def on_test(of: Measured, told: Verdict) -> tuple[Classes, Classes, Classes]:
    """The classes of test, and what the classifier gives before and after the repair, of the sentences it is about.

    The new head is the probe of its layer, which ``python -m pipelines.classifier`` makes a head of too.
    """
    faulty, test = of.faulty, of.faulty.parts["test"]
    before = head_classes(faulty, test.sentences)
    if told.word is not None:
        after = _without(faulty, told.word, test.sentences)[told.word]
        has = after != ABSENT
        return test.gold[has], before[has], after[has]
    layer = -1 if told.layer is None else told.layer
    return test.gold, before, of.probes[layer].classes(faulty.reader.vectors(test.sentences)[layer])


def _without(faulty: Faulty, word: str, sentences: Sequence[Sentence]) -> Mapping[str, Classes]:
    return without_words([word], sentences, lambda some: head_classes(faulty, some))


def evidence(of: Measured, text: Sentence, label: int) -> TextEvidence:
    """What a verdict on one text is made from; no words and no heads are weighed, which no rule needs."""
    edits = expected_edits(text, label, of.names)
    shorter = [without_places(text, [at]) for at in range(len(text.words))]
    variants = [text, *shorter, *(Sentence(edit.kind, edit.words) for edit, _ in edits)]
    own, answers = of.log_probabilities(variants)
    classes, n_shorter = own.argmax(axis=1), len(shorter)
    predicted = int(classes[0])
    return TextEvidence(
        sentence=text,
        label=label,
        predicted=predicted,
        log_probabilities=own[0],
        explained=(of.names[predicted], of.names[label]),
        answers=answers[0],
        methods=(),
        shorter=classes[1 : 1 + n_shorter],
        label_without=np.exp(own[1 : 1 + n_shorter, label]),
        parts=(),
        neighbours=_neighbours(of, text),
        edits=_edited(edits, own[1 + n_shorter :], answers[1 + n_shorter :]),
        notes=(),
        read_layer=len(of.probes) - 1,
    )


def _edited(
    edits: Sequence[tuple[Edit, int | None]], own: Floats, answers: Sequence[Sequence[Answer]]
) -> list[EditedText]:
    return [
        EditedText(edit, expected, int(row.argmax()), row, of_probes)
        for (edit, expected), row, of_probes in zip(edits, own, answers, strict=True)
    ]


def _neighbours(of: Measured, text: Sentence) -> list[Neighbour]:
    train, reader = of.faulty.parts["train"], of.faulty.reader
    vectors, [own] = (reader.vectors(some)[-1] for some in (train.sentences, [text]))
    spread = vectors.std(axis=0)
    near = nearest(vectors, own, (vectors.mean(axis=0), np.where(spread > 0, spread, 1)), NEIGHBOURS)
    return [
        Neighbour(" ".join(train.sentences[n].words), of.names[int(train.gold[n])], float(distance))
        for n, distance in zip(near.items, near.distances, strict=True)
    ]
