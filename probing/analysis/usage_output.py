"""The output that changes of a layer are measured on: the model's own head, or a probe of the highest layer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from probing.analysis.concept_builds import Built, goals
from probing.analysis.concept_labels import Concept
from probing.analysis.readers import HeadReader, ProbeReader, head_reader, reader_notes
from probing.analysis.samples import Sample, draw, with_labels
from probing.analysis.study import Study
from probing.attention.interventions.changed_layer import entered
from probing.attention.interventions.readouts import ProbeReadout, Readout
from probing.axes import IntArray, Note
from probing.errors import ConfigError
from probing.model.subwords import Subwords
from probing.probe.erasure.subspaces import Classes
from probing.probe.fit import TASK

AUTO, HEAD, PROBE = OUTPUTS = ("auto", "head", "probe")  # besides names of properties
NO_OUTPUT = (
    "usage: no effect on an output was measured, because the checkpoint has no head of its own for this task and no "
    "layer has a linear probe; type probe=linear"
)


@dataclass(frozen=True, eq=False)
class Output:
    """What is read. subwords: what the model is run on. layers: those of the study that can be changed below it.

    wanted: by concept the same readout with the classes that items are moved to, if it predicts the concept's classes.
    """

    readout: Readout
    subwords: Subwords
    layers: tuple[int, ...]
    own_head: bool
    wanted: Mapping[str, Readout] = field(default_factory=dict)


def sample_of_test(study: Study, n: int) -> Sample:
    """At most ``n`` sentences of test that fit into one input and have a label. Raises: DataError."""
    return draw("test", study.subwords["test"], n, study.encoder.window, with_labels(study.labels, "test"))


def output(study: Study, sample: Sample, concept: Concept, which: str = AUTO) -> tuple[Output | None, list[Note]]:
    """What is read of a sample, None if there is nothing; and what must be known of it. concept: the task's own.

    which: ``head``, ``probe`` (of the task, on the highest layer), or ``auto``, the head if there is one.
    Raises: ConfigError if a head or a probe is asked for that is not there; ModelError for an architecture whose layers
    cannot be changed.
    """
    head, refused = own_head(study, which)
    found: HeadReader | ProbeReader | None = head or highest_probe(study)
    if found is None:
        return None, [Note("skipped", NO_OUTPUT)]
    subwords, readout = found(sample)
    wanted = {}
    if found.reads_labels:
        numbers = np.array([study.labels.classes.index(name) for name in concept.gold.names])
        values = of_test(study, numbers[goals(concept, study.options.seed)], concept)
        labels = replace(study.labels, values={**study.labels.values, "test": values})
        wanted[concept.name] = replace(found, labels=labels)(sample)[1]
    layers, notes = below(study, readout, head is not None)
    notes += reader_notes(found, readout, refused)
    if subwords is not sample.subwords:
        text = f"usage: {readout.name} and the layers above a change read the texts as this head takes them"
        notes.append(Note("caveat", text))
    return Output(readout, subwords, layers, head is not None, wanted), notes


def own_head(study: Study, which: str) -> tuple[HeadReader | None, str | None]:
    """The model's own head, None if there is none or another output is asked for; and why it cannot be read.

    Raises: ConfigError if the head is asked for and cannot be read.
    """
    if which == PROBE:
        return None, None
    head, refused = head_reader(study.encoder, study.labels, study.options.seed)
    if head is None and which == HEAD:
        why = refused or "the checkpoint has no head of its own for this task"
        raise ConfigError(f"analysis.usage.output=head: {why}; type analysis.usage.output=probe")
    return head, refused


def output_of_property(
    study: Study, sample: Sample, concept: Concept, made: Mapping[int, Built]
) -> tuple[Output, list[Note]]:
    """The validation probe of another property on the highest layer, trained on unchanged vectors.

    Raises: ModelError for an architecture whose layers cannot be changed.
    """
    highest = max(made)
    (mean, deviation), weights = made[highest].scale, made[highest].readers[concept.name].weights

    def readout(classes: Classes) -> ProbeReadout:
        everywhere = of_test(study, classes, concept)
        gold = [everywhere[sentence] for sentence in sample.sentences]
        name, pooled = f"the linear probe of {concept.name} on layer {highest}", (study.labels.level, study.task.vector)
        return ProbeReadout(name, highest, weights, mean, deviation, gold, *pooled, study.encoder.cls_position)

    read, wanted = (readout(classes) for classes in (concept.gold.of["test"], goals(concept, study.options.seed)))
    layers, notes = below(study, read, own_head=False)
    return Output(read, sample.subwords, layers, own_head=False, wanted={concept.name: wanted}), notes


def of_test(study: Study, classes: Classes, concept: Concept) -> list[IntArray]:
    """Classes (N,) of the items of test by sentence, as labels have them; -1 for items without one of the concept."""
    known = np.where(concept.gold.of["test"] >= 0, classes, -1)
    words = study.items.words["test"]
    ends = np.cumsum([len(of) for of in words])
    found = [np.full(len(of), -1) for of in study.labels.values["test"]]
    for row, of, part in zip(found, words, np.split(known, ends[:-1]), strict=True):
        row[of] = part
    return [*found]


def below(study: Study, readout: Readout, own_head: bool) -> tuple[tuple[int, ...], list[Note]]:
    """The layers of the study that can be changed and have the readout above them, and why others have not."""
    there = entered(study.encoder)
    lower = [layer for layer in study.layers if layer < readout.layer or own_head]
    notes = []
    if without := [layer for layer in study.layers if layer not in lower]:
        text = (
            f"usage: layers {without} have no layer above them that is read, because the output is {readout.name}, not "
            "a head of the model's own; they have no effect on it. Type layers=all for all below it"
        )
        notes.append(Note("skipped", text))
    if without := [layer for layer in lower if layer not in there]:
        notes.append(Note("skipped", f"usage: no block with attention reads layers {without}, which are not changed"))
    return tuple(layer for layer in lower if layer in there), notes


def highest_probe(study: Study) -> ProbeReader | None:
    """The linear probe of the task on the highest probed layer."""
    fits = [p.fit for p in study.predictions if p.target == TASK and p.fit is not None]
    linear = [fit for fit in fits if fit.weights is not None and fit.scale is not None]
    if not linear:
        return None
    return ProbeReader(max(linear, key=lambda fit: fit.layer), study.task, study.labels, study.encoder.cls_position)
