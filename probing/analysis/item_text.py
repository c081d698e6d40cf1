"""An edge, a mention or a pair of mentions as a reader sees it: its words in brackets, and the words around it."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from probing.axes import IntArray

AROUND = 7  # words of context on either side
BRACKETS = (("[", "]"), ("{", "}"))  # around the first and the second part of an item
BRACKETS_SAY = "[ ]: the first part of an item (the dependent, the mention, the first mention); { }: the second"


def in_brackets(words: Sequence[str], spans: Sequence[Sequence[int]]) -> tuple[str, str, str]:
    """The text before, of and after an item, whose parts are from the first word to the end (exclusive) of a span.

    >>> in_brackets(["the", "cat", "said", "it", "slept"], [[0, 2], [3, 4]])
    ('', '[the cat] said {it}', 'slept')
    """
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    shown = [*words]
    for (left, right), (first, stop) in sorted(zip(BRACKETS, spans, strict=False), key=lambda x: x[1][1] - x[1][0]):
        shown[first] = left + shown[first]  # the shorter part first, so that its brackets are inside the longer one's
        shown[stop - 1] += right
    before, after = shown[:start], shown[end:]
    return (
        " ".join((["…"] if len(before) > AROUND else []) + before[-AROUND:]),
        " ".join(shown[start:end]),
        " ".join(after[:AROUND] + (["…"] if len(after) > AROUND else [])),
    )


def heads_in_words(words: Sequence[str], kept: IntArray, places: NDArray[Any]) -> list[str]:
    """The head of each of the ``kept`` words as a reader sees it; a place counts among these words, negative: none.

    >>> heads_in_words(["the", "cat", "slept"], np.array([0, 1, 2]), np.array([1, 2, 2]))
    ['cat (2)', 'slept (3)', 'root']
    """
    named = [f"{words[at]} ({at + 1})" for at in kept.tolist()]
    own = range(len(named))
    return [
        "root" if place == word else named[place] if place >= 0 else "a word without a vector"
        for word, place in zip(own, places.astype(int).tolist(), strict=True)
    ]
