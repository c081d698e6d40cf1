"""Surface baselines of edges and mentions: what the words of an item, and where they stand, tell about its label."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.probe.baselines import Predicted, Read
from probing.probe.fit import Target
from probing.probe.indicators import logistic_on_indicators

NEAR = 5  # distances up to this one have a feature each; longer ones share one with those up to twice as long
Words = Sequence[str]
Spans = NDArray[np.integer]  # (K, 2): the parts of one item


def both_words(target: Target, read: Read) -> Predicted:
    """Both words of an edge and their last three letters, each alone and together, their order and their distance."""
    return _fitted(target, read, _of_edge)


def words_of_the_mention(target: Target, read: Read) -> Predicted:
    """The words of a mention: all, the first, the last, its syntactic head; last letters, capitals, its length."""
    return _fitted(target, read, _of_mention)


def match_and_distance(target: Target, read: Read) -> Predicted:
    """Of two mentions: equal text, equal last word, words in common, nesting, distance, lengths, and what they are
    if they are of one word (such as pronouns).
    """
    return _fitted(target, read, _of_pair)


def _fitted(target: Target, read: Read, features: Callable[[Words, int, Spans], list[str]]) -> Predicted:
    found = {split: [features(*item) for item in _items(read, split)] for split in target.values}
    return logistic_on_indicators(target, found)


def _items(read: Read, split: str) -> Iterator[tuple[Words, int, Spans]]:
    """Of each item the words of its sentence in small letters, the word it is known by, and its parts."""
    assert read.parts is not None  # only tasks whose items have places name these baselines
    for forms, places in zip(read.forms[split], read.parts[split], strict=True):
        for word, spans in zip(places.words.tolist(), places.spans, strict=True):
            yield forms, word, spans


def _of_edge(words: Words, dependent: int, spans: Spans) -> list[str]:
    head = int(spans[1, 0])
    one, other, where = words[dependent].lower(), words[head].lower(), "<" if head < dependent else ">"
    far = f"{where}{bucket(abs(head - dependent))}"
    ends = one[-3:], other[-3:]
    texts = (one, other, ends[0], ends[1], "|".join(ends))
    found = [f"{name}{where}{text}" for name, text in zip("dhefb", texts, strict=True)]
    return [*found, f"word {one}", f"head {other}", far, f"far {one}{far}"]


def _of_mention(words: Words, head: int, spans: Spans) -> list[str]:
    start, end = (int(edge) for edge in spans[0])
    inside = [word.lower() for word in words[start:end]]
    named = {"first": inside[0], "last": inside[-1], "head": words[head].lower(), "all": " ".join(inside)}
    found = [f"{name} {text}" for name, text in named.items()] + [f"has {text}" for text in dict.fromkeys(inside)]
    capital = "capital" if words[head][:1].isupper() else "small"
    return [*found, f"ends {named['head'][-3:]}", capital, f"length {bucket(end - start)}"]


def _of_pair(words: Words, _: int, spans: Spans) -> list[str]:
    one, other = ([word.lower() for word in words[start:end]] for start, end in spans.tolist())
    (start, end), (begin, stop) = spans.tolist()
    nested = begin < end and start < stop
    gap = "nested" if nested else f"gap {bucket(max(begin - end, start - stop))}"
    common = f"common {min(len({*one} & {*other}), 3)}"
    found = [gap, common, f"same text {one == other}", f"same last {one[-1] == other[-1]}"]
    lone = [part[0] if len(part) == 1 else f"length {bucket(len(part))}" for part in (one, other)]
    return [*found, f"first {lone[0]}", f"second {lone[1]}", f"both {lone[0]}|{lone[1]}", f"{gap} {lone[1]}"]


def bucket(n: int) -> str:
    """A number as text: up to NEAR itself, above it the power of two at or below it.

    >>> [bucket(n) for n in (3, 6, 8, 20)]
    ['3', '4+', '8+', '16+']
    """
    return str(n) if n <= NEAR else f"{2 ** int(np.log2(n))}+"


ITEM_SURFACES: dict[str, Callable[[Target, Read], Any]] = {
    "both words, order and distance": both_words,
    "words of the mention": words_of_the_mention,
    "match and distance of the mentions": match_and_distance,
}
