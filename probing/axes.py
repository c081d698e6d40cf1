"""The names of axes, and the frozen records that packages exchange.

Axes: L layers (0 = embedding output, l = output of block l) · H heads · S subwords · W words · D width ·
C classes · N items. Shapes are written where they change: ``# (S, D) -> (W, D)``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32] | NDArray[np.float64]
IntArray = NDArray[np.integer]
# what one label is attached to; the items of the last three are Places
Level = Literal["word", "sentence", "pair", "edge", "span", "span_pair"]
Kind = Literal["class", "scalar", "position"]  # what one label is
ITEMS: dict[str, str] = {  # what items are called, by level
    "word": "words",
    "sentence": "sentences",
    "pair": "word pairs",
    "edge": "edges",
    "span": "mentions",
    "span_pair": "pairs of mentions",
}
Split = str  # train, dev or test
SPLITS: tuple[Split, ...] = ("train", "dev", "test")

# on_progress(step, done, total): called in long loops; the caller decides how to show it
Progress = Callable[[str, int, int], None]


def no_progress(step: str, done: int, total: int) -> None:
    """A Progress that shows nothing."""


class Surface(NamedTuple):
    """What a model reads of a sentence: ``text``, and the characters of each of the W words in it.

    spans (W, 2): first character and end (exclusive) of each word, ascending. Words that cannot be told apart in the
    text have the same span; a word of white space alone has an empty one. contents: of a conversation that a chat
    template has written out, the characters of each message; what is outside of them is the template's, and no word's.
    None: text without a template.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    contents: tuple[tuple[int, int], ...] | None = None


class Message(NamedTuple):
    """One message of a conversation: who speaks (system, user, assistant …; ``text`` for a text without roles), what is
    said, and its label if it has one. ``answer``: a model wrote it (``data.generate``), after all other messages.
    """

    role: str
    content: str
    label: str | None = None
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with the annotation of its corpus; missing annotation is an empty tuple or None.

    ``heads`` are as in CoNLL-U: 1-based positions, 0 for the root. ``feats`` is its FEATS column, unchanged
    (``Number=Sing|PronType=Prs``, ``_`` for none). ``entities`` are mentions in order of their first word: the id of
    the entity, and the 0-based positions of the mention's words. ``entity_types`` are the types of these mentions
    (person, place …), an empty text for none; not in the repr, but fingerprints add them. ``document`` names the text
    that the sentence comes from. ``broken_tree`` says where and why the HEAD column is not one tree; ``heads`` are
    empty then. Both are not in the repr, because fingerprints are made of the repr and no score depends on them.
    ``surface`` is the text as it is written, if a model is to read that; None: the words, between spaces. It is not in
    the repr either, so that fingerprints without it are as before; those with it add it. ``source``: which collection
    the text comes from, where a corpus has several; likewise. ``left_out``: what its corpus has here and this record
    has not, as reasons with their numbers; not in the repr, and counted in ``Corpus.skipped``.
    ``messages``: those of a conversation, whose words are all ``words``; not in the repr, but fingerprints add them.
    """

    id: str
    words: tuple[str, ...]
    upos: tuple[str, ...] = ()
    xpos: tuple[str, ...] = ()
    heads: tuple[int, ...] = ()
    deprel: tuple[str, ...] = ()
    label: str | None = None
    lemmas: tuple[str, ...] = ()
    feats: tuple[str, ...] = ()
    entities: tuple[tuple[str, tuple[int, ...]], ...] = ()
    entity_types: tuple[str, ...] = field(default=(), repr=False)
    document: str | None = field(default=None, repr=False)
    broken_tree: str | None = field(default=None, repr=False)
    surface: Surface | None = field(default=None, repr=False)
    source: str | None = field(default=None, repr=False)
    left_out: tuple[tuple[str, int], ...] = field(default=(), repr=False)
    messages: tuple[Message, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Corpus:
    """Splits of sentences by name, the files that they come from, and the number of skipped items by reason.

    ``broken_trees``: what a task on trees does with a sentence whose heads are not one tree, ``error`` or ``skip``.
    """

    name: str
    splits: Mapping[Split, tuple[Sentence, ...]]
    sources: tuple[Path, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    broken_trees: str = "error"


class Note(NamedTuple):
    """Something that a reader of the scores must know. kind: substituted, rebuilt, skipped, truncated, unconverged,
    sample, caveat or failed.
    """

    kind: str
    text: str


class Places(NamedTuple):
    """Where the N items of one sentence stand in it. An item has K parts: an edge two words, a span one, a pair two.

    spans (N, K, 2): first word and end (exclusive) of each part. words (N,): the word by which an item is known, whose
    form is the item's type: the dependent of an edge, the head word of a mention (of a pair: of the second).
    """

    words: IntArray
    spans: IntArray


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels that a probe predicts: per split, one array per sentence.

    Arrays are (W,) for words, (1,) for a sentence, (W, W) for word pairs, (N,) for the N items of ``places``. For
    ``kind="class"`` they are indices into ``classes`` (negative: no label), for ``kind="scalar"`` floats (NaN: no
    label), for ``kind="position"`` the place of another word in the sentence, from 0 (negative: no label).
    ``classes`` are those of train. ``unseen`` are classes that occur only in dev or test: index C + k is ``unseen[k]``,
    and no probe can predict it. ``notes``: how the items were chosen.
    """

    level: Level
    kind: Kind
    values: Mapping[Split, Sequence[NDArray[np.integer] | NDArray[np.floating]]]
    classes: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    places: Mapping[Split, Sequence[Places]] | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, eq=False)
class Tally:
    """Means over items, stored as sums per sentence, so that sentences can be resampled and paired.

    ``sums`` is (N, L) for one value per layer, or (N, L, H) for one per head, over N sentences. ``items`` is the number
    of items in each sum: the same shape, or (N,) if it is the same for all layers and heads. A mean is the sum of
    ``sums`` divided by the sum of ``items``. ``layers`` (L,): their numbers. ``target``: what is measured (a relation,
    a token class …). ``probe``: the method (attention, rollout, norm, offset …).
    """

    metric: str
    target: str
    probe: str
    split: Split
    layers: tuple[int, ...]
    sums: NDArray[np.float64]
    items: NDArray[np.float64]
