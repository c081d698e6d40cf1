"""The output that changes of a layer are measured on: the model's own head, else the probe of the highest layer."""

from dataclasses import dataclass

from probing.analysis.readers import HeadReader, ProbeReader, head_reader, reader_notes
from probing.analysis.samples import Sample, draw, with_labels
from probing.analysis.study import Study
from probing.attention.interventions.changed_layer import entered
from probing.attention.interventions.readouts import Readout
from probing.axes import Note
from probing.model.subwords import Subwords
from probing.probe.fit import TASK

NO_OUTPUT = (
    "usage: no effect on an output was measured, because the checkpoint has no head of its own for this task and no "
    "layer has a linear probe; type probe=linear"
)


@dataclass(frozen=True, eq=False)
class Output:
    """What is read. subwords: what the model is run on. layers: those of the study that can be changed below it."""

    readout: Readout
    subwords: Subwords
    layers: tuple[int, ...]
    own_head: bool


def sample_of_test(study: Study, n: int) -> Sample:
    """At most ``n`` sentences of test that fit into one input and have a label. Raises: DataError."""
    return draw("test", study.subwords["test"], n, study.encoder.window, with_labels(study.labels, "test"))


def output(study: Study, sample: Sample) -> tuple[Output | None, list[Note]]:
    """What is read of a sample, None if there is nothing; and what must be known of it.

    Raises: ModelError for an architecture whose layers cannot be changed.
    """
    head, refused = head_reader(study.encoder, study.labels, study.options.seed)
    found: HeadReader | ProbeReader | None = head or highest_probe(study)
    if found is None:
        return None, [Note("skipped", NO_OUTPUT)]
    subwords, readout = found(sample)
    there = entered(study.encoder)
    below = [layer for layer in study.layers if layer < readout.layer or head is not None]
    layers = tuple(layer for layer in below if layer in there)
    notes = [*reader_notes(found, readout, refused)]
    if subwords is not sample.subwords:
        text = f"usage: {readout.name} and the layers above a change read the texts as this head takes them"
        notes.append(Note("caveat", text))
    if without := [layer for layer in study.layers if layer not in below]:
        text = (
            f"usage: layers {without} have no layer above them that is read, because the model has no head for this "
            f"task and {readout.name} stands in; they have no effect on an output. Type layers=all for all below it"
        )
        notes.append(Note("skipped", text))
    if without := [layer for layer in below if layer not in there]:
        notes.append(Note("skipped", f"usage: no block with attention reads layers {without}, which are not changed"))
    return Output(readout, subwords, layers, head is not None), notes


def highest_probe(study: Study) -> ProbeReader | None:
    """The linear probe of the task on the highest probed layer."""
    fits = [p.fit for p in study.predictions if p.target == TASK and p.fit is not None]
    linear = [fit for fit in fits if fit.weights is not None and fit.scale is not None]
    if not linear:
        return None
    return ProbeReader(max(linear, key=lambda fit: fit.layer), study.task, study.labels, study.encoder.cls_position)
