"""What the diagnosis is given of a faulty classifier: answers on dev, as for any other model."""

from collections.abc import Mapping
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from pipelines.validating.linear_heads import Classes, probe_classes
from pipelines.validating.planted_faults import Faulty, Part
from pipelines.validating.pooled_vectors import Reader
from probing.axes import Split
from probing.diagnosis.answers import Answers
from probing.diagnosis.split_answers import WORDS, without
from probing.diagnosis.telling_words import telling_words
from probing.probe.linear import Linear

# what a probe says of train and dev, by a hash of its vectors and its labels of train
Probed = dict[bytes, tuple[Classes, Classes]]


def answers_of(faulty: Faulty, options: Linear, probed: Probed) -> Answers:
    """The answers of the head, of a probe per layer, without single words, and on train.

    probed: what was found for the same vectors and labels before; new ones are added.
    """
    train, dev = faulty.parts["train"], faulty.parts["dev"]
    probes_of_train, probes = answers_of_probes(faulty.reader, faulty.parts, options, probed)
    of_train, of_dev = (faulty.reader.vectors(part.sentences)[-1] for part in (train, dev))
    right: NDArray[np.bool_] = faulty.head.classes(of_train) == train.gold
    return Answers(
        dev.gold,
        faulty.head.classes(of_dev),
        probes,
        tuple(range(len(probes))),
        dev.groups,
        without_words(faulty),
        (right, train.groups),
        probes_of_train == train.gold,
    )


def answers_of_probes(
    reader: Reader, parts: Mapping[Split, Part], options: Linear, probed: Probed
) -> tuple[Classes, Classes]:
    """The class that the probe of each layer gives to the sentences of train, (L, M), and of dev, (L, N)."""
    train, dev = parts["train"], parts["dev"]
    found, labels = [], {"train": train.gold, "dev": dev.gold}
    for of_train, of_dev in zip(*(reader.vectors(part.sentences) for part in (train, dev)), strict=True):
        key = sha256(of_train.tobytes() + of_dev.tobytes() + train.gold.tobytes()).digest()
        if key not in probed:
            probed[key] = probe_classes({"train": of_train, "dev": of_dev}, labels, options)
        found.append(probed[key])
    of_train, of_dev = zip(*found, strict=True)
    return np.stack(of_train), np.stack(of_dev)


def without_words(faulty: Faulty) -> Mapping[str, Classes]:
    """Per word that tells a class in train: the head's answers on dev without it; -1 where it is not. (N,) each."""
    train, dev = faulty.parts["train"], faulty.parts["dev"]
    found = {}
    for word in telling_words(train.sentences, train.gold, dev.sentences, WORDS):
        has = [place for place, one in enumerate(dev.sentences) if word in map(str.lower, one.words)]
        shorter = [without(dev.sentences[place], word) for place in has]
        classes = np.full(len(dev.gold), -1)
        classes[has] = faulty.head.classes(faulty.reader.vectors(shorter)[-1])
        found[word] = classes
    return found
