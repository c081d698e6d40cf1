"""Findings: the frozen result of an analysis, with its rows, arrays, facts and notes; findings can be added."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.axes import Note
from probing.errors import ProbingError
from probing.result.rows import Measurement

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Findings:
    """The results of one or several analyses.

    rows: scores, without the identity of the run. arrays: for figures, by name (in attention.npz). facts: for tables
    and pages, as JSON. tables: per item or sentence, by file name (<name>.parquet). files: content by file name.
    """

    rows: tuple[Measurement, ...] = ()
    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __add__(self, other: "Findings") -> "Findings":
        """Both together; a note that both have is kept once. Raises: ProbingError if both use the same name."""
        return Findings(
            self.rows + other.rows,
            _joined(self.arrays, other.arrays),
            _joined(self.facts, other.facts),
            tuple(dict.fromkeys(self.notes + other.notes)),
            _joined(self.tables, other.tables),
            _joined(self.files, other.files),
        )


def combined(found: Iterable[Findings]) -> Findings:
    """All findings together. Raises: ProbingError if two use the same name."""
    return sum(found, start=Findings())


def _joined(one: Mapping[str, T], other: Mapping[str, T]) -> dict[str, T]:
    if both := sorted(one.keys() & other.keys()):
        raise ProbingError(f"two findings have the same name: {', '.join(both)}; give each its own name")
    return {**one, **other}
