"""Which subwords of a chat are its template's: those that no message has characters of."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from probing.axes import Surface

Int64 = NDArray[np.int64]


def of_template(spans: Int64, word: Int64, begins: Int64, sentences: Sequence[Surface]) -> NDArray[np.bool_]:
    """Which subwords (S,) have no character of a message, or none before the end of it but white space.

    word (S,): where the word begins that a subword would belong to; begins (N,): where each text does.
    """
    whole = [((0, len(s.text) + 1),) if s.contents is None else s.contents for s in sentences]
    edges = np.array([edge for at, found in zip(begins, whole, strict=True) for edge in np.add(found, at)]).reshape(
        -1, 2
    )
    starts, ends = edges[edges[:, 1] > edges[:, 0]].T
    after = np.searchsorted(ends, spans[:, 0], side="right")  # the first message that ends behind the subword's start
    at = np.minimum(after, len(ends) - 1)
    # a subword without characters, such as a space that a tokenizer adds, is where the next character is
    reached = starts[at] < np.maximum(spans[:, 1], spans[:, 0] + 1)
    return np.asarray((after > at) | ~reached | (word >= ends[at]))
