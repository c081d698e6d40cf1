"""What an analysis returns: rows, arrays, facts and notes, frozen, to be combined and never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd
from numpy.typing import NDArray

from probing.axes import Note
from probing.errors import ProbingError
from probing.result.rows import Measurement

T = TypeVar("T")


@dataclass(frozen=True)
class Findings:
    """What one or several analyses found.

    rows: scores without the run's identity. arrays: what figures need, by name (attention.npz). facts: what tables and
    pages need, as JSON. tables: per item or sentence, by file name (<name>.parquet). files: content by file name.
    """

    rows: tuple[Measurement, ...] = ()
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __add__(self, other: "Findings") -> "Findings":
        """Both together; a note that both have is kept once. Raises: ProbingError where both use one name."""
        return Findings(
            self.rows + other.rows,
            _joined(self.arrays, other.arrays),
            _joined(self.facts, other.facts),
            tuple(dict.fromkeys(self.notes + other.notes)),
            _joined(self.tables, other.tables),
            _joined(self.files, other.files),
        )


def combined(found: Iterable[Findings]) -> Findings:
    """All findings together. Raises: ProbingError where two use one name."""
    return sum(found, start=Findings())


def _joined(one: Mapping[str, T], other: Mapping[str, T]) -> dict[str, T]:
    if both := sorted(one.keys() & other.keys()):
        raise ProbingError(f"two findings are called {', '.join(both)}: give each a name of its own")
    return {**one, **other}
