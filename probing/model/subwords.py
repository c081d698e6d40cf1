"""Sentences as a model reads them: subword numbers, special subwords around them, and what was left out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import ConfigError
from probing.model.align import align

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
CHUNK_SENTENCES = 1000  # tokenised at a time: encodings take far more memory than what is kept of them
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
    """

    ids: Int32
    words: Int32
    offsets: Int64
    n_words: Int32
    counts: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of sentences."""
        return len(self.n_words)

    def part(self, first: int, last: int) -> "Subwords":
        """Sentences ``first`` to ``last - 1``, without counts."""
        start, stop = self.offsets[first], self.offsets[last]
        offsets = self.offsets[first : last + 1] - start
        return Subwords(self.ids[start:stop], self.words[start:stop], offsets, self.n_words[first:last])


def reorder(subwords: Subwords, order: NDArray[np.int64]) -> Subwords:
    """The same sentences in another order."""
    lengths = np.diff(subwords.offsets)[order]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.repeat(subwords.offsets[order] - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Subwords(subwords.ids[rows], subwords.words[rows], offsets, subwords.n_words[order], subwords.counts)


def tokenize(tokenizer: "Tokenizer", sentences: Sequence[Sequence[str]], frame: Frame) -> Subwords:
    """Tokenise ``sentences``, each a sequence of words, with a tokenizer that as_plain_text made.

    Counted: crossing_subwords (over two words, given to the first), words_without_subwords (control characters
    alone, for example), windowed_sentences, truncated_sentences, truncated_words (no subword left).
    """
    counts: Counter[str] = Counter()
    chunks = [
        _chunk(tokenizer, sentences[at : at + CHUNK_SENTENCES], frame, counts)
        for at in range(0, len(sentences), CHUNK_SENTENCES)
    ]
    none = np.zeros(0, dtype=np.int32)
    ids = np.concatenate([none, *(ids for ids, _, _ in chunks)])
    words = np.concatenate([none, *(words for _, words, _ in chunks)])
    offsets = np.cumsum(np.concatenate([np.zeros(1, dtype=np.int64), *(lengths for _, _, lengths in chunks)]))
    n_words = np.array([len(words) for words in sentences], dtype=np.int32)
    return Subwords(ids, words, offsets, n_words, dict(counts))


def _chunk(
    tokenizer: "Tokenizer", sentences: Sequence[Sequence[str]], frame: Frame, counts: Counter[str]
) -> tuple[Int32, Int32, Int64]:
    """Ids (S,), words (S,) and lengths (N,) of a few sentences, framed; adds to ``counts``."""
    encodings = tokenizer.encode_batch([" ".join(words) for words in sentences], add_special_tokens=False)
    lengths = np.array([len(encoding.ids) for encoding in encodings], dtype=np.int64)
    ids = np.array([number for encoding in encodings for number in encoding.ids], dtype=np.int32)
    spans = np.array([span for encoding in encodings for span in encoding.offsets], dtype=np.int64)
    words, crossing = align(spans, lengths, sentences)
    sentence = np.repeat(np.arange(len(sentences)), lengths)
    n_found = _distinct(sentence, words)
    n_long = int((lengths > frame.room).sum())
    counts["crossing_subwords"] += crossing
    counts["words_without_subwords"] += sum(map(len, sentences)) - n_found
    counts["windowed_sentences"] += 0 if frame.truncate else n_long
    counts["truncated_sentences"] += n_long if frame.truncate else 0
    if frame.truncate:
        kept = _positions(lengths) < frame.room
        counts["truncated_words"] += n_found - _distinct(sentence[kept], words[kept])
        ids, words, lengths = ids[kept], words[kept], np.minimum(lengths, frame.room)
    return _framed(ids, words, lengths, frame)


def _framed(ids: Int32, words: Int32, lengths: Int64, frame: Frame) -> tuple[Int32, Int32, Int64]:
    """Put the special subwords around every sentence."""
    before, after = len(frame.prefix), len(frame.suffix)
    total = lengths + before + after
    position, end = _positions(total), np.repeat(before + lengths, total)
    inside = (position >= before) & (position < end)
    framed_ids, framed_words = (np.full(len(position), -1, dtype=np.int32) for _ in range(2))
    framed_ids[inside], framed_words[inside] = ids, words
    for at, number in enumerate(frame.prefix):
        framed_ids[position == at] = number
    for at, number in enumerate(frame.suffix):
        framed_ids[position == end + at] = number
    return framed_ids, framed_words, total


def _positions(lengths: Int64) -> Int64:
    """Each subword's place in its own sentence: lengths (N,) -> (S,)."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _distinct(sentence: Int64, words: Int32) -> int:
    """Number of words that own a subword."""
    return len(np.unique(np.column_stack([sentence, words])[words >= 0], axis=0))
