"""The text of a treebank sentence as people write it, and which characters of it each syntactic word has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from probing.axes import Surface
from probing.errors import DataError

SPACED, AS_WRITTEN = "spaced", "as_written"
TEXTS = (SPACED, AS_WRITTEN)  # of the option model.text
READ = "multiword ranges, read as they are written"
ALIKE = "words with all characters of their multiword range, because its words do not spell it"
REBUILT = "sentences whose text is made of FORM and SpaceAfter, because # text is missing or has other characters"


class _Token(NamedTuple):
    """What is written as one: a multiword range, or a word outside of ranges."""

    form: str
    words: tuple[str, ...]
    space_after: bool


def surface_of(tokens: Sequence[Mapping[str, Any]], text: str | None, where: str, counts: Counter[str]) -> Surface:
    """The surface of a sentence from rows of CoNLL-U by column, with words 1 to W, and its comment ``# text``.

    ``text`` counts if its characters without white space are those of the written tokens: of multiword ranges, and of
    words outside them. Otherwise the text is the written tokens with a space between them, unless SpaceAfter=No. In a
    range that its words spell one after the other (don't: do, n't) each word has its own characters; in any other
    (du: de, le) each word has all characters of the range. READ, ALIKE and REBUILT are counted. Raises: DataError,
    naming ``where``, for a range that does not cover words of the sentence, or words of another range.
    """
    written = _written(tokens, where)
    places = None if text is None else _places(text, written)
    if text is None or places is None:
        text = "".join(token.form + " " * token.space_after for token in written).rstrip()
        places = _places(text, written)
        counts[REBUILT] += 1
    assert places is not None  # the text is made of these tokens
    spans: list[tuple[int, int]] = []
    for token, (start, end) in zip(written, places, strict=True):
        own = _own_spans(token.words, text[start:end], start)
        if len(token.words) > 1:
            counts.update([READ] if own else [READ, *[ALIKE] * len(token.words)])
        spans += own or [(start, end)] * len(token.words)
    return Surface(text, tuple(spans))


def _own_spans(words: Sequence[str], written: str, start: int) -> list[tuple[int, int]] | None:
    """The spans of words that spell what is written at ``start``, one after the other; None if they do not."""
    if "".join(words) != written:
        return None
    ends = list(accumulate(map(len, words), initial=start))
    return list(pairwise(ends))


def _written(tokens: Sequence[Mapping[str, Any]], where: str) -> list[_Token]:
    """The written tokens in order."""
    words = [token["form"] for token in tokens if isinstance(token["id"], int)]
    ranges = {token["id"][0]: token for token in tokens if isinstance(token["id"], tuple) and token["id"][1] == "-"}
    alone = {token["id"]: token for token in tokens if isinstance(token["id"], int)}
    found, number = [], 1
    while number <= len(words):
        token = ranges.pop(number, alone[number])
        last = number if token is alone[number] else token["id"][2]
        if not number <= last <= len(words):
            raise _misplaced(token, where)
        space_after = "SpaceAfter=No" not in str(token.get("misc") or "").split("|")
        found.append(_Token(token["form"], tuple(words[number - 1 : last]), space_after))
        number = last + 1
    for token in ranges.values():
        raise _misplaced(token, where)
    return found


def _misplaced(token: Mapping[str, Any], where: str) -> DataError:
    first, _, last = token["id"]
    return DataError(
        f"{where}: the multiword range {first}-{last} does not cover words of this sentence, or covers words "
        "of another range; correct its ID, or type model.text=spaced"
    )


def _places(text: str, tokens: Sequence[_Token]) -> list[tuple[int, int]] | None:
    """Start and end of each token in ``text``; None if the two have other characters, white space apart."""
    at = [place for place, character in enumerate(text) if not character.isspace()]
    if [text[place] for place in at] != [c for token in tokens for c in token.form if not c.isspace()]:
        return None
    at.append(len(text))
    found, used = [], 0
    for token in tokens:
        size = sum(not character.isspace() for character in token.form)
        start = at[used]
        found.append((start, at[used + size - 1] + 1 if size else start))
        used += size
    return found
