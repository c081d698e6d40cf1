"""What the diagnosis is given of a faulty classifier: answers on dev, as for any other model."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from pipelines.validating.linear_heads import Classes, Head, trained_probe
from pipelines.validating.planted_faults import Faulty, Part
from pipelines.validating.pooled_vectors import Reader
from probing.axes import Sentence, Split
from probing.diagnosis.answers import Answers
from probing.diagnosis.split_answers import WORDS
from probing.diagnosis.taken_out import without_words
from probing.diagnosis.telling_words import telling_words
from probing.probe.linear import Linear

Probed = dict[bytes, Head]  # a layer's probe, by a hash of its vectors and its labels of train


def answers_of(faulty: Faulty, probes: Sequence[Head]) -> Answers:
    """The answers of the head, of a probe per layer, without single words, and on train."""
    train, dev = faulty.parts["train"], faulty.parts["dev"]
    of_train, of_dev = (classes_of_probes(faulty.reader, part, probes) for part in (train, dev))
    right: NDArray[np.bool_] = head_classes(faulty, train.sentences) == train.gold
    words = telling_words(train.sentences, train.gold, dev.sentences, WORDS)
    return Answers(
        dev.gold,
        head_classes(faulty, dev.sentences),
        of_dev,
        tuple(range(len(probes))),
        dev.groups,
        without_words(words, dev.sentences, lambda some: head_classes(faulty, some)),
        (right, train.groups),
        of_train == train.gold,
    )


def head_classes(faulty: Faulty, sentences: Sequence[Sentence]) -> Classes:
    """The class that the classifier gives to each sentence, (N,)."""
    return faulty.head.classes(faulty.reader.vectors(sentences)[-1])


def probes_of(reader: Reader, parts: Mapping[Split, Part], options: Linear, probed: Probed) -> list[Head]:
    """A probe for each layer. probed: those for the same vectors and labels; new ones are added."""
    train, dev = parts["train"], parts["dev"]
    found, labels = [], {"train": train.gold, "dev": dev.gold}
    for of_train, of_dev in zip(*(reader.vectors(part.sentences) for part in (train, dev)), strict=True):
        key = sha256(of_train.tobytes() + of_dev.tobytes() + train.gold.tobytes()).digest()
        if key not in probed:
            probed[key] = trained_probe({"train": of_train, "dev": of_dev}, labels, options)
        found.append(probed[key])
    return found


def classes_of_probes(reader: Reader, part: Part, probes: Sequence[Head]) -> Classes:
    """The class that the probe of each layer gives to the sentences of a split, (L, N)."""
    vectors = reader.vectors(part.sentences)
    return np.stack([probe.classes(layer) for probe, layer in zip(probes, vectors, strict=True)])
