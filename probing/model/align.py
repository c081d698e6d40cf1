"""Which word each subword belongs to, by the tokenizer's own character offsets.

The words of a sentence are joined by single spaces, or the text is taken as it is written (``Sentence.surface``), and
tokenised as running text. A subword belongs to the word of the first character at or after its start that is not white
space. So a space marker that is a subword of its own belongs to the word after it, for byte-level and SentencePiece
tokenizers. In text as it is written, where words touch each other, a subword belongs to every word that it has
characters of; words of a multiword range that cannot be told apart have all of the range's subwords. In a chat that a
template has written out, subwords without a character of a message belong to no word. No word is tokenised a second
time, and no subwords are counted.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import Sentence, Surface
from probing.errors import DataError
from probing.model.template_subwords import of_template

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Int64 = NDArray[np.int64]
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


def joined(words: Sequence[str]) -> Surface:
    """Words between single spaces; the white space at the ends of a word is not part of its span."""
    spans, at = [], 0
    for word in words:
        first, last = at + len(word) - len(word.lstrip()), at + len(word.rstrip())
        spans.append((first, max(first, last)))
        at += len(word) + 1
    return Surface(" ".join(words), tuple(spans))


def as_read(sentence: Sentence) -> Surface:
    """What a model reads of a corpus sentence: the text as written if the corpus was read so, else its words.

    Raises: DataError for a chat that no template has written out (``chat_template.written_out``).
    """
    if sentence.messages and sentence.surface is None:
        raise DataError(
            f"{sentence.id}: a chat is read through the template of a model, which this program does not do"
        )
    return sentence.surface or joined(sentence.words)


def align(spans: Int64, lengths: Int64, sentences: Sequence[Surface]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Each subword's first and last word in its sentence (-1: none); they differ if it reaches into several words.

    Shapes: spans (S, 2), characters of the subword in its sentence's text; lengths (N,), subwords per sentence.
    """
    n_words = np.array([len(sentence.spans) for sentence in sentences], dtype=np.int64)
    n_characters = np.array([len(sentence.text) + 1 for sentence in sentences], dtype=np.int64)
    of_words = np.array([span for sentence in sentences for span in sentence.spans], dtype=np.int64).reshape(-1, 2)
    of_words += np.repeat(np.cumsum(n_characters) - n_characters, n_words)[:, None]
    spelled = np.flatnonzero(of_words[:, 1] > of_words[:, 0])
    if not len(spans) or not len(spelled):
        return np.full(len(spans), -1, np.int32), np.full(len(spans), -1, np.int32)

    begins = np.cumsum(n_characters) - n_characters
    spans = spans + np.repeat(begins, lengths)[:, None]
    first = np.searchsorted(
        of_words[spelled, 1], spans[:, 0], side="right"
    )  # the first word that ends behind its start
    last = (
        np.searchsorted(of_words[spelled, 0], spans[:, 1], side="left") - 1
    )  # the last one that begins before its end
    words = spelled[np.minimum(np.stack([first, np.maximum(first, last)]), len(spelled) - 1)]  # (2, S)
    first_word = np.repeat(np.cumsum(n_words) - n_words, lengths)
    # A subword of trailing white space would fall to the next sentence.
    none = (first == len(spelled)) | (words[0] >= first_word + np.repeat(n_words, lengths))
    if any(sentence.contents is not None for sentence in sentences):
        none |= of_template(spans, of_words[words[0], 0], begins, sentences)
    words = np.where(none, -1, words - first_word).astype(np.int32)
    return words[0], words[1]
