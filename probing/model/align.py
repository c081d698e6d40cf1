"""Which word each subword belongs to, by the tokenizer's own character offsets.

The words of a sentence are joined by single spaces and tokenised as running text. A subword belongs to the word of
the first character at or after its start that is not white space. So a space marker that is a subword of its own
belongs to the word after it, for byte-level and SentencePiece tokenizers. No word is tokenised a second time, and no
subwords are counted.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Int64 = NDArray[np.int64]
WHITE_SPACE = np.array([code for code in range(0x3001) if chr(code).isspace()], dtype=np.uint32)
UNMATCHABLE = "\U0010ffff"  # not a character: no text contains it


def as_plain_text(tokenizer: "Tokenizer") -> "Tokenizer":
    """A copy that neither truncates nor pads, and reads "[SEP]" or "</s>" in a text as any other characters."""
    from tokenizers import Tokenizer
    from tokenizers.models import Unigram

    saved = tokenizer.to_str()
    copy = Tokenizer.from_str(saved)
    copy.no_truncation()
    copy.no_padding()
    copy.encode_special_tokens = True
    model = json.loads(saved)["model"]
    if model.get("type") == "Unigram":  # its vocabulary lists the special tokens among the ordinary pieces
        special = {token.content for token in copy.get_added_tokens_decoder().values() if token.special}
        pieces = [(UNMATCHABLE + piece if piece in special else piece, score) for piece, score in model["vocab"]]
        copy.model = Unigram(pieces, model["unk_id"], model.get("byte_fallback", False))
    return copy


def align(spans: Int64, lengths: Int64, sentences: Sequence[Sequence[str]]) -> tuple[NDArray[np.int32], int]:
    """Each subword's word in its sentence (-1: none), and how many subwords reach into a second word.

    Shapes: spans (S, 2), characters of the subword in its sentence's text; lengths (N,), subwords per sentence.
    """
    if len(spans) == 0:
        return np.zeros(0, dtype=np.int32), 0
    owner = _owners(sentences)  # (characters of all texts,)
    here = np.arange(len(owner))
    following = np.minimum.accumulate(np.where(owner >= 0, here, len(owner) - 1)[::-1])[::-1]
    preceding = np.maximum.accumulate(np.where(owner >= 0, here, 0))

    n_words = np.array([len(words) for words in sentences])
    n_characters = np.array([sum(len(word) + 1 for word in words) for words in sentences])
    spans = spans + np.repeat(np.cumsum(n_characters) - n_characters, lengths)[:, None]
    first_word = np.repeat(np.cumsum(n_words) - n_words, lengths)
    word = owner[following[spans[:, 0]]]
    # A subword of trailing white space would fall to the next sentence; words without characters have no subword.
    word[(word < first_word) | (word >= first_word + np.repeat(n_words, lengths))] = -1
    last = owner[preceding[np.maximum(spans[:, 1] - 1, spans[:, 0])]]
    crossing = (word >= 0) & (last > word)
    return np.where(word >= 0, word - first_word, -1).astype(np.int32), int(crossing.sum())


def _owners(sentences: Sequence[Sequence[str]]) -> Int64:
    """The running number of the word that each character belongs to, -1 for white space.

    Every word is followed by one separator; the last one of a sentence lies past the end of its text.
    """
    words = [word for sentence in sentences for word in sentence]
    lengths = np.array([(len(word), 1) for word in words])
    numbers = np.column_stack([np.arange(len(words)), np.full(len(words), -1)])
    owner = np.repeat(numbers.ravel(), lengths.ravel())
    codes = np.frombuffer("".join(word + " " for word in words).encode("utf-32-le"), dtype=np.uint32)
    owner[np.isin(codes, WHITE_SPACE)] = -1
    return owner
