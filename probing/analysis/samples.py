"""Samples of sentences: which ones an analysis uses, and the description that is shown with its numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.axes import Labels, Split
from probing.errors import DataError
from probing.model.subwords import Subwords, reorder
from probing.rng import generator

_LEAST = 3  # subwords: fewer leave nothing to compare
_DRAWN = ", drawn at random (the same in every run)"


@dataclass(frozen=True, eq=False)
class Sample:
    """Some sentences of a split. sentences (n,): their numbers in the split, ascending. subwords: of these sentences.

    description: how many sentences of how many, and how they were chosen.
    """

    split: Split
    sentences: NDArray[np.int64]
    subwords: Subwords
    description: str


def draw(
    split: Split, subwords: Subwords, n: int, longest: int | None, labelled: NDArray[np.bool_] | None = None
) -> Sample:
    """At most ``n`` of the sentences of ``split`` that have 3 to ``longest`` subwords (None: no upper limit).

    labelled (N,): the sentences that may be drawn, those with a label; None: all. The draw does not depend on the run's
    seed, so that runs with other seeds use the same sentences. Raises: DataError if no sentence has such a length, or
    if none of those that have it has a label.
    """
    lengths = np.diff(subwords.offsets)
    inside = (lengths >= _LEAST) & (lengths <= (longest or np.inf))
    fitting = np.flatnonzero(inside if labelled is None else inside & labelled)
    wanted = f"at least {_LEAST} subwords" if longest is None else f"{_LEAST} to {longest} subwords"
    if labelled is not None and not labelled[inside].all():
        wanted += " and a label"
    if inside.any() and not len(fitting):
        raise DataError(
            f"none of the {len(lengths):,} sentences of {split} has {wanted}; choose another task or corpus"
        )
    if not len(fitting):
        shortest = min(lengths[lengths >= _LEAST], default=None)
        seen = "" if shortest is None else f" (the shortest one with at least {_LEAST} has {shortest})"
        raise DataError(
            f"none of the {len(lengths):,} sentences of {split} has {wanted}{seen}; raise the limit "
            "(model.max_subwords; for agreement also analysis.agreement.longest), or choose another corpus with data=…"
        )
    chosen = np.sort(generator(0, "interventions", split).permutation(fitting)[:n])
    description = f"{len(chosen):,} of the {len(lengths):,} sentences of {split}"
    if len(fitting) < len(lengths):
        description = f"{len(chosen):,} of the {len(fitting):,} sentences of {split} that have {wanted}"
        description += f" ({split} has {len(lengths):,} sentences)"
    drawn = _DRAWN if len(chosen) < len(fitting) else ""
    return Sample(split, chosen, reorder(subwords, chosen), description + drawn)


def with_labels(labels: Labels, split: Split) -> NDArray[np.bool_]:
    """Which sentences of a split have at least one label, (N,); a class that is not in train counts as none."""
    most = len(labels.classes) if labels.kind == "class" else np.inf
    least = -np.inf if labels.kind == "scalar" else 0
    of = [np.isfinite(values) & (values >= least) & (values < most) for values in labels.values[split]]
    return np.array([found.any() for found in of], dtype=bool)


def describe_stored_maps(n_stored: int, n_sentences: int, requested: int | str) -> str:
    """A text: how many of the ``n_sentences`` of test have stored maps, and how they were chosen (``requested``)."""
    description = f"{n_stored:,} of the {n_sentences:,} sentences of test"
    if n_stored == n_sentences:
        return description
    if requested == "all" or n_stored < int(requested):
        return f"{description}; the others are longer than one input, or have no words"
    return f"{description}{_DRAWN}"
