"""A text, a pair of texts or a corpus sentence as subwords: ids for the network, words and tokens for the page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import Sentence, Surface
from probing.data.word_spans import word_spans
from probing.errors import DataError
from probing.model.align import UNMATCHABLE, align, as_read
from probing.model.encoder import Encoder
from probing.model.saved_tokenizer import special_subwords
from probing.model.subwords import linked
from probing.view.record import Tokens
from probing.view.token_labels import is_byte_level, legible

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Int64 = NDArray[np.int64]
Integers = NDArray[np.int64] | NDArray[np.int32]


@dataclass(frozen=True)
class TokenizedInput:
    """One input of S subwords: ids (S,); types (S,), the segment ids that the tokenizer gives the network; notes."""

    ids: Int64
    types: Int64
    tokens: Tokens
    notes: tuple[str, ...] = ()


def tokenize_text(encoder: Encoder, text: str, text_b: str | None = None) -> TokenizedInput:
    """Tokenise free text, with the special subwords that the encoder's tokenizer adds; "[SEP]" in a text stays text.

    Raises: DataError for a text without subwords, or with more than the model's window.
    """
    texts = (text,) if text_b is None else (text, text_b)
    spans = [word_spans(_checked(part)) for part in texts]
    encoding = encoder.tokenizer.encode(*texts)
    sequence = np.array([-1 if number is None else number for number in encoding.sequence_ids], dtype=np.int64)
    for number, part in enumerate(texts):
        if not (sequence == number).any():
            raise DataError(f"{part[:40]!r}: {encoder.checkpoint.name} has no subword for any of it; type another text")
    _fits(encoder, len(sequence))
    ids, offsets = np.array(encoding.ids, dtype=np.int64), np.array(encoding.offsets, dtype=np.int64)
    words = np.full(len(ids), -1)
    for number, part in enumerate(texts):
        here = sequence == number
        own, _ = align(offsets[here], np.array([here.sum()]), [Surface(part, tuple(spans[number]))])
        words[here] = np.where(own >= 0, own + sum(map(len, spans[:number])), -1)
    forms = [[part[first:end] for first, end in found] for part, found in zip(texts, spans, strict=True)]
    named = _named(encoder.tokenizer, ids)
    tokens = replace(_tokens(named, sequence, words, forms), surface=_surface(offsets, sequence, texts))
    types = np.array(encoding.type_ids, dtype=np.int64)
    return TokenizedInput(ids, types, tokens, _notes(encoder.tokenizer, ids, tokens))


def tokenize_sentence(encoder: Encoder, sentence: Sentence) -> TokenizedInput:
    """Tokenise a corpus sentence as for the store: same subwords, same words. Raises: as ``tokenize_text``."""
    text = _of_no_chat(sentence).text
    bare = encoder.tokenizer.encode(_checked(text), add_special_tokens=False)
    if not bare.ids:
        raise DataError(f"{text[:40]!r}: {encoder.checkpoint.name} has no subword for any of it")
    _fits(encoder, len(bare.ids) + len(encoder.frame.prefix) + len(encoder.frame.suffix))
    ids = encoder.tokenize_sentences([sentence]).ids.astype(np.int64)
    tokens = corpus_tokens(encoder.tokenizer, sentence, ids)
    return TokenizedInput(ids, np.zeros_like(ids), tokens, _notes(encoder.tokenizer, ids, tokens))


def _of_no_chat(sentence: Sentence) -> Surface:
    """What a model reads of a sentence. Raises: DataError for a chat, whose template has special tokens inside."""
    read = as_read(sentence)
    if read.contents is not None:
        raise DataError(f"{sentence.id} is a chat, and pages show texts only; give its text with text=…")
    return read


def corpus_tokens(tokenizer: "Tokenizer", sentence: Sentence, ids: Integers) -> Tokens:
    """Tokens of a corpus sentence from the ids (S,) that a store holds.

    ``tokenizer`` is the plain-text copy (``as_plain_text``) of the one that made the ids.
    Raises: DataError if it splits these words into other subwords.
    """
    read = _of_no_chat(sentence)
    before, after = special_subwords(tokenizer)
    inside = slice(len(before), len(ids) - len(after))
    n_inside = max(0, inside.stop - inside.start)
    bare = tokenizer.encode(read.text, add_special_tokens=False)
    if bare.ids[:n_inside] != list(ids[inside]):
        raise DataError(
            f"{read.text[:40]!r}: this tokenizer splits it into other subwords than those in the store; use the one "
            "that made them"
        )
    sequence, offsets = np.full(len(ids), -1), np.zeros((len(ids), 2), dtype=np.int64)
    sequence[inside], offsets[inside] = 0, np.array(bare.offsets[:n_inside]).reshape(-1, 2)
    first, last = np.full((2, len(ids)), -1)
    first[inside], last[inside] = align(offsets[inside], np.array([n_inside]), [read])
    tokens = _tokens(_named(tokenizer, ids), sequence, first, [sentence.words])
    tokens = replace(tokens, surface=_surface(offsets, sequence, (read.text,)))
    if sentence.surface is None:
        return tokens
    return replace(tokens, last_word=last, written=written(sentence.surface, first, last))


def written(surface: Surface, first: Int64, last: Int64) -> tuple[str, ...]:
    """The characters of each unit at the place of its first word, of every other word its own: (W,) texts."""
    ends = [end for _, end in surface.spans]
    units = linked(first, last)
    for unit in np.unique(units[units >= 0]).tolist():
        ends[unit] = surface.spans[int(last[units == unit].max())][1]
    return tuple(surface.text[start:end] for (start, _), end in zip(surface.spans, ends, strict=True))


def _checked(text: str) -> str:
    if not text.strip():
        raise DataError("the text is empty; type at least one word")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"character {error.start + 1} of the text is half a character (a lone surrogate)") from error
    return text


def _fits(encoder: Encoder, n_subwords: int) -> None:
    if encoder.window is not None and n_subwords > encoder.window:
        raise DataError(
            f"the text has {n_subwords} subwords, special ones included, and {encoder.checkpoint.name} reads at most "
            f"{encoder.window} at once; shorten it by {n_subwords - encoder.window} subwords"
        )


def _named(tokenizer: "Tokenizer", ids: Integers) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels (S), and the tokens exactly as the vocabulary spells them (S)."""
    tokens = [(tokenizer.id_to_token(number) or str(number)).removeprefix(UNMATCHABLE) for number in ids.tolist()]
    byte_level = is_byte_level(tokenizer)
    return tuple(legible(token, byte_level) for token in tokens), tuple(tokens)


def _surface(offsets: Int64, sequence: Int64, texts: Sequence[str]) -> tuple[str, ...]:
    """The characters of each subword (S): of several bytes of one character, each has the whole character."""
    each = zip(offsets.tolist(), sequence.tolist(), strict=True)
    return tuple(texts[of][start:end] if of >= 0 else "" for (start, end), of in each)


def _unknown(tokenizer: "Tokenizer") -> int | None:
    """The id of the unknown subword; a unigram model does not give its name."""
    names = (getattr(tokenizer.model, "unk_token", None), "<unk>", "[UNK]")
    return next((number for name in names if name and (number := tokenizer.token_to_id(name)) is not None), None)


def _tokens(
    named: tuple[tuple[str, ...], tuple[str, ...]], sequence: Int64, words: Int64, forms: Sequence[Sequence[str]]
) -> Tokens:
    return Tokens(
        labels=named[0],
        vocabulary=named[1],
        special=tuple((sequence < 0).tolist()),
        word=words,
        segment=np.maximum.accumulate(np.maximum(sequence, 0)),
        forms=tuple(form for part in forms for form in part),
        form_segment=np.repeat(np.arange(len(forms)), [len(part) for part in forms]),
    )


def _notes(tokenizer: "Tokenizer", ids: Int64, tokens: Tokens) -> tuple[str, ...]:
    """What was lost on the way to subwords."""
    notes = []
    n_unknown = int((ids == _unknown(tokenizer)).sum())
    if n_unknown:
        notes.append(f"subwords unknown to the tokenizer, so that the model cannot tell them apart: {n_unknown}")
    last_word = tokens.word if tokens.last_word is None else tokens.last_word
    owned = {
        word
        for first, last in zip(tokens.word, last_word, strict=True)
        if first >= 0
        for word in range(first, last + 1)
    }
    lost = len(tokens.forms) - len(owned)
    if lost:
        notes.append(f"words without a subword of their own, left out or merged with the word before: {lost}")
    second = int(tokens.segment.argmax())  # the second text's first subword; 0 where there is no second text
    if second and not tokens.special[second - 1]:
        notes.append("the tokenizer puts no special subword between two texts: the model reads them as one text")
    return tuple(notes)
