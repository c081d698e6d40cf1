"""From a text, a pair of texts or a corpus sentence to what a network reads, and to the words and labels of a page."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.errors import DataError
from probing.model.align import UNMATCHABLE, special_subwords
from probing.model.encoder import Encoder
from probing.view.record import Tokens

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Int64 = NDArray[np.int64]
Span = tuple[int, int]
# Over classes of characters (``_class_of``): a word with single inner signs, a sign, marks with nothing to bear them.
_WORD = re.compile("w[wm]*(?:iw[wm]*)*|[ip]m*|m+")
_INNER = "'’-‐."


@dataclass(frozen=True)
class Split:
    """One input of S subwords: ids (S,); types (S,), the segment as the tokenizer tells it to the network; notes."""

    ids: Int64
    types: Int64
    tokens: Tokens
    notes: tuple[str, ...] = ()


def split(encoder: Encoder, text: str, text_b: str | None = None) -> Split:
    """Tokenise free text, framed as the encoder's own tokenizer does; what looks like a special subword stays text.

    Raises: DataError for a text without subwords, or more of them than the model's window.
    """
    texts = (text,) if text_b is None else (text, text_b)
    spans = [word_spans(_checked(part)) for part in texts]
    encoding = encoder.tokenizer.encode(*texts)
    sequence = np.array([-1 if number is None else number for number in encoding.sequence_ids], dtype=np.int64)
    for number, part in enumerate(texts):
        if not (sequence == number).any():
            raise DataError(f"{part[:40]!r}: {encoder.checkpoint.name} has no subword for any of it; give other text")
    _fits(encoder, len(sequence))
    ids, offsets = np.array(encoding.ids, dtype=np.int64), np.array(encoding.offsets, dtype=np.int64)
    words = np.full(len(ids), -1)
    for number, part in enumerate(texts):
        here = sequence == number
        own = words_of(offsets[here, 0], spans[number], len(part))
        words[here] = np.where(own >= 0, own + sum(map(len, spans[:number])), -1)
    labels = _labels(encoder.tokenizer, ids, offsets, sequence, texts, words)
    forms = [[part[first:end] for first, end in found] for part, found in zip(texts, spans, strict=True)]
    tokens = _tokens(labels, sequence, words, forms)
    return Split(ids, np.array(encoding.type_ids, dtype=np.int64), tokens, _notes(encoder.tokenizer, ids, tokens))


def split_words(encoder: Encoder, words: Sequence[str]) -> Split:
    """A corpus sentence, its subwords and their words as the store has them. Raises: as ``split``."""
    bare = encoder.tokenizer.encode(_checked(" ".join(words)), add_special_tokens=False)
    if not bare.ids:
        raise DataError(f"{' '.join(words)[:40]!r}: {encoder.checkpoint.name} has no subword for any of it")
    _fits(encoder, len(bare.ids) + len(encoder.frame.prefix) + len(encoder.frame.suffix))
    subwords = encoder.tokenize([words])
    ids = subwords.ids.astype(np.int64)
    tokens = corpus_tokens(encoder.tokenizer, words, ids, subwords.words)
    return Split(ids, np.zeros_like(ids), tokens, _notes(encoder.tokenizer, ids, tokens))


def corpus_tokens(tokenizer: "Tokenizer", words: Sequence[str], ids: NDArray[Any], of_word: NDArray[Any]) -> Tokens:
    """Tokens of a corpus sentence from what a store holds of it: ids (S,), and the word of each subword (S,) or -1.

    ``tokenizer`` is the plain-text copy (``as_plain_text``) of the one that made the ids.
    Raises: DataError if it makes other subwords of these words.
    """
    text = " ".join(words)
    before, after = special_subwords(tokenizer)
    inside = slice(len(before), len(ids) - len(after))
    n_inside = max(0, inside.stop - inside.start)
    bare = tokenizer.encode(text, add_special_tokens=False)
    if bare.ids[:n_inside] != list(ids[inside]):
        raise DataError(f"{text[:40]!r}: this tokenizer makes other subwords of it than those given; give theirs")
    sequence, offsets = np.full(len(ids), -1), np.zeros((len(ids), 2), dtype=np.int64)
    sequence[inside], offsets[inside] = 0, np.array(bare.offsets[:n_inside]).reshape(-1, 2)
    owner = np.asarray(of_word, dtype=np.int64)
    return _tokens(_labels(tokenizer, ids, offsets, sequence, (text,), owner), sequence, owner, [words])


def word_spans(text: str) -> list[Span]:
    """Words of free text: runs of letters and digits, single apostrophes, hyphens and points inside them included.

    Every other sign is a word of its own. Spans are of characters, the end exclusive.
    """
    return [found.span() for found in _WORD.finditer("".join(map(_class_of, text)))]


def _class_of(character: str) -> str:
    """w: letters and digits, m: marks that belong to what they follow, i: signs that a word may hold, p: others."""
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category[0] in "LN" or character == "_":
        return "w"
    if category[0] == "M" or category == "Cf":
        return "m"
    return "i" if character in _INNER else "p"


def words_of(starts: Int64, spans: Sequence[Span], length: int) -> Int64:
    """The word of each subword, -1 for none: that of the first character, white space aside, at or after its start.

    starts (S,) in a text of ``length`` characters. The rule is ``align``'s, for words that no spaces need part.
    """
    following = np.full(length + 1, -1)
    for word, (_, end) in reversed(list(enumerate(spans))):
        before = spans[word - 1][1] if word else 0
        following[before:end] = word
    return np.asarray(following[starts], dtype=np.int64)


def _checked(text: str) -> str:
    if not text.strip():
        raise DataError("the text is empty; type at least a word")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"character {error.start + 1} of the text is half a character (a lone surrogate)") from error
    return text


def _fits(encoder: Encoder, n_subwords: int) -> None:
    if encoder.window is not None and n_subwords > encoder.window:
        raise DataError(
            f"the text makes {n_subwords} subwords, special ones included, and {encoder.checkpoint.name} reads at most "
            f"{encoder.window} at once; shorten it by {n_subwords - encoder.window} subwords"
        )


def _labels(
    tokenizer: "Tokenizer", ids: NDArray[Any], offsets: Int64, sequence: Int64, texts: Sequence[str], words: Int64
) -> tuple[str, ...]:
    """What is shown: the characters that a subword covers, where it alone covers them; else the tokenizer's name."""
    unknown = _unknown(tokenizer)
    labels = []
    for place, (number, of, word) in enumerate(zip(ids.tolist(), sequence.tolist(), words.tolist(), strict=True)):
        shown = texts[of][slice(*offsets[place])].strip() if of >= 0 and number != unknown else ""
        # Bytes of one character all cover it, each as a whole.
        shared = place > 0 and sequence[place - 1] == of and offsets[place - 1, 1] > offsets[place, 0]
        shared |= place + 1 < len(ids) and sequence[place + 1] == of and offsets[place, 1] > offsets[place + 1, 0]
        if shared or not shown:
            shown = (tokenizer.id_to_token(number) or str(number)).removeprefix(UNMATCHABLE)
        continues = place > 0 and word >= 0 and words[place - 1] == word
        labels.append("##" + shown if continues else shown)
    return tuple(labels)


def _unknown(tokenizer: "Tokenizer") -> int | None:
    """The subword that stands for what the vocabulary lacks; a unigram model keeps its name to itself."""
    names = (getattr(tokenizer.model, "unk_token", None), "<unk>", "[UNK]")
    return next((number for name in names if name and (number := tokenizer.token_to_id(name)) is not None), None)


def _tokens(labels: tuple[str, ...], sequence: Int64, words: Int64, forms: Sequence[Sequence[str]]) -> Tokens:
    return Tokens(
        labels=labels,
        special=tuple((sequence < 0).tolist()),
        word=words,
        segment=np.maximum.accumulate(np.maximum(sequence, 0)),
        forms=tuple(form for part in forms for form in part),
        form_segment=np.repeat(np.arange(len(forms)), [len(part) for part in forms]),
    )


def _notes(tokenizer: "Tokenizer", ids: Int64, tokens: Tokens) -> tuple[str, ...]:
    """What did not come through whole."""
    notes = []
    n_unknown = int((ids == _unknown(tokenizer)).sum())
    if n_unknown:
        notes.append(f"unknown to the tokenizer, and alike to the model: {n_unknown} subwords")
    lost = len(tokens.forms) - len(np.unique(tokens.word[tokens.word >= 0]))
    if lost:
        notes.append(f"words without a subword of their own, left out or joined with the word before: {lost}")
    second = int(tokens.segment.argmax())  # the second text's first subword; 0 where there is no second text
    if second and not tokens.special[second - 1]:
        notes.append("the tokenizer puts nothing between two texts: the model reads them as one")
    return tuple(notes)
