"""Sentences as a model reads them: subword numbers, special subwords around them, and what was left out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray, Surface
from probing.errors import ConfigError
from probing.model.align import align

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
CHUNK_SENTENCES = 1000  # tokenised at a time: encodings take far more memory than what is kept of them
SHARED = ("shared_subwords", "words_that_share_subwords")  # counts of text as it is written
UNLIMITED = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Frame:
    """The special subwords around a sentence, and how many subwords fit into the model with them.

    ``window`` counts the special subwords; None is no limit. ``truncate``: drop what does not fit.
    Raises: ConfigError if the window leaves room for fewer than two subwords.
    """

    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    window: int | None = None
    truncate: bool = False

    def __post_init__(self) -> None:
        """Refuse a window that cannot move on."""
        if self.room < 2:
            least = len(self.prefix) + len(self.suffix) + 2
            raise ConfigError(
                f"model.max_subwords={self.window}: too few for this model; give at least {least} (without this option "
                "the number is that of model_max_length in tokenizer_config.json, or of the model's positions)"
            )

    @property
    def room(self) -> int:
        """Subwords that fit beside the special ones."""
        return UNLIMITED if self.window is None else self.window - len(self.prefix) - len(self.suffix)


@dataclass(frozen=True)
class Subwords:
    """Subwords of some sentences, flat over sentences, special subwords included.

    ids (S,): rows of the embedding matrix. words (S,): position of the subword's word in its sentence, -1 for
    none (special subwords). offsets (N+1,): sentence i holds subwords offsets[i] to offsets[i+1]. n_words (N,):
    words per sentence, those without subwords included. counts: what did not map one to one (see tokenize).
    last_words (S,): the last word of a subword that belongs to several, which are words[i] to last_words[i]; None: no
    subword does.
    """

    ids: Int32
    words: Int32
    offsets: Int64
    n_words: Int32
    counts: Mapping[str, int] = field(default_factory=dict)
    last_words: Int32 | None = None

    def __len__(self) -> int:
        """Number of sentences."""
        return len(self.n_words)

    def part(self, first: int, last: int) -> "Subwords":
        """Sentences ``first`` to ``last - 1``, without counts."""
        start, stop = self.offsets[first], self.offsets[last]
        offsets = self.offsets[first : last + 1] - start
        words, last_words = self.words[start:stop], taken(self.last_words, slice(start, stop))
        return Subwords(self.ids[start:stop], words, offsets, self.n_words[first:last], last_words=last_words)


def linked(words: IntArray, last_words: IntArray | None) -> IntArray:
    """The first word of the unit that each subword of one sentence belongs to: (S,), (S,) -> (S,).

    A unit is a word, or words that follow each other and share subwords: attention cannot tell them apart.
    """
    if last_words is None:
        return words
    inside = words >= 0
    reached = np.maximum.accumulate(np.append(-1, last_words[inside]))[:-1]
    opens = words[inside] > reached
    units = words.copy()
    units[inside] = words[inside][np.maximum.accumulate(np.where(opens, np.arange(len(opens)), 0))]
    return units


def taken(last_words: Int32 | None, rows: slice | Int64) -> Int32 | None:
    """Some of ``last_words``, or None where no subword belongs to several words."""
    return None if last_words is None else last_words[rows]


def reorder(subwords: Subwords, order: NDArray[np.int64]) -> Subwords:
    """The same sentences in another order."""
    lengths = np.diff(subwords.offsets)[order]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.repeat(subwords.offsets[order] - offsets[:-1], lengths) + np.arange(offsets[-1])
    words, last_words = subwords.words[rows], taken(subwords.last_words, rows)
    return Subwords(subwords.ids[rows], words, offsets, subwords.n_words[order], subwords.counts, last_words)


def tokenize(tokenizer: "Tokenizer", sentences: Sequence[Surface], frame: Frame, as_written: bool = False) -> Subwords:
    """Tokenise ``sentences`` with a tokenizer that as_plain_text made.

    ``as_written``: the texts are as people write them, so that a subword belongs to all words that it has characters
    of; otherwise to the first of them. Counted: crossing_subwords (over two words, given to the first) or else
    shared_subwords (of two words or more) and words_that_share_subwords; words_without_subwords (control characters
    alone, for example), windowed_sentences, truncated_sentences, truncated_words (no subword left).
    """
    counts: Counter[str] = Counter()
    chunks = [
        _chunk(tokenizer, sentences[at : at + CHUNK_SENTENCES], frame, counts, as_written)
        for at in range(0, len(sentences), CHUNK_SENTENCES)
    ]
    flat = np.concatenate([np.zeros((3, 0), dtype=np.int32), *(rows for rows, _ in chunks)], axis=1)
    offsets = np.cumsum(np.concatenate([np.zeros(1, dtype=np.int64), *(lengths for _, lengths in chunks)]))
    n_words = np.array([len(sentence.spans) for sentence in sentences], dtype=np.int32)
    return Subwords(flat[0], flat[1], offsets, n_words, dict(counts), flat[2] if as_written else None)


def _chunk(
    tokenizer: "Tokenizer", sentences: Sequence[Surface], frame: Frame, counts: Counter[str], as_written: bool
) -> tuple[Int32, Int64]:
    """Ids, first and last words (3, S) and lengths (N,) of a few sentences, framed; adds to ``counts``."""
    encodings = tokenizer.encode_batch([sentence.text for sentence in sentences], add_special_tokens=False)
    lengths = np.array([len(encoding.ids) for encoding in encodings], dtype=np.int64)
    ids = np.array([number for encoding in encodings for number in encoding.ids], dtype=np.int32)
    spans = np.array([span for encoding in encodings for span in encoding.offsets], dtype=np.int64).reshape(-1, 2)
    first, last = align(spans, lengths, sentences)
    several = last > first
    rows = np.stack([ids, first, last if as_written else first])
    sizes = np.array([len(sentence.spans) for sentence in sentences])
    of_corpus = rows[1:] + np.repeat(np.cumsum(sizes) - sizes, lengths)  # (2, S) words, numbered over all sentences
    n_words, n_found = int(sizes.sum()), _n_owners(of_corpus[:, first >= 0])
    n_long = int((lengths > frame.room).sum())
    if as_written:
        counts.update(dict(zip(SHARED, (int(several.sum()), _n_owners(of_corpus[:, several])), strict=True)))
    else:
        counts["crossing_subwords"] += int(several.sum())
    counts["words_without_subwords"] += n_words - n_found
    counts["windowed_sentences"] += 0 if frame.truncate else n_long
    counts["truncated_sentences"] += n_long if frame.truncate else 0
    if frame.truncate:
        kept = _positions(lengths) < frame.room
        counts["truncated_words"] += n_found - _n_owners(of_corpus[:, kept & (first >= 0)])
        rows, lengths = rows[:, kept], np.minimum(lengths, frame.room)
    return _framed(rows, lengths, frame)


def _n_owners(words: NDArray[np.integer]) -> int:
    """Number of words that have a subword: first and last word of each (2, S)."""
    edges = np.zeros(int(words.max(initial=-1)) + 2, dtype=np.int64)
    np.add.at(edges, words[0], 1)
    np.add.at(edges, words[1] + 1, -1)
    return int((edges.cumsum() > 0).sum())


def _framed(rows: Int32, lengths: Int64, frame: Frame) -> tuple[Int32, Int64]:
    """Put the special subwords around every sentence: (3, S) -> (3, S)."""
    before, after = len(frame.prefix), len(frame.suffix)
    total = lengths + before + after
    position, end = _positions(total), np.repeat(before + lengths, total)
    framed = np.full((len(rows), len(position)), -1, dtype=np.int32)
    framed[:, (position >= before) & (position < end)] = rows
    for at, number in enumerate(frame.prefix):
        framed[0, position == at] = number
    for at, number in enumerate(frame.suffix):
        framed[0, position == end + at] = number
    return framed, total


def _positions(lengths: Int64) -> Int64:
    """Each subword's place in its own sentence: lengths (N,) -> (S,)."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
