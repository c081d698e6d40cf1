"""Where the words of free text are."""

import re
import unicodedata

Span = tuple[int, int]
# Over character classes (``_class_of``): a word, perhaps with single signs inside; a sign; marks without a letter.
_WORD = re.compile("w[wm]*(?:iw[wm]*)*|[ip]m*|m+")
_INNER = "'’-‐."


def word_spans(text: str) -> list[Span]:
    """Character spans (end exclusive) of the words of free text.

    A word is a run of letters and digits, with single apostrophes, hyphens and points inside; every other sign is a
    word of its own.
    """
    return [found.span() for found in _WORD.finditer("".join(map(_class_of, text)))]


def _class_of(character: str) -> str:
    """w: letters and digits, m: marks of the character before, i: signs that may be inside a word, p: others."""
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category[0] in "LN" or character == "_":
        return "w"
    if category[0] == "M" or category == "Cf":
        return "m"
    return "i" if character in _INNER else "p"
