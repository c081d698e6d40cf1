"""Tokens as the tokenizer's vocabulary has them, in a form that can be read.

Byte-level vocabularies (GPT-2, Llama 3, Qwen) spell every byte as one printable character: a space as Ġ, an ï as two
signs. Here such a token is turned back into its bytes. Nothing is added and nothing is left out.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPACE = "␣"
_SEEN = str.maketrans({" ": SPACE, "\n": "↵", "\r": "␍", "\t": "⇥"})  # white space that a label must show
_PRINTED = (*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1))


def is_byte_level(tokenizer: "Tokenizer") -> bool:
    """Whether the vocabulary spells bytes as printable characters."""
    parts = (tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder)
    return any(b'"ByteLevel"' in part.__getstate__() for part in parts if part is not None)


def legible(token: str, byte_level: bool) -> str:
    """A token of the vocabulary as it can be read: ``Ġcat`` -> ``␣cat``, ``naÃ¯ve`` -> ``naïve``.

    Marks of other tokenizers (``##s``, ``▁cat``) stay. A byte that is no whole character is written as ``\\xe4``;
    a space, a tab and the end of a line get a sign.
    """
    byte_of = _bytes()
    if byte_level and all(character in byte_of for character in token):
        token = bytes(byte_of[character] for character in token).decode("utf-8", "backslashreplace")
    return token.translate(_SEEN)


@cache
def _bytes() -> dict[str, int]:
    """The byte of each character in a byte-level vocabulary: printable bytes are themselves, others follow from 256."""
    others = [byte for byte in range(256) if byte not in _PRINTED]
    return {chr(byte): byte for byte in _PRINTED} | {chr(256 + at): byte for at, byte in enumerate(others)}
