"""Tasks on mentions of entities: the type of a mention, and whether two mentions are of one entity."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import ClassVar, NamedTuple

import numpy as np

from probing.axes import SPLITS, Corpus, Kind, Labels, Level, Note, Places, Sentence
from probing.errors import one_of
from probing.task.labels import ENTITIES, SPAN_VECTORS, TYPES, Form, Gold
from probing.task.placed import control_by_word, no_places, placed_labels

SAME, DIFFERENT = "same entity", "different entities"


class Mention(NamedTuple):
    """The entity that it refers to, its type (empty: none), and its words: from ``start`` to ``end`` (exclusive)."""

    entity: str
    type: str
    start: int
    end: int


def mentions_of(sentence: Sentence) -> list[Mention]:
    """The mentions of a sentence whose words stand in a row; those with a gap are left out."""
    types = sentence.entity_types or ("",) * len(sentence.entities)
    return [
        Mention(entity, kind, at[0], at[-1] + 1)
        for (entity, at), kind in zip(sentence.entities, types, strict=True)
        if at[-1] - at[0] == len(at) - 1
    ]


def head_word(sentence: Sentence, start: int, end: int) -> int:
    """The first of these words whose head is outside of them; the last word of them without a tree.

    >>> head_word(Sentence("s", ("the", "cat", "of", "Ann", "slept"), heads=(2, 5, 4, 2, 0)), 0, 4)
    1
    """
    outside = [at for at in range(start, end) if sentence.heads and not start < sentence.heads[at] <= end]
    return outside[0] if outside else end - 1


def _gaps(corpus: Corpus) -> tuple[Note, ...]:
    """How many mentions have a gap in them."""
    every = sum(len(s.entities) - len(mentions_of(s)) for split in SPLITS for s in corpus.splits[split])
    text = f"{every:,} mentions have other words between theirs and are left out"
    return (Note("skipped", text),) if every else ()


@dataclass(frozen=True)
class Entity:
    """Predict the type of a mention (person, place …) from its vector (as Tenney et al. 2019, entities).

    The control gives every type of head word one random label, drawn from the training distribution: most mentions of
    several words occur once, so that a label per text could not be learnt.
    """

    name: str
    vector: str = "mean"
    level: ClassVar[Level] = "span"
    kind: ClassVar[Kind] = "class"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    control_note: ClassVar[str] = "one random label per word type of the mention's head word, the same in all splits"
    memorised: ClassVar[bool] = False
    surface: ClassVar[str] = "words of the mention"
    needs: ClassVar[str] = TYPES
    vectors: ClassVar[tuple[str, ...]] = SPAN_VECTORS

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, self.vectors)

    def mentions(self, sentence: Sentence) -> list[Mention]:
        """What has a type in a sentence: its mentions."""
        return mentions_of(sentence) if sentence.entity_types else []

    def gold(self, sentence: Sentence) -> Gold | None:
        """The types of a sentence's mentions, (N,); None for a mention without a type."""
        return [found.type or None for found in self.mentions(sentence)] or None

    def places(self, sentence: Sentence) -> Places:
        """Where the mentions of a sentence are; each is known by its head word."""
        return _places(sentence, [[mention] for mention in self.mentions(sentence)], 1)

    def labels(self, corpus: Corpus) -> Labels:
        """(N,) class indices per sentence, -1 for a mention without a type."""
        return replace(placed_labels(self, corpus, self.needs, partly=True), notes=_gaps(corpus))

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """One random class per word type of the head word."""
        return control_by_word(corpus, labels, rng, form)


@dataclass(frozen=True)
class Coreference:
    """Predict whether two mentions of one sentence refer to the same entity, from their vectors.

    ``product``: the product of both vectors, element by element, follows them, as in Liu et al. 2019; without it a
    linear probe cannot tell whether two vectors are alike. ``paired`` says which pairs are items. With ``vector=cls``
    all pairs of a sentence have one vector: as each sentence has as many pairs of either label, it can tell none of
    them apart. The control gives every type of the second mention's head word one random label.
    """

    name: str
    vector: str = "mean"
    product: bool = True
    level: ClassVar[Level] = "span_pair"
    kind: ClassVar[Kind] = "class"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    control_note: ClassVar[str] = "one random label per word type of the second mention's head word, in all splits"
    memorised: ClassVar[bool] = False
    surface: ClassVar[str] = "match and distance of the mentions"

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, SPAN_VECTORS)

    def gold(self, sentence: Sentence) -> Gold | None:
        """Whether the two mentions of each pair corefer, (N,)."""
        if not sentence.entities:
            return None
        return [SAME if a.entity == b.entity else DIFFERENT for a, b in paired(mentions_of(sentence))]

    def places(self, sentence: Sentence) -> Places:
        """Where both mentions of each pair are; a pair is known by the head word of the second."""
        return _places(sentence, paired(mentions_of(sentence)), 2)

    def labels(self, corpus: Corpus) -> Labels:
        """(N,) class indices per sentence. The notes say how many pairs there are, and how they were chosen."""
        found = placed_labels(self, corpus, ENTITIES, partly=True)
        notes = [*_gaps(corpus), *(Note("sample", _chosen(corpus, split)) for split in SPLITS)]
        if self.vector == "cls":
            text = "task.vector=cls: all pairs of a sentence have the same vector, that of [CLS]"
            notes.append(Note("caveat", f"{text}; as many of them corefer as do not, so that 0.5 is all it can reach"))
        return replace(found, notes=tuple(notes))

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """One random class per word type of the second mention's head word."""
        return control_by_word(corpus, labels, rng, form)


Pair = tuple[Mention, Mention]


def paired(mentions: Sequence[Mention]) -> list[Pair]:
    """Pairs of mentions that corefer, each with one of the same sentence that does not.

    Mentions that share words are no pair. To each pair that corefers belongs that of the others, not taken yet, whose
    mentions are nearly as far from each other; of equals one with the same second mention. A pair for which none is
    left is no item: so distance tells little, and of a sentence's pairs half corefer. Nothing is drawn at random.
    """
    ordered = sorted(mentions, key=lambda m: (m.start, m.end))
    apart = [(a, b) for a, b in combinations(ordered, 2) if a.end <= b.start]
    others = [pair for pair in apart if pair[0].entity != pair[1].entity]
    found: list[Pair] = []
    for pair in apart:
        if pair[0].entity == pair[1].entity and others:
            like = min(others, key=lambda other: (abs(_gap(other) - _gap(pair)), other[1] != pair[1]))
            others.remove(like)
            found += [pair, like]
    return found


def _gap(pair: Pair) -> int:
    return pair[1].start - pair[0].end


def _chosen(corpus: Corpus, split: str) -> str:
    """How many pairs of a split are items, of how many."""
    every = [mentions_of(s) for s in corpus.splits[split]]
    n = sum(len(paired(found)) for found in every) // 2
    both = [sum(a.entity == b.entity for a, b in combinations(found, 2)) for found in every]
    return (
        f"coreference, {split}: {n:,} pairs of mentions of one sentence that corefer, of {sum(both):,} (mentions that "
        "share words, and pairs without a counterpart, are left out), and as many that do not, at nearly the same "
        "distance in the same sentence"
    )


def _places(sentence: Sentence, items: Sequence[Sequence[Mention]], parts: int) -> Places:
    """Where the mentions of each item are; an item is known by the head word of its last mention."""
    if not items:
        return no_places(parts)
    spans = np.array([[(m.start, m.end) for m in item] for item in items], np.int64)
    return Places(np.array([head_word(sentence, item[-1].start, item[-1].end) for item in items]), spans)
