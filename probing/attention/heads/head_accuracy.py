"""Accuracy of heads: is the other word to which a head attends most a right one? Counted per target and sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.strongest_word import StrongestWords
from probing.axes import Split, Tally

if TYPE_CHECKING:
    from scipy.sparse import csr_array

METRIC = "head_accuracy"
HEADS, RANDOM = "attention", "random word"
OFFSETS = (-1, 1, -2, 2, -3, 3, -4, 4, -5, 5)  # nearest first: the first of equally good offsets is chosen
NO_SUBWORDS = "questions to heads left out, because the word or every right answer has no subwords of its own"
_BLOCK = 256  # sentences per step


@dataclass(frozen=True, eq=False)
class Cases:
    """I questions about one sentence of W words: is the head's strongest word for this query a right one?

    targets (I,): the index of each question's target. queries (I,): the position of the word that attends.
    right (I, W), bool: the words that are a right answer, never the query itself.
    """

    targets: NDArray[np.int64]
    queries: NDArray[np.int64]
    right: NDArray[np.bool_]


class Hits:
    """How often each head's strongest other word is right, per target and sentence.

    ``cases``: one record per sentence, in corpus order. ``skipped``: the number of questions left out, by reason. Sums
    are kept only for targets that occur in a sentence, so memory is a few numbers per head and question.
    """

    def __init__(self, cases: Sequence[Cases], targets: Sequence[str], strongest: StrongestWords, split: Split) -> None:
        self.targets, self.split, self.skipped = tuple(targets), split, dict[str, int]()
        self.strongest = strongest
        ordered = [np.argsort(case.targets, kind="stable") for case in cases]
        self.n_words = np.array([case.right.shape[1] for case in cases], dtype=np.int64)
        self.first = np.cumsum([0, *map(len, ordered)])  # (N + 1,) where each sentence's questions begin
        self.queries = _joined([case.queries[order] for case, order in zip(cases, ordered, strict=True)])
        self.right = _right(cases, ordered, self.first)
        target_of = _joined([case.targets[order] for case, order in zip(cases, ordered, strict=True)])
        sentences = np.repeat(np.arange(len(cases)), np.diff(self.first))
        # Questions are sorted by sentence and target, so each group is contiguous.
        self._groups, self._group = np.unique(sentences * len(targets) + target_of, return_inverse=True)
        self._hits = np.zeros((len(self._groups), *strongest.words.shape[1:]), dtype=np.uint16)
        self._floors = np.zeros((len(self._groups), len(OFFSETS) + 1))
        self._items = np.zeros(len(self._groups))
        self._count()

    def tallies(self) -> Iterator[Tally]:
        """Per target: sums of all heads (N, L, H); then of each offset and of a random word (expected value), (N, 1).

        N: the sentences of ``cases``. Sentences without maps have no items.
        """
        layers = self.strongest.layers
        for number, target in enumerate(self.targets):
            of_target = np.flatnonzero(self._groups % len(self.targets) == number)
            sums, items = self._spread(self._hits, of_target), self._spread(self._items, of_target)
            yield Tally(METRIC, target, HEADS, self.split, layers, sums, items)
            floors = self._spread(self._floors, of_target)
            for place, name in enumerate([*map(offset_name, OFFSETS), RANDOM]):
                yield Tally(METRIC, target, name, self.split, (0,), floors[:, [place]], items)

    def misses(self, layer: int, head: int) -> NDArray[np.int64]:
        """The questions that a head (layer from 1, head from 0) answers wrongly: their indices among all questions."""
        found: list[NDArray[np.int64]] = []
        place = self.strongest.layers.index(layer)
        for items, row in self._blocks():
            right, counted, _ = self._answers(items, row)
            hit = right[np.arange(len(items)), self.strongest.words[self.words_at(items), place, head]]
            found.append(items[~hit & counted])
        return _joined(found)

    def words_at(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Indices of the query words of some questions among the words of all sentences."""
        sentences = np.searchsorted(self.first, items, side="right") - 1
        return np.asarray(self.strongest.first[sentences] + self.queries[items])

    def _count(self) -> None:
        for items, row in self._blocks():
            right, counted, floors = self._answers(items, row)
            words = self.strongest.words[self.words_at(items)]  # (I, L, H)
            hits = right[np.arange(len(items))[:, None, None], words]
            if left_out := int((~counted).sum()):
                self.skipped[NO_SUBWORDS] = self.skipped.get(NO_SUBWORDS, 0) + left_out
            group = self._group[items]
            starts = np.flatnonzero(np.diff(group, prepend=-1))
            self._hits[group[starts]] = np.add.reduceat(hits, starts, axis=0, dtype=np.uint16)
            self._floors[group[starts]] = np.add.reduceat(floors, starts, axis=0)
            self._items[group[starts]] = np.add.reduceat(counted, starts, dtype=np.float64)

    def _blocks(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """The questions about sentences with maps, some sentences at a time: indices of questions, and of sentences."""
        seen = np.flatnonzero(self.strongest.seen)
        for some in np.array_split(seen, max(1, len(seen) // _BLOCK)):
            items = _joined([np.arange(self.first[i], self.first[i + 1]) for i in some])
            if len(items):
                yield items, np.repeat(some, np.diff(self.first)[some])

    def _answers(
        self, items: NDArray[np.int64], sentences: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
        """Of I questions: right words (I, W + 1), last column False; which count, (I,); hits of baselines (I, 11)."""
        width = int(self.n_words[sentences].max())
        place = self.strongest.first[sentences][:, None] + np.arange(width)
        inside = np.arange(width) < self.n_words[sentences][:, None]
        present = self.strongest.present[np.where(inside, place, 0)] & inside  # (I, W)
        queries = self.queries[items]
        known = present & present[np.arange(len(items)), queries][:, None]
        right = np.asarray(self.right[items].toarray()[:, :width] & known, dtype=np.bool_)
        others = present.sum(axis=1) - 1
        chance = np.divide(right.sum(axis=1), others, out=np.zeros(len(items)), where=others > 0)
        right = np.pad(right, ((0, 0), (0, 1)))  # position -1, no word, is never right
        beside = queries[:, None] + OFFSETS  # (I, 10)
        beside = np.where((beside >= 0) & (beside < width), beside, -1)
        counted = np.asarray(right.any(axis=1), dtype=np.bool_)
        return right, counted, np.column_stack([np.take_along_axis(right, beside, axis=1), chance])

    def _spread(
        self, values: NDArray[np.uint16] | NDArray[np.float64], of_target: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """From the groups of one target to all sentences, (G, …) -> (N, …)."""
        found = np.zeros((len(self.n_words), *values.shape[1:]))
        found[self._groups[of_target] // len(self.targets)] = values[of_target]
        return found


def _right(cases: Sequence[Cases], ordered: Sequence[NDArray[np.int64]], first: NDArray[np.int64]) -> "csr_array":
    """The right words of all questions, (questions, longest sentence), sparse."""
    from scipy.sparse import csr_array

    places = [case.right[order].nonzero() for case, order in zip(cases, ordered, strict=True)]
    rows = _joined([at + row for at, (row, _) in zip(first, places, strict=False)])
    columns = _joined([column for _, column in places])
    shape = (int(first[-1]), max([1, *(case.right.shape[1] for case in cases)]))
    return csr_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=shape)


def offset_name(offset: int) -> str:
    """The name in tallies of the baseline that always answers the word this far to the right.

    >>> offset_name(-1)
    'offset-1'
    """
    return f"offset{offset:+d}"


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([*parts, np.zeros(0, dtype=np.int64)])
