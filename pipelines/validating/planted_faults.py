"""Faults that are planted into a classifier, and what the diagnosis is expected to say of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.validating.linear_heads import Classes, Head, trained_head
from pipelines.validating.pooled_vectors import Reader
from probing.analysis.phenomena import Phenomenon, slices
from probing.axes import SPLITS, Sentence, Split
from probing.diagnosis.answers import Groups
from probing.errors import ConfigError

Name = Literal["flipped head", "flipped labels", "cut negation", "under-trained head", "spurious word", "healthy"]
NEGATION = "negation"
SPURIOUS = ("yesterday", "today", "tonight", "again", "here", "anyway", "indeed", "actually", "maybe", "once")
IN_TRAIN, IN_OTHERS = 0.2, 0.35  # share of the sentences that get the spurious word
ENOUGH = 0.75  # of train: an under-trained head stops as soon as it is right so often
UNEVEN, TRIES = 0.1, 50  # accuracies on negated and other sentences may differ so much; beginnings


@dataclass(frozen=True, eq=False)
class Part:
    """A split: N sentences, their classes (N,), their groups."""

    sentences: tuple[Sentence, ...]
    gold: Classes
    groups: Groups

    @property
    def negated(self) -> NDArray[np.bool_]:
        """Which sentences are in the group of negations, (N,)."""
        found: NDArray[np.bool_] = self.groups.inside[:, self.groups.names.index(NEGATION)]
        return found


@dataclass(frozen=True, eq=False)
class Faulty:
    """A classifier with one fault, and what is visible of it.

    reader: the encoder. head: reads its last layer. parts: of dev and test, gold is right; of train it is what the
    diagnosis sees. mended: labels of train without the fault. expected: fields of the cause.
    """

    name: Name
    reader: Reader
    head: Head
    parts: Mapping[Split, Part]
    mended: Classes
    n_classes: int
    expected: Mapping[str, str | int]


@dataclass(frozen=True, eq=False)
class Sound:
    """What faults are planted into: an encoder, the splits, the number of classes, the layers that can be cut."""

    reader: Reader
    parts: Mapping[Split, Part]
    n_classes: int
    cuts: tuple[int, ...]
    seed: int

    def head(self, rng: np.random.Generator, labels: Classes | None = None, until: float = 1.1) -> Head:
        """A head for the last layer, trained on train with its own or other ``labels``."""
        train = self.parts["train"]
        vectors = self.reader.vectors(train.sentences)[-1]
        return trained_head(vectors, train.gold if labels is None else labels, self.n_classes, rng, until)

    def flipped(self) -> Classes:
        """The labels of train, with another class for each negated sentence."""
        train = self.parts["train"]
        return np.where(train.negated, (train.gold + 1) % self.n_classes, train.gold)


def part_of(sentences: Sequence[Sentence], gold: Classes, kinds: Sequence[Phenomenon]) -> Part:
    """A split with the groups of its sentences, one for each kind."""
    return Part(tuple(sentences), gold, Groups.of(slices(kinds, sentences)))


def flipped_head(sound: Sound, rng: np.random.Generator) -> Faulty:
    """The head was trained on flipped labels of negated sentences, and the diagnosis sees the right ones."""
    head = sound.head(rng, sound.flipped())
    return _faulty("flipped head", sound, head, kind="unused", group=NEGATION)


def flipped_labels(sound: Sound, rng: np.random.Generator) -> Faulty:
    """The same, and the diagnosis sees the labels that the head was trained on."""
    train = replace(sound.parts["train"], gold=sound.flipped())
    head = sound.head(rng, sound.flipped())
    found = _faulty("flipped labels", sound, head, kind="as trained", group=NEGATION)
    return replace(found, parts={**sound.parts, "train": train})


def under_trained(sound: Sound, rng: np.random.Generator) -> Faulty:
    """The training of the head stopped when ENOUGH of train was right.

    It begins again from other weights if one kind of sentences of train is much worse than the other (by more than
    UNEVEN): such a head has a fault in this kind, and not in all sentences.
    """
    train = sound.parts["train"]
    vectors = sound.reader.vectors(train.sentences)[-1]
    for _ in range(TRIES):
        head = sound.head(rng, until=ENOUGH)
        right = head.classes(vectors) == train.gold
        if abs(right[train.negated].mean() - right[~train.negated].mean()) <= UNEVEN:
            return _faulty("under-trained head", sound, head, kind="unused", group="all sentences")
    raise ConfigError(
        f"seed {sound.seed}: none of {TRIES} under-trained heads is as good on negated sentences as on others; type "
        "another first_seed=…"
    )


def cut_negation(sound: Sound, rng: np.random.Generator) -> Faulty:
    """From a block on, the encoder goes on from states of the text with its negations masked."""
    layer = sound.cuts[sound.seed % len(sound.cuts)]
    cut = replace(sound, reader=Reader(sound.reader.encoder, layer, sound.reader))
    return _faulty("cut negation", cut, cut.head(rng), kind="lost", group=NEGATION, layer=layer)


def spurious_word(sound: Sound, rng: np.random.Generator) -> Faulty:
    """A word stands in IN_TRAIN of train, where every label is one class; in dev and test it tells nothing."""
    word, label = SPURIOUS[sound.seed % len(SPURIOUS)], int(rng.integers(sound.n_classes))
    parts, chosen = {}, {}
    for split in SPLITS:
        part = sound.parts[split]
        chosen[split] = rng.random(len(part.gold)) < (IN_TRAIN if split == "train" else IN_OTHERS)
        sentences = [with_word(s, word) if has else s for s, has in zip(part.sentences, chosen[split], strict=True)]
        parts[split] = replace(part, sentences=tuple(sentences))
    parts["train"] = replace(parts["train"], gold=np.where(chosen["train"], label, parts["train"].gold))
    spoilt = replace(sound, parts=parts)
    found = _faulty("spurious word", spoilt, spoilt.head(rng), kind="outweighed", word=word)
    return replace(found, mended=parts["train"].gold)


def healthy(sound: Sound, rng: np.random.Generator) -> Faulty:
    """No fault."""
    return _faulty("healthy", sound, sound.head(rng), kind="healthy")


def with_word(sentence: Sentence, word: str) -> Sentence:
    """The sentence with a word before its last one, which is its full stop."""
    *words, last = sentence.words
    return Sentence(f"{sentence.id} with {word}", (*words, word, last), label=sentence.label)


def _faulty(name: Name, sound: Sound, head: Head, **expected: str | int) -> Faulty:
    return Faulty(name, sound.reader, head, sound.parts, sound.parts["train"].gold, sound.n_classes, expected)


Plant = Callable[[Sound, np.random.Generator], Faulty]
FAULTS: Mapping[Name, Plant] = {
    "healthy": healthy,
    "flipped head": flipped_head,
    "flipped labels": flipped_labels,
    "cut negation": cut_negation,
    "under-trained head": under_trained,
    "spurious word": spurious_word,
}
