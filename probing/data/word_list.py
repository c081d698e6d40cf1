"""A list of words as people give it to a function; a text in its place is refused, as it would be read as letters."""

from collections.abc import Iterable

from probing.errors import DataError, shown

_SPLIT = "split it into words first, as in ['A', 'cat', 'sleeps', '.']"


def words_of(words: object, what: str = "the sentence", *, may_be_empty: bool = False) -> tuple[str, ...]:
    """The words of one sentence, (W,), from a list, a tuple or an array of strings.

    ``what``: what a message calls the sentence. Raises: DataError for a text, for anything that is not a list of
    strings, for no words unless it ``may_be_empty``, and for a word without characters.

    >>> words_of(["A", "cat", "sleeps"])
    ('A', 'cat', 'sleeps')
    """
    if isinstance(words, str):
        raise DataError(f"{what} is the text {shown(repr(words))}; a list of words is expected: {_SPLIT}")
    if not isinstance(words, Iterable):
        raise DataError(
            f"{what} is {shown(repr(words))}; a list of words is expected, as in ['A', 'cat', 'sleeps', '.']"
        )
    found = tuple(words)
    for place, word in enumerate(found, start=1):
        if not isinstance(word, str) or not word:
            raise DataError(f"{what}: word {place} is {shown(repr(word))}; a string with characters is expected")
    if not (found or may_be_empty):
        raise DataError(f"{what} has no words; give it some, or leave it out")
    return tuple(map(str, found))
