"""Vectors and labels as arrays, as scikit-learn has them, in the form that probes are fitted and scored in."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probing.axes import SPLITS, Sentence, Split
from probing.data.held_out import hold_out
from probing.data.word_list import words_of
from probing.errors import DataError, shown
from probing.store.encoding import BITS
from probing.store.vectors import Vectors
from probing.task.labels import Task
from probing.task.sentences import SentenceTask
from probing.task.words import WordTask

Float32 = NDArray[np.float32]
GIVEN = "given"


@dataclass(frozen=True, eq=False)
class Rows:
    """Items with a label: x (N, D), those of a sentence together, in the order of ``sentences`` and of their words.

    by_word: whether they are words, whose control task gives each word type one label, or whole sentences.
    """

    x: Float32
    sentences: tuple[Sentence, ...]
    by_word: bool

    @property
    def task(self) -> Task:
        """What is predicted."""
        return WordTask(GIVEN) if self.by_word else SentenceTask(GIVEN)

    def held_out(self) -> tuple["Rows", "Rows"]:
        """Most of the rows, and a tenth of the sentences. Raises: DataError for fewer than two sentences."""
        if len(self.sentences) < 2:
            raise DataError(
                "all rows are of one sentence: some are expected to choose the probe's strength on; give more"
            )
        train, dev, _ = hold_out(self.sentences)
        return self._part(train), self._part(dev)

    def _part(self, chosen: Sequence[Sentence]) -> "Rows":
        inside = {s.id for s in chosen}
        of_row = [s.id in inside for s in self.sentences for _ in s.words]
        return Rows(self.x[np.array(of_row)], tuple(chosen), self.by_word)


def rows_of_arrays(
    x: ArrayLike, y: ArrayLike | None, words: Sequence[str] | None, sentences: Sequence[Hashable] | None, split: Split
) -> Rows:
    """Rows from x (N, D), y (N,), and for words their N forms and the sentence of each (None: one of its own).

    Raises: DataError for shapes that do not fit each other, numbers that are not finite, labels that are no classes.
    """
    vectors, labels = vectors_of(x), [str(label) for label in labels_of_rows(y).tolist()]
    n = len(vectors)
    if len(labels) != n:
        raise DataError(f"X has {n} rows and y {len(labels)}; one label per row is expected")
    if sentences is not None and words is None:
        raise DataError("sentences=… needs words=…: the word of each row, for the control task")
    types = ("_",) * n if words is None else words_of(words, "words")
    of = range(n) if sentences is None else [*sentences]
    for name, given in (("words", types), ("sentences", of)):
        if len(given) != n:
            raise DataError(f"{name} has {len(given)} entries and X {n} rows; one per row is expected")
    places: dict[Hashable, list[int]] = {}
    for row, sentence in enumerate(of):
        places.setdefault(sentence, []).append(row)
    order = np.array([row for rows in places.values() for row in rows], dtype=np.int64)
    return Rows(vectors[order], tuple(_sentences(places, types, labels, split, words is not None)), words is not None)


def _sentences(
    places: Mapping[Hashable, Sequence[int]], types: Sequence[str], labels: Sequence[str], split: Split, by_word: bool
) -> list[Sentence]:
    found = []
    for number, rows in enumerate(places.values(), start=1):
        tags, forms = tuple(labels[row] for row in rows), tuple(types[row] for row in rows)
        annotation = {"upos": tags} if by_word else {"label": tags[0]}
        found.append(Sentence(f"{split}-{number}", forms, **annotation))
    return found


def vectors_of(x: ArrayLike) -> Float32:
    """``x`` as an array (N, D). Raises: DataError for another shape, and for numbers that are not finite."""
    try:
        found = np.asarray(x, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"X is {shown(repr(x))}; an array of numbers (items, width) is expected") from error
    if found.ndim != 2 or not len(found):
        raise DataError(f"X has the shape {found.shape}; (items, width) is expected, with one item at least")
    if not np.isfinite(found).all():
        row = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
        raise DataError(f"X: row {row} is not finite; leave out words without a vector (vectors.items does)")
    return found


def labels_of_rows(y: ArrayLike | None) -> NDArray[np.generic]:
    """``y`` as an array (N,) of classes. Raises: DataError."""
    if y is None:
        raise DataError("y is missing: one label per row of X is expected")
    if isinstance(y, str):
        raise DataError(f"y is the text {shown(repr(y))}; one label per row is expected")
    found = np.asarray(y)
    if found.ndim != 1:
        raise DataError(f"y has the shape {found.shape}; one label per row, (items,), is expected")
    if found.dtype.kind == "f":
        raise DataError(
            "y has numbers with decimals; classes are expected: text or whole numbers, as in y.astype(int) (for depths "
            "fit the probe on vectors of extract, with task='depth')"
        )
    return found


class ArrayVectors(Vectors):
    """Vectors of one layer, number 0, that are in memory."""

    def __init__(self, x: Mapping[Split, Float32], keep: NDArray[np.bool_] | None = None) -> None:
        ends = np.cumsum([0, *(len(x[split]) for split in SPLITS)])
        keep = np.ones(int(ends[-1]), dtype=np.bool_) if keep is None else keep
        parts = {split: keep[ends[i] : ends[i + 1]] for i, split in enumerate(SPLITS)}
        self._x = {split: x[split][parts[split]] for split in SPLITS}
        self.layers, self.width, self.bits = (0,), x["train"].shape[1], BITS["float32"]
        self.available = np.ones(int(keep.sum()), dtype=np.bool_)

    def select(self, keep: NDArray[np.bool_]) -> "ArrayVectors":
        """The same vectors for the items where ``keep`` is true."""
        return ArrayVectors(self._x, keep)

    def layer(self, layer: int) -> dict[Split, Float32]:
        """Vectors per split, (N, D)."""
        return dict(self._x)
