"""Which sentences an analysis looks at, drawn once and for all, and how that is stated where its numbers stand."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.errors import DataError
from probing.model.subwords import Subwords, reorder
from probing.rng import generator


@dataclass(frozen=True)
class Sample:
    """Some sentences of a split. sentences (n,): their numbers in the split, ascending. subwords: theirs alone.

    stated: how many of how many, and how they were chosen.
    """

    split: Split
    sentences: NDArray[np.int64]
    subwords: Subwords
    stated: str


def draw(split: Split, subwords: Subwords, n: int, longest: int | None) -> Sample:
    """At most ``n`` of the sentences of ``split`` that have 3 to ``longest`` subwords (None: any number).

    The same for every seed, so that runs that differ in seed alone look at the same sentences.
    Raises: DataError if no sentence is short enough.
    """
    lengths = np.diff(subwords.offsets)
    fitting = np.flatnonzero((lengths > 2) & (lengths <= (longest or np.inf)))
    if not len(fitting):
        shortest = min(lengths[lengths > 2], default=0)
        raise DataError(
            f"none of the {len(lengths):,} sentences of {split} has 3 to {longest} subwords (the shortest of more than "
            f"2 has {shortest}); raise the limit, or choose another corpus with data=…"
        )
    chosen = np.sort(generator(0, "interventions", split).permutation(fitting)[:n])
    bound = f" of at most {longest} subwords" if longest is not None else ""
    stated = f"{len(chosen):,} of the {len(fitting):,} sentences of {split}{bound}"
    others = f", which has {len(lengths):,} in all" if len(fitting) < len(lengths) else ""
    how = ", drawn at random once and for all" if len(chosen) < len(fitting) else ""
    return Sample(split, chosen, reorder(subwords, chosen), stated + others + how)
