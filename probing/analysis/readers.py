"""What interventions are measured on: how a trained probe, or the model's own head, reads a sample of sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast

import numpy as np

from probing.analysis.samples import Sample
from probing.attention.interventions.model_head import head_readout
from probing.attention.interventions.readouts import ProbeReadout, Readout
from probing.axes import Labels, Note
from probing.model.class_names import match_classes
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords
from probing.probe.fit import TASK, Fit
from probing.result.score import Prediction
from probing.rng import generator
from probing.task.labels import Task

NOTHING_READS = (
    "no linear classifier was trained on a layer above 0, and the checkpoint has no head of its own for this task; "
    "type task=pos probe=linear"
)


class Reader(Protocol):
    """Turns a sample into what a readout is run on and the readout itself: masked words, or the sample as it is."""

    def __call__(self, sample: Sample) -> tuple[Subwords, Readout]:
        """The subwords to run the model on, and what reads its hidden states."""
        ...


@dataclass(frozen=True)
class ProbeReader:
    """The trained linear probe of one layer. passed_over: a lower layer that dev liked better, but no head can move."""

    fit: Fit
    task: Task
    labels: Labels
    cls_position: Literal["first", "last"]
    passed_over: int | None = None

    def __call__(self, sample: Sample) -> tuple[Subwords, Readout]:
        """The sample as it is, and the probe with the gold labels of its sentences."""
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
    """The head that the checkpoint was saved with: masked words, next words, or classes matched by name."""

    encoder: Encoder
    labels: Labels
    seed: int

    def __call__(self, sample: Sample) -> tuple[Subwords, Readout]:
        """For a masked-word head the sample with some words masked; else as it is."""
        rng = generator(self.seed, "masked words", sample.split)
        gold = None
        if self.encoder.head is not None and self.encoder.head.kind == "class":
            gold = [int(self.labels.values[sample.split][i][0]) for i in sample.sentences]
        return head_readout(self.encoder, sample.subwords, rng, gold, self.labels.classes)


def probe_reader(
    predictions: Sequence[Prediction], task: Task, labels: Labels, cls_position: str
) -> ProbeReader | None:
    """The probe of the layer, from 1 on, that is best on dev; None if no linear classifier was trained on one.

    Layer 0 is the embedding output: no attention lies below it, so that an intervention could not change what it says.
    """
    fits = [p.fit for p in predictions if p.target == TASK and p.fit is not None and p.fit.weights is not None]
    above = [fit for fit in fits if fit.layer > 0 and fit.scale is not None]
    if not above or labels.kind != "class":
        return None
    best, chosen = (max(some, key=lambda fit: fit.dev_score) for some in (fits, above))
    passed_over = best.layer if best.layer == 0 else None
    return ProbeReader(chosen, task, labels, cast(Literal["first", "last"], cls_position), passed_over)


def head_reader(encoder: Encoder, labels: Labels, seed: int) -> HeadReader | None:
    """The model's own head, or None if it has none or its head labels sentences and the task does not.

    Raises: ModelError for a classifier whose classes cannot be matched by name with those of the corpus.
    """
    head = encoder.head
    if head is None or (head.kind == "class" and (labels.level, labels.kind) != ("sentence", "class")):
        return None
    if head.kind == "class":
        match_classes(labels.classes, head.id2label)
    return HeadReader(encoder, labels, seed)


def reader_notes(reader: Reader, output: Readout, refused_head: str | None) -> tuple[Note, ...]:
    """What is to be known of a reader: a head that was refused, a layer that dev liked better, further classes."""
    notes = tuple(Note("caveat", text) for text in getattr(output, "notes", ()))
    if refused_head is not None:
        notes += (Note("skipped", f"interventions are measured on {output.name}: {refused_head}"),)
    if isinstance(reader, ProbeReader) and reader.passed_over is not None:
        text = (
            f"interventions: dev chose layer {reader.passed_over}, below which there is no attention; effects are "
            f"measured on the probe of layer {reader.fit.layer}, the best of the others"
        )
        notes += (Note("caveat", text),)
    return notes
