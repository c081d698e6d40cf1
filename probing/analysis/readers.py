"""Readers: how a trained probe, or the model's own head, reads a sample; interventions are measured on the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np

from probing.analysis.samples import Sample
from probing.attention.interventions.model_head import head_readout
from probing.attention.interventions.readouts import ProbeReadout, Readout
from probing.axes import Labels, Note
from probing.errors import ModelError
from probing.model.class_names import match_classes
from probing.model.encoder import Encoder
from probing.model.saved_tokenizer import ClsPosition
from probing.model.subwords import Subwords
from probing.probe.fit import TASK, Fit
from probing.result.score import Prediction
from probing.rng import generator
from probing.task.labels import Task

NOTHING_READS = (
    "there is no linear classifier of words or sentences on a layer above 0, and the checkpoint has no head of its own "
    "for this task; type task=pos probe=linear layers=all"
)


READ = ("word", "sentence")  # the levels whose vectors a readout can follow through an intervention
LEVEL_OF = {"class": "sentence", "tag": "word"}  # what a head that is a classifier gives a class to


class Reader(Protocol):
    """Makes a readout for a sample."""

    @property
    def reads_labels(self) -> bool:
        """Whether it scores the labels of the corpus, which a sentence may lack, and not words."""
        ...

    def __call__(self, sample: Sample) -> tuple[Subwords, Readout]:
        """The subwords to run the model on (with some words masked for a masked-word head), and the readout."""
        ...


@dataclass(frozen=True)
class ProbeReader:
    """The trained linear probe of one layer. passed_over: a layer that is better on dev, but that no head affects."""

    fit: Fit
    task: Task
    labels: Labels
    cls_position: ClsPosition
    passed_over: int | None = None
    reads_labels = True

    def __call__(self, sample: Sample) -> tuple[Subwords, Readout]:
        """The subwords of the sample, unchanged, and the probe with the gold labels of its sentences."""
        labels, (mean, deviation) = self.labels, self.fit.scale or (np.zeros(0), np.ones(0))
        gold = [np.asarray(labels.values[sample.split][i]) for i in sample.sentences]
        name = f"the linear probe of {self.task.name} on layer {self.fit.layer}"
        weights = cast(np.ndarray, self.fit.weights)
        probe = ProbeReadout(
            name, self.fit.layer, weights, mean, deviation, gold, labels.level, self.task.vector, self.cls_position
        )
        return sample.subwords, probe


@dataclass(frozen=True)
class HeadReader:
    """The head saved with the checkpoint: it predicts masked words, next words, or classes matched by name."""

    encoder: Encoder
    labels: Labels
    seed: int

    @property
    def reads_labels(self) -> bool:
        """Only a head that predicts classes does."""
        return self.encoder.head is not None and self.encoder.head.kind in LEVEL_OF

    def __call__(self, sample: Sample) -> tuple[Subwords, Readout]:
        """The subwords of the sample (for a masked-word head with some words masked), and the head as a readout."""
        rng = generator(self.seed, "masked words", sample.split)
        gold = None
        if self.reads_labels:
            gold = [np.asarray(self.labels.values[sample.split][i]) for i in sample.sentences]
        return head_readout(self.encoder, sample.subwords, rng, gold, self.labels.classes)


def probe_reader(predictions: Sequence[Prediction], task: Task, labels: Labels, encoder: Encoder) -> ProbeReader | None:
    """The probe that is best on dev of those on a layer with attention in it or below; None if there is none.

    There is none below layer 0 (the embedding output), and none in the lowest blocks of some models, so that
    interventions cannot change what is predicted there. Raises: ModelError if the model gives no maps.
    """
    lowest = encoder.map_facts.layers[0]
    fits = [p.fit for p in predictions if p.target == TASK and p.fit is not None and p.fit.weights is not None]
    above = [fit for fit in fits if fit.layer >= lowest and fit.scale is not None]
    if not above or labels.kind != "class" or labels.level not in READ or labels.places is not None:
        return None
    best, chosen = (max(some, key=lambda fit: fit.dev_score) for some in (fits, above))
    passed_over = best.layer if best.layer < lowest else None
    return ProbeReader(chosen, task, labels, encoder.cls_position, passed_over)


def head_reader(encoder: Encoder, labels: Labels, seed: int) -> tuple[HeadReader | None, str | None]:
    """The model's own head, and why it was refused if the classes of a classifier do not match the corpus by name.

    (None, None) if the model has no head, or if its head classifies sentences, or words, and the task does not.
    """
    head = encoder.head
    if head is None or (head.kind in LEVEL_OF and (labels.level, labels.kind) != (LEVEL_OF[head.kind], "class")):
        return None, None
    if head.kind in LEVEL_OF:
        try:
            match_classes(labels.classes, head.id2label)
        except ModelError as error:
            return None, str(error)
    return HeadReader(encoder, labels, seed), None


def reading_facts(output: Readout) -> dict[str, object]:
    """For pages: what the output predicts, in words."""
    return {"predicts": getattr(output, "predicts", "") or "the gold label"}


def reader_notes(reader: Reader, output: Readout, refused_head: str | None) -> tuple[Note, ...]:
    """Caveats: a head that was refused, a better layer 0 that was not used, further classes of the model's head."""
    notes = tuple(Note("caveat", text) for text in getattr(output, "notes", ()))
    if refused_head is not None:
        notes += (Note("skipped", f"interventions are measured on {output.name}, because {refused_head}"),)
    if isinstance(reader, ProbeReader) and reader.passed_over is not None:
        text = (
            f"interventions: dev chose layer {reader.passed_over}, which has no attention below it; effects are "
            f"measured on the probe of layer {reader.fit.layer}, the best one above it"
        )
        notes += (Note("caveat", text),)
    return notes
