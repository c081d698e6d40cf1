"""What is resampled: sentences, or the documents that they come from, so that an interval holds for new documents.

Sentences of one document share topic, author and annotator. Where a corpus names its documents, drawing sentences as if
they were independent gives intervals that are too narrow for texts by others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from probing.axes import Sentence
from probing.result.bootstrap import Counts, resample_counts
from probing.rng import generator

DOCUMENTS, SENTENCES, AUTO = "documents", "sentences", "auto"
CHOICES = (AUTO, DOCUMENTS, SENTENCES)
FEWEST = 20  # documents: the spread of fewer says little about others

Units = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Resampling:
    """How N measured sentences are resampled: ``n_resamples`` times, whole units; units (N,): that of each sentence."""

    n_resamples: int
    units: Units

    def counts(self, *purpose: str) -> Counts:
        """How often each resample holds each sentence, (R, N); the same for all that is measured on these sentences."""
        return counts_of(self.units, self.n_resamples, *purpose)

    def of(self, sentences: NDArray[np.integer]) -> "Resampling":
        """The same for some of the sentences alone, given by their places."""
        return Resampling(self.n_resamples, self.units[sentences])

    @property
    def n_units(self) -> int:
        """How many units there are."""
        return len(np.unique(self.units))


def units_of(sentences: Sequence[Sentence], choice: str = AUTO) -> Units:
    """The unit of each sentence, (N,): numbers in order of the units' first sentences.

    ``documents``: its document, or itself if it names none. ``auto``: documents if there are FEWEST or more of them.
    """
    names = [s.document for s in sentences]
    known = len({name for name in names if name is not None})
    if choice == SENTENCES or known == 0 or (choice == AUTO and known < FEWEST):
        return np.arange(len(sentences))
    first: dict[tuple[int, str | int], int] = {}
    keys: list[tuple[int, str | int]] = [(0, place) if name is None else (1, name) for place, name in enumerate(names)]
    return np.array([first.setdefault(key, len(first)) for key in keys])


def described(units: Units) -> str:
    """What was resampled, in words: ``2,077 sentences`` or ``316 documents (2,077 sentences)``."""
    n_units = len(np.unique(units))
    sentences = f"{len(units):,} sentence{'' if len(units) == 1 else 's'}"
    return sentences if n_units == len(units) else f"{n_units:,} document{'' if n_units == 1 else 's'} ({sentences})"


def resampled_over(described: str) -> str:
    """``documents`` or ``sentences``, from the words of ``described``."""
    return DOCUMENTS if DOCUMENTS.removesuffix("s") in described else SENTENCES


def counts_of(units: Units, n_resamples: int, *purpose: str) -> Counts:
    """How often each sentence is drawn, (R, N), when whole units are drawn with ``generator(0, *purpose)``.

    Everything that is measured on the same sentences for the same purpose is resampled alike, so that it can be paired.
    The result is read-only because it is shared.
    """
    return _counts(np.unique(units, return_inverse=True)[1].astype(np.int64).tobytes(), n_resamples, purpose)


@lru_cache(maxsize=4)
def _counts(units: bytes, n_resamples: int, purpose: tuple[str, ...]) -> Counts:
    places = np.frombuffer(units, np.int64)
    n_units = int(places.max(initial=-1)) + 1
    counts = resample_counts(n_units, n_resamples, generator(0, *purpose))
    if n_units < len(places):
        counts = counts[:, places]
    counts.flags.writeable = False
    return counts
