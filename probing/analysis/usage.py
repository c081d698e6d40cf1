"""Usage: what a probe decodes is removed from a layer, or moved to another class, and an output is read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from probing.analysis.concept_builds import Built, Ways, built
from probing.analysis.concept_changes import CONTROL, METHODS
from probing.analysis.concept_effects import Effects, Measured
from probing.analysis.concept_labels import ALL, LEAST_SENTENCES, OWN, Concept, Halves, apart_from, concepts, halves
from probing.analysis.concept_scores import Found, Key, LayerScores, Sampled, Sums, gathered
from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.readers import READ, reading_facts
from probing.analysis.samples import Sample
from probing.analysis.study import Study
from probing.analysis.usage_output import (
    AUTO,
    HEAD,
    OUTPUTS,
    Output,
    output,
    output_of_property,
    own_head,
    sample_of_test,
)
from probing.analysis.usage_rows import LEAST_DRAWS, usage_rows, used
from probing.axes import Note
from probing.errors import ConfigError, DataError, not_negative, one_of, positive
from probing.model.pooling import Pooling
from probing.task.properties import PROPERTIES


@dataclass(frozen=True)
class Usage(Analysis):
    """A study in; findings out. Every option is explained in conf/analysis/usage.yaml."""

    concepts: list[str] = field(default_factory=lambda: [OWN])
    methods: list[str] = field(default_factory=lambda: [*METHODS])
    sentences: int = 50
    items: int = 2000
    draws: int = 5
    steps: int = 8
    alpha: float = 4.0
    l2: float = 1e-3
    output: str = AUTO
    reads_model_head = True

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        for name in ("sentences", "items", "steps", "l2"):
            positive(f"analysis.usage.{name}", getattr(self, name))
        not_negative("analysis.usage.alpha", self.alpha)
        if self.draws < LEAST_DRAWS:
            raise ConfigError(
                f"analysis.usage.draws={self.draws}: how far random subspaces differ cannot be told from fewer than "
                f"{LEAST_DRAWS}; type {LEAST_DRAWS} or more"
            )
        for method in self.methods:
            one_of("analysis.usage.methods", method, METHODS)

    def check(self, study: Study) -> None:
        """Raise ConfigError for a task whose labels are not classes of words or sentences, for unknown concepts and
        outputs, and for a head that the model does not have; DataError for too few sentences.
        """
        if study.labels.kind != "class" or study.labels.level not in READ or study.labels.places is not None:
            raise ConfigError(
                f"analysis=usage changes classes of words or of sentences, and task={study.task.name} has "
                f"{study.labels.kind} labels of {study.labels.level} items; type task=pos, or leave it out"
            )
        known = [OWN, ALL, *(task.name for task in PROPERTIES[study.labels.level])]
        for name in self.concepts:
            one_of("analysis.usage.concepts", name, known)
        one_of(
            "analysis.usage.output", self.output, [*OUTPUTS, *(name for name in known[2:] if name != study.task.name)]
        )
        if self.output == HEAD:
            own_head(study, HEAD)
        n, needed = len(study.corpus.splits["train"]), 2 * LEAST_SENTENCES
        if n < needed:
            raise DataError(
                f"analysis=usage needs at least {needed} sentences of train: one half builds interventions, the other "
                f"the probes that validate them; {study.corpus.name} has {n}: give more, or leave usage out"
            )

    def __call__(self, study: Study) -> Findings:
        """Rows on test by layer, concept and method: completeness, selectivity, reliability, effect on the output,
        changed predictions, and how often layers above decode the concept again; see ``usage_rows``.

        Raises: DataError for a concept with one class, ConfigError for one of a rank that a layer does not have and for
        a head that is not there, and ModelError for an architecture whose layers cannot be changed.
        """
        split_in = halves(study, self.items)
        known, notes = concepts(study, split_in)
        chosen = named(study, known, self.concepts, "concepts")
        [property_read] = named(study, known, [self.output], "output") if self.output not in OUTPUTS else [""]
        sample = sample_of_test(study, self.sentences)
        read, of_output = (None, []) if property_read else output(study, sample, known[0], self.output)
        made, parts = self._by_layer(study, known, chosen, (split_in, sample))
        if property_read:
            [concept] = [one for one in known if one.name == property_read]
            read, of_output = output_of_property(study, sample, concept, made)
        found = gathered(parts)
        if read is not None:
            found |= _effects(study, read, made, known, sample)
        rows = usage_rows(found, self.draws, study.resampling("test", sample.sentences), study.options.seed)
        facts: dict[str, object] = {
            "sample": sample.description,
            "built_on": [len(half) for half in split_in],
            "properties": {one.name: [o.name for o in apart_from(one, known, split_in[0])] for one in known},
            "ranks": {name: _ranks(made, name, "") for name in chosen},
            "control_ranks": {name: _ranks(made, name, CONTROL) for name in chosen},
            "methods": list(self.methods),
            "used": used(rows),
        }
        if read is not None:
            facts |= {"output": read.readout.name, "own_head": read.own_head, **reading_facts(read.readout)}
        notes += [*of_output, *_unfinished(made, self.steps), Note("sample", f"usage: {sample.description}")]
        return Findings(tuple(rows), facts=facts, notes=tuple(notes))

    def _by_layer(
        self, study: Study, known: Sequence[Concept], chosen: Sequence[str], on: tuple[Halves, Sample]
    ) -> tuple[dict[int, Built], dict[int, dict[Key, Sums]]]:
        """What is built on each layer, and the scores of that by validation probes."""
        (split_in, sample), seed = on, study.options.seed
        ways = Ways(self.methods, self.draws, self.steps, self.alpha, self.l2, seed, study.items.vectors.bits)
        sampled, made, parts = _sampled(study, sample), {}, {}
        for done, layer in enumerate(study.layers):
            study.on_progress("usage: layers", done, len(study.layers))
            vectors = study.items.vectors.layer(layer)
            made[layer] = built(vectors, known, chosen, split_in, ways)
            test = made[layer].standardised(vectors["test"][sampled.items])
            scores = LayerScores(made[layer], test, known, sampled, split_in[0], seed)
            parts[layer] = scores.unchanged() | scores.changed()
        study.on_progress("usage: layers", len(study.layers), len(study.layers))
        return made, parts


def named(study: Study, known: Sequence[Concept], asked: Sequence[str], option: str) -> list[str]:
    """The names of the concepts that are asked for. Raises: DataError for one that the corpus does not have."""
    names = [one.name for one in known]
    if ALL in asked:
        return names
    wanted = [study.task.name if name == OWN else name for name in dict.fromkeys(asked)]
    if missing := [name for name in wanted if name not in names]:
        raise DataError(
            f"analysis.usage.{option}={','.join(missing)}: {study.corpus.name} does not have it, or has only one class "
            f"of it that is frequent enough; it has {', '.join(names)}"
        )
    return wanted


def _sampled(study: Study, sample: Sample) -> Sampled:
    lengths = np.array([len(of) for of in study.items.words["test"]])
    place = np.full(len(lengths), -1)
    place[sample.sentences] = np.arange(len(sample.sentences))
    of_items = np.repeat(place, lengths)
    items = np.flatnonzero(of_items >= 0)
    return Sampled(items, of_items[items], len(sample.sentences))


def _effects(study: Study, read: Output, made: Mapping[int, Built], known: Sequence[Concept], sample: Sample) -> Found:
    """What the changes of the layers below the output do to it, and to the layers above."""
    words = [study.items.words["test"][sentence] for sentence in sample.sentences]
    lengths = np.array([len(of) for of in study.items.words["test"]])
    first = (np.cumsum(lengths) - lengths)[sample.sentences]
    pooling = Pooling(study.labels.level, study.task.vector, study.encoder.cls_position)
    on = Measured(study.encoder, read.subwords, read.readout, words, first, pooling, read.wanted, study.on_progress)
    return Effects(on, made, read.layers, known, study.options.seed).found()


def _ranks(made: Mapping[int, Built], name: str, against: str) -> dict[str, list[int]]:
    """By method the rank of the subspace on each layer, of the concept or of its control task."""
    found: dict[str, list[int]] = {}
    for of_layer in made.values():
        for change in of_layer.changes[name]:
            if change.against == against:
                found.setdefault(change.method, []).append(change.rank)
    return found


def _unfinished(made: Mapping[int, Built], steps: int) -> list[Note]:
    """A note where INLP would have found more."""
    left: dict[str, list[str]] = {}
    for layer, of_layer in made.items():
        for name, more in of_layer.unfinished.items():
            left.setdefault(name, []).append(f"{layer} ({more:+.2f})")
    return [
        Note(
            "unconverged",
            f"usage: after {steps} steps INLP still found {name} on layers {', '.join(of)}: the accuracy "
            "of one more probe above the majority; type a higher analysis.usage.steps",
        )
        for name, of in left.items()
    ]
