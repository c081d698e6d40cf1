"""What heads are asked, in words: for a query word, is the other word that a head attends to most a right one?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import FloatArray, Split, Tally
from probing.model.maps import Maps

if TYPE_CHECKING:
    import torch

METRIC = "head_accuracy"
HEADS, RANDOM = "attention", "random word"
OFFSETS = (-1, 1, -2, 2, -3, 3, -4, 4, -5, 5)  # nearest first: of equally good ones the first is chosen
NO_SUBWORDS = "questions to heads left out: the word, or every right answer, has no subwords"


@dataclass(frozen=True)
class Cases:
    """The I questions that one sentence of W words poses.

    targets (I,): the number of each one's target. queries (I,): the position of the word that attends.
    right (I, W), bool: the words that are a right answer, never the query itself.
    """

    targets: NDArray[np.int64]
    queries: NDArray[np.int64]
    right: NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """What a batch's heads say: I questions by number, the strongest other word of each (I, L, H) and its weight.

    The word is -1 where no other word gets any weight; ``hits`` (I, L, H) are the right answers, ``floors`` (I, 11)
    those of the OFFSETS and the share of right words; ``asked`` (I,) says which questions count.
    """

    items: NDArray[np.int64]
    words: NDArray[np.int64]
    weights: FloatArray
    hits: NDArray[np.bool_]
    floors: NDArray[np.float64]
    asked: NDArray[np.bool_]


class Hits:
    """How often each head's strongest other word is right, per target and sentence, while maps stream by.

    ``cases`` are one record per sentence, in corpus order. Kept per sentence and target that occurs in it, so that
    memory is that of a few numbers per head and question.
    """

    def __init__(self, cases: Sequence[Cases], targets: Sequence[str], n_layers: int, n_heads: int, split: Split):
        from scipy.sparse import csr_array

        self.targets, self.split, self.skipped = tuple(targets), split, dict[str, int]()
        ordered = [np.argsort(case.targets, kind="stable") for case in cases]
        self._n_words = np.array([case.right.shape[1] for case in cases], dtype=np.int64)
        self._first = np.cumsum([0, *map(len, ordered)])  # (N + 1,) where each sentence's questions begin
        self._queries = _joined([case.queries[order] for case, order in zip(cases, ordered, strict=True)])
        places = [case.right[order].nonzero() for case, order in zip(cases, ordered, strict=True)]
        rows = _joined([first + row for first, (row, _) in zip(self._first, places, strict=False)])
        shape = (len(self._queries), int(self._n_words.max(initial=1)))
        columns = _joined([column for _, column in places])
        self._right = csr_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=shape)
        asked_of = _joined([case.targets[order] for case, order in zip(cases, ordered, strict=True)])
        sentences = np.repeat(np.arange(len(cases)), np.diff(self._first))
        # Questions are sorted by sentence and target: each group of them lies together.
        self._groups, self._group = np.unique(sentences * len(targets) + asked_of, return_inverse=True)
        self._hits = np.zeros((len(self._groups), n_layers, n_heads), dtype=np.uint16)
        self._floors = np.zeros((len(self._groups), len(OFFSETS) + 1))
        self._items = np.zeros(len(self._groups))

    def add(self, batch: Maps) -> None:
        """Count a batch's answers; each sentence may come once."""
        self._count(self._answers(batch))

    def tallies(self) -> Iterator[Tally]:
        """Per target: all heads (N, L, H); then every offset and the expectation of a random word, each (N, 1).

        The split's N sentences are those of ``cases``; the ones whose maps never came have no items.
        """
        layers = tuple(range(1, self._hits.shape[1] + 1))
        for number, target in enumerate(self.targets):
            of_target = np.flatnonzero(self._groups % len(self.targets) == number)
            sums, items = self._spread(self._hits, of_target), self._spread(self._items, of_target)
            yield Tally(METRIC, target, HEADS, self.split, layers, sums, items)
            floors = self._spread(self._floors, of_target)
            for place, name in enumerate([*map(offset_name, OFFSETS), RANDOM]):
                yield Tally(METRIC, target, name, self.split, (0,), floors[:, [place]], items)

    def _spread(self, values: NDArray[Any], of_target: NDArray[np.int64]) -> NDArray[np.float64]:
        """From the groups of one target to all sentences, (G, …) -> (N, …)."""
        found = np.zeros((len(self._n_words), *values.shape[1:]))
        found[self._groups[of_target] // len(self.targets)] = values[of_target]
        return found

    def _answers(self, batch: Maps) -> Answers:
        n = np.diff(self._first)[batch.sentences]
        row = np.repeat(np.arange(len(n)), n)  # (I,) which row of the batch each question is about
        items = np.arange(len(row)) - np.repeat(np.cumsum(n) - n, n) + self._first[batch.sentences][row]
        width = int(self._n_words[batch.sentences].max())
        words, weights = strongest(batch, width)  # (B, W, L, H)
        present = (batch.words[:, :, None] == np.arange(width)).any(axis=1)  # (B, W)
        queries = self._queries[items]
        right = self._right[items].toarray()[:, :width] & present[row] & present[row, queries][:, None]
        asked, others = right.any(axis=1), present[row].sum(axis=1) - 1
        chance = np.divide(right.sum(axis=1), others, out=np.zeros(len(items)), where=others > 0)
        right = np.pad(right, ((0, 0), (0, 1)))  # position -1, no word, is never right
        beside = queries[:, None] + OFFSETS  # (I, 10)
        beside = np.where((beside >= 0) & (beside < width), beside, -1)
        offsets = np.take_along_axis(right, beside, axis=1)
        found = words[row, queries]  # (I, L, H)
        hits = right[np.arange(len(items))[:, None, None], found]
        floors = np.column_stack([offsets, chance])
        return Answers(items, found, weights[row, queries], hits, floors, asked)

    def _count(self, answers: Answers) -> None:
        left_out = int((~answers.asked).sum())
        if left_out:
            self.skipped[NO_SUBWORDS] = self.skipped.get(NO_SUBWORDS, 0) + left_out
        if not len(answers.items):
            return
        group = self._group[answers.items]
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        self._hits[group[starts]] = np.add.reduceat(answers.hits, starts, axis=0, dtype=np.uint16)
        self._floors[group[starts]] = np.add.reduceat(answers.floors, starts, axis=0)
        self._items[group[starts]] = np.add.reduceat(answers.asked, starts, dtype=np.float64)


def offset_name(offset: int) -> str:
    """What tallies call the baseline that always answers the word this far to the right.

    >>> offset_name(-1)
    'offset-1'
    """
    return f"offset{offset:+d}"


def strongest(batch: Maps, n_words: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The other word that each word attends to most, (B, W, L, H), and its weight; -1 where none gets any.

    Weights between words as in Clark et al. (2019): columns summed over a key word's subwords, rows averaged over a
    query word's; special tokens dropped; a word's weight on itself set to 0.
    """
    import torch

    found = []
    of_word = torch.from_numpy(batch.words[:, :, None] == np.arange(n_words))  # (B, T, W)
    for layer in batch.attention:
        weights = _between_words(layer.float(), of_word.to(layer.device, torch.float32))  # (B, W, H, W)
        weights.diagonal(dim1=1, dim2=3).zero_()
        found.append(weights.max(dim=-1))  # (B, W, H)
    weight = torch.stack([layer.values for layer in found], dim=2).cpu().numpy()
    word = torch.stack([layer.indices for layer in found], dim=2).cpu().numpy()
    return np.where(weight > 0, word, -1), weight


def _between_words(attention: "torch.Tensor", of_word: "torch.Tensor") -> "torch.Tensor":
    """(B, H, T, T) with (B, T, W) -> (B, W, H, W), by two matrix products."""
    size, heads, length, _ = attention.shape
    columns = attention.reshape(size, heads * length, length) @ of_word  # (B, H * T, W)
    rows = columns.view(size, heads, length, -1).transpose(1, 2).reshape(size, length, -1)  # (B, T, H * W)
    mean = of_word / of_word.sum(dim=1, keepdim=True).clamp(min=1)
    return (mean.transpose(1, 2) @ rows).view(size, of_word.shape[2], heads, -1)


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([*parts, np.zeros(0, dtype=np.int64)])
