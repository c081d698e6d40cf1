"""The axis alphabet, and the frozen records that cross from one package to the next.

Axes: L layers (0 = embedding output, l = output of block l) · H heads · S subwords · W words · D width ·
C classes · N items. Shapes are written where they change: ``# (S, D) -> (W, D)``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32] | NDArray[np.float64]
IntArray = NDArray[np.integer]
Level = Literal["word", "sentence", "pair"]  # what one label is attached to
Kind = Literal["class", "scalar"]  # what one label is
Split = str  # train, dev or test
SPLITS: tuple[Split, ...] = ("train", "dev", "test")

# on_progress(step, done, total): called from inside long loops; the caller decides how to show it.
Progress = Callable[[str, int, int], None]


def no_progress(step: str, done: int, total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as its corpus gives it; annotation that the corpus lacks is an empty tuple or None.

    ``heads`` are CoNLL-U's: 1-based positions, 0 for the root. ``feats`` are its FEATS column as written
    (``Number=Sing|PronType=Prs``, ``_`` for none). ``entities`` are mentions in the order in which they begin: an
    entity's id, and the 0-based positions of the mention's words. ``document`` names the text that the sentence is
    from; it is not in the repr, because no score depends on it and fingerprints are made of the repr.
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
    document: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Corpus:
    """Named splits of sentences, the files they came from, and what was left out while reading them."""

    name: str
    splits: Mapping[Split, tuple[Sentence, ...]]
    sources: tuple[Path, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    """What a probe is to predict: per split, one array per sentence.

    Arrays are (W,) for words, (1,) for a sentence, (W, W) for word pairs; integers that index ``classes``
    (negative: no label here) for ``kind="class"``, floats (NaN: no label here) for ``kind="scalar"``. ``classes`` are
    those of train. ``unseen`` are those that occur in dev or test only: number C + k is ``unseen[k]``, and no probe can
    predict it.
    """

    level: Level
    kind: Kind
    values: Mapping[Split, Sequence[NDArray[Any]]]
    classes: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


class Note(NamedTuple):
    """What a reader of the scores must know. kind: substituted, rebuilt, skipped, truncated, unconverged, sample,
    caveat or failed.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Tally:
    """Means over items, kept as sums per sentence, so that sentences can be resampled and paired.

    ``sums`` is (N, L) for one value per layer or (N, L, H) for one per head, over N sentences; ``items`` says how many
    items each sum is over and has the same shape, or (N,) where it is the same for all. A mean is sum of sums over sum
    of items. ``layers`` numbers the L. ``target`` is what was looked at (a relation, a token class …), ``probe`` the
    method (attention, rollout, norm, offset …).
    """

    metric: str
    target: str
    probe: str
    split: Split
    layers: tuple[int, ...]
    sums: NDArray[np.float64]
    items: NDArray[np.float64]
