"""What the diagnosis says of each planted fault, and whether it is right, for one seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.validating.fault_answers import Probed, answers_of, classes_of_probes, probes_of
from pipelines.validating.fault_texts import Measured, TextOutcome, text_outcomes
from pipelines.validating.linear_heads import Classes, Head
from pipelines.validating.planted_faults import FAULTS, Faulty, Name, Part, Sound, part_of
from pipelines.validating.pooled_vectors import Reader
from pipelines.validating.repairs import Gain, gain_of
from probing.analysis.phenomena import usual_phenomena
from probing.axes import SPLITS, Corpus, Progress, Split
from probing.diagnosis.cause import Cause, cause
from probing.errors import ConfigError
from probing.model.encoder import Encoder
from probing.probe.linear import Linear
from probing.result.resampling import Resampling
from probing.rng import generator

NEAR = 0.05  # a layer has the negation if its probe is right in negated sentences as often as the best, less this


@dataclass(frozen=True)
class Outcome:
    """One fault of one seed. expected: fields of the cause. gain: of the repair, if one was predicted.

    texts: verdicts on single texts. n_cuts: how many layers could be cut.
    """

    seed: int
    fault: Name
    expected: Mapping[str, str | int]
    cause: Cause
    gain: Gain | None
    texts: Sequence[TextOutcome] = ()
    n_cuts: int = 0

    @property
    def named(self) -> bool:
        """Whether kind, group and word are as expected, and the layer is right or next to it."""
        rest = {name: value for name, value in self.expected.items() if name != "layer"}
        return self.layer_off in (None, 0, 1) and all(getattr(self.cause, n) == value for n, value in rest.items())

    @property
    def layer_off(self) -> int | None:
        """How far the named layer is from the planted one; None if no layer was planted, or none is named."""
        if "layer" not in self.expected or self.cause.layer is None:
            return None
        return abs(self.cause.layer - int(self.expected["layer"]))


def outcomes(
    encoder: Encoder, corpus: Corpus, seed: int, options: Linear, resamples: int, on_progress: Progress
) -> Iterator[Outcome]:
    """Plant every fault and diagnose it. Raises: ConfigError if no layer can be cut."""
    probed: Probed = {}
    sound = sound_model(encoder, corpus, seed, options, probed, on_progress)
    for name, plant in FAULTS.items():
        on_progress(f"seed {seed}: faults", [*FAULTS].index(name), len(FAULTS))
        faulty = plant(sound, generator(seed, "validation", name))
        of = measured(faulty, probes_of(faulty.reader, faulty.parts, options, probed), names_of(corpus))
        told = cause(of.answers, Resampling(resamples, np.arange(len(of.answers.gold))))
        gain = gain_of(faulty, told, generator(seed, "validation", name, "repair"))
        yield Outcome(seed, name, faulty.expected, told, gain, text_outcomes(of, resamples), len(sound.cuts))
    on_progress(f"seed {seed}: faults", len(FAULTS), len(FAULTS))


def measured(faulty: Faulty, probes: Sequence[Head], names: tuple[str, ...]) -> Measured:
    """What is known of a faulty classifier before anything is said of its faults."""
    test = faulty.parts["test"]
    wrong = classes_of_probes(faulty.reader, test, probes) != test.gold
    return Measured(faulty, probes, wrong.mean(axis=1).tolist(), answers_of(faulty, probes), names)


def sound_model(
    encoder: Encoder, corpus: Corpus, seed: int, options: Linear, probed: Probed, on_progress: Progress
) -> Sound:
    """What the faults of one seed are planted into."""
    reader, parts = Reader(encoder), parts_of_corpus(corpus)
    for split in SPLITS:
        reader.vectors(parts[split].sentences, on_progress)
    n_classes = int(parts["train"].gold.max()) + 1
    classes = classes_of_probes(reader, parts["dev"], probes_of(reader, parts, options, probed))
    return Sound(reader, parts, n_classes, cuts(classes, parts["dev"]), seed)


def names_of(corpus: Corpus) -> tuple[str, ...]:
    """Its classes, in the order of their numbers."""
    return tuple(sorted({str(one.label) for one in corpus.splits["train"]}))


def parts_of_corpus(corpus: Corpus) -> dict[Split, Part]:
    """Its splits with their classes, which are numbered in the order of their names."""
    names = names_of(corpus)
    train = corpus.splits["train"]
    new, of_train = usual_phenomena(train), usual_phenomena(train, of_train=True)
    return {
        split: part_of(
            some, np.array([names.index(str(one.label)) for one in some]), of_train if split == "train" else new
        )
        for split, some in corpus.splits.items()
    }


def cuts(probes: Classes, dev: Part) -> tuple[int, ...]:
    """The layers above the first one that has the negation: cut there, it is lost, and the layer below still has it."""
    right = (probes == dev.gold)[:, dev.negated].mean(axis=1)
    first = int(np.argmax(right >= right.max() - NEAR))
    found = tuple(range(first + 1, len(probes)))
    if not found:
        raise ConfigError(f"the model has the negation in its last layer, {first}, alone; no layer above it can be cut")
    return found
