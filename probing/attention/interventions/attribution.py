"""What one method says of each subword of a text, what it should add up to, and its sums over words."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from probing.axes import FloatArray
from probing.model.subwords import Subwords, linked, taken


@dataclass(frozen=True, eq=False)
class Attribution:
    """One method and one text of S subwords.

    values (S,), in ``unit``: one number per subword; NaN: not measured. constant: what belongs to no subword, in the
    same unit. total: the number that values and constant should add up to, which ``total_is`` says in words; None: they
    add up to nothing. setting: how it was computed, in words.
    """

    method: str
    values: FloatArray
    unit: str
    constant: float = 0.0
    total: float | None = None
    total_is: str = ""
    setting: str = ""

    @cached_property
    def error(self) -> float | None:
        """How far values and constant are from the total they should add up to; None: they add up to nothing."""
        return None if self.total is None else float(np.nansum(self.values)) + self.constant - self.total


def by_word(values: FloatArray, subwords: Subwords) -> tuple[NDArray[np.float64], float]:
    """Sums over the subwords of each word of one text, (W,), and over its special subwords: values (S,).

    NaN for a word without a measured subword. Words that share subwords are one: the first has the sum, the others NaN.
    """
    units = linked(subwords.words, taken(subwords.last_words, slice(None)))
    measured = np.isfinite(values)
    inside = measured & (units >= 0)
    n_words = int(subwords.n_words[0])
    sums = np.bincount(units[inside], values[inside], minlength=n_words)
    found = np.bincount(units[inside], minlength=n_words) > 0
    return np.where(found, sums, np.nan), float(values[measured & (units < 0)].sum())
