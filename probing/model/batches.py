"""What goes through the model together: windows over long sentences, and padded batches within a budget of subwords."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.model.subwords import Frame, Subwords, linked, taken

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
PADDING = -2  # what ``words`` says of a place that holds no subword
LIKE = 0.8  # the shortest unit of a batch, as a share of its longest: few subwords are padding


@dataclass(frozen=True)
class Units:
    """Sentences, or windows over long ones, each to go through the model whole.

    ids (U,) and offsets (n+1,) as in Subwords. rows (U,): which row of the sentences' vectors this subword's
    vector fills; -1 where another window gives it. Every row is filled by exactly one subword.
    """

    ids: Int32
    offsets: Int64
    rows: Int64

    def padded(self, chosen: Int64, pad: int) -> tuple[Int64, NDArray[np.bool_], Int64]:
        """Ids, what is real, and rows (-1 also for padding) of the ``chosen`` units: each (B, T)."""
        where, real = _padded(self.offsets, chosen)
        return np.where(real, self.ids[where], pad).astype(np.int64), real, np.where(real, self.rows[where], -1)


@dataclass(frozen=True)
class Batch:
    """B whole sentences padded on the right to T subwords.

    sentences (B,): which sentences these are. ids, words (B, T): the tokenizer's ids, and which word of its sentence a
    subword belongs to (negative: none; PADDING: no subword). last_words (B, T): as in Subwords.
    """

    sentences: Int64
    ids: Int64
    words: Int64
    last_words: Int64 | None = None

    @property
    def real(self) -> NDArray[np.bool_]:
        """What is not padding, (B, T)."""
        return np.asarray(self.words != PADDING)

    def repeat(self, copies: int) -> "Batch":
        """The whole batch ``copies`` times over: row c * B + b is copy c of sentence b."""
        ids, words = (np.tile(array, (copies, 1)) for array in (self.ids, self.words))
        last_words = None if self.last_words is None else np.tile(self.last_words, (copies, 1))
        return Batch(np.tile(self.sentences, copies), ids, words, last_words)


def batch_of(subwords: Subwords, sentences: Sequence[int] | Int64, pad: int) -> Batch:
    """These sentences as one batch; ``pad`` is the id of padding."""
    numbers = np.asarray(sentences, dtype=np.int64)
    where, real = _padded(subwords.offsets, numbers)
    ids = np.where(real, subwords.ids[where], pad).astype(np.int64)
    words = np.where(real, subwords.words[where], PADDING).astype(np.int64)
    if subwords.last_words is None:
        return Batch(numbers, ids, words)
    last_words = np.where(real, subwords.last_words[where], PADDING).astype(np.int64)
    return Batch(numbers, ids, words, last_words)


def _padded(offsets: Int64, chosen: Int64) -> tuple[Int64, NDArray[np.bool_]]:
    """Where the subwords of the chosen units stand (0 for padding), and which places are not padding: each (B, T)."""
    lengths = offsets[chosen + 1] - offsets[chosen]
    place = np.arange(lengths.max())
    real = place < lengths[:, None]
    return np.where(real, offsets[chosen][:, None] + place, 0), real


def as_units(subwords: Subwords, frame: Frame, causal: bool) -> Units:
    """The units of ``subwords``: its sentences, those longer than ``frame.window`` as overlapping windows.

    Windows move on by half of their room and each has the special subwords. A word (its subwords, and those of
    words that share some with it, stay together) is taken from the window where it has most context: the shorter
    of its distances to both ends of the window, for causal models its distance to the start; an end that is the
    sentence's own counts as infinitely far; the earlier window on a tie. A word too long for the overlap is taken
    subword by subword.
    The special subwords before the sentence are the first window's, those after it the last one's. A chat has those
    that its template writes: in each window too if they are the usual ones, else in their place only.
    """
    lengths = np.diff(subwords.offsets)
    if frame.window is None or lengths.max(initial=0) <= frame.window:
        return Units(subwords.ids, subwords.offsets, np.arange(len(subwords.ids)))
    numbers, rows = [], []
    for start, length in zip(subwords.offsets[:-1], lengths, strict=True):
        if length <= frame.window:
            windows = [(np.arange(length), np.ones(length, dtype=np.bool_))]
        else:
            here = slice(start, start + length)
            windows = _windows(_units(subwords, here), _around(subwords.ids[here], frame), causal)
        numbers += [start + positions for positions, _ in windows]
        rows += [np.where(taken, start + positions, -1) for positions, taken in windows]
    offsets = np.cumsum([0, *map(len, numbers)])
    return Units(subwords.ids[np.concatenate(numbers)], offsets, np.concatenate(rows))


def _around(ids: Int32, frame: Frame) -> Frame:
    """The frame with those special subwords that one sentence, ids (T,), begins and ends with."""
    before, after = len(frame.prefix), len(frame.suffix)
    begins = tuple(ids[:before].tolist()) == frame.prefix
    ends = tuple(ids[len(ids) - after :].tolist()) == frame.suffix
    return replace(frame, prefix=frame.prefix if begins else (), suffix=frame.suffix if ends else ())


def _units(subwords: Subwords, rows: slice) -> Int32:
    return np.asarray(linked(subwords.words[rows], taken(subwords.last_words, rows)))


def _windows(words: Int32, frame: Frame, causal: bool) -> list[tuple[Int64, NDArray[np.bool_]]]:
    """Windows over one sentence: the subwords (T,) in each, and which vectors are taken from it (T,)."""
    before, room = len(frame.prefix), frame.room
    n = len(words) - before - len(frame.suffix)
    step = room // 2
    starts = np.append(np.arange(0, n - room, step), n - room)
    best = _most_context(words[before : before + n], starts, room, causal)
    prefix, suffix = np.arange(before), np.arange(before + n, len(words))
    windows = []
    for k, start in enumerate(starts):
        inside = np.arange(start, start + room)
        taken = [np.full(before, k == 0), best[inside] == k, np.full(len(suffix), k == len(starts) - 1)]
        windows.append((np.concatenate([prefix, before + inside, suffix]), np.concatenate(taken)))
    return windows


def _most_context(words: Int32, starts: Int64, room: int, causal: bool) -> Int64:
    """The window (index into ``starts``) that each subword is taken from: words (n,) -> (n,)."""
    first, last = _together(words, longest=room - room // 2)
    left = (first - starts[:, None]).astype(np.float64)  # (windows, n)
    right = (starts[:, None] + room - last).astype(np.float64)
    left[0], right[-1] = np.where(left[0] >= 0, np.inf, left[0]), np.where(right[-1] >= 0, np.inf, right[-1])
    context = np.where(right >= 0, left, -np.inf) if causal else np.minimum(left, right)
    best: Int64 = context.argmax(axis=0)
    return best


def _together(words: Int32, longest: int) -> tuple[Int64, Int64]:
    """First subword and end of the run that each subword stays with: its word's, or itself alone."""
    edges = np.flatnonzero(np.diff(words)) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(words))
    alone = np.repeat(ends - starts > longest, ends - starts) | (words < 0)
    place = np.arange(len(words))
    first, last = np.repeat(starts, ends - starts), np.repeat(ends, ends - starts)
    return np.where(alone, place, first), np.where(alone, place + 1, last)


def plan(lengths: Sequence[int] | Int64, budget: int, like: float = LIKE) -> list[Int64]:
    """Batches (indices into ``lengths``) of units of like length: ``budget`` padded subwords at most, or one unit.

    No unit of a batch is shorter than ``like`` times its longest. Longest first, ties in the order given: the plan
    depends on ``lengths`` and ``budget`` alone, and memory peaks at once rather than at the end. Empty units are left
    out.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > 0]
    batches, at = [], 0
    while at < len(order):
        longest = int(sizes[order[at]])
        n_like = int(np.searchsorted(-sizes[order], -like * longest, side="right")) - at
        n = min(n_like, max(1, budget // longest))
        batches.append(order[at : at + n])
        at += n
    return batches
