"""Groups of sentences by what they contain."""

from collections.abc import Sequence

import numpy as np

from probing.axes import Sentence
from probing.diagnosis.answers import Groups

NEG = {"not", "n't", "no", "never", "nobody", "nothing", "neither", "nor"}


def groups_of(sentences: Sequence[Sentence]) -> Groups:
    """x"""
    inside = np.array(
        [
            [
                bool(NEG & set(map(str.lower, s.words))),
                "but" in s.words or "although" in map(str.lower, s.words),
                len(s.words) > 15,
                s.words[-1] == "?",
            ]
            for s in sentences
        ]
    )
    return Groups(("negation", "contrast", "long", "question"), inside)
