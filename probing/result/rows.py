"""Rows are the truth: every table, figure and page is made from them, unrounded."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Row:
    """One score and its 95 % interval.

    ``target`` is task, control, selectivity, majority, type_majority, chain, untrained …; ``layer`` is None
    for a baseline that reads no layer and ``head`` is None for a probe. ``value`` and both ends of the
    interval are in the metric's own unit (accuracies are fractions; names ending in _bits are bits).
    """

    tag: str
    model: str
    checkpoint: str
    data: str
    split: str
    task: str
    target: str
    probe: str
    layer: int | None
    head: int | None
    seed: int
    metric: str
    value: float
    ci_low: float
    ci_high: float
    n_items: int
    n_sentences: int
    run_id: str


COLUMNS = tuple(f.name for f in fields(Row))


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write ``rows`` as CSV, unrounded, one line each, columns as in Row."""
    as_frame([astuple(row) for row in rows]).to_csv(path, index=False)


def read_rows(path: Path) -> pd.DataFrame:
    """Read what write_rows wrote; ``layer`` and ``head`` are nullable integers."""
    return as_frame(pd.read_csv(path))


def as_frame(rows: object) -> pd.DataFrame:
    """Rows as a data frame with the column types that every report relies on."""
    frame = pd.DataFrame(rows, columns=list(COLUMNS))  # type: ignore[call-overload]
    columns = {"layer": "Int64", "head": "Int64", "value": float, "ci_low": float, "ci_high": float}
    typed: pd.DataFrame = frame.astype(columns)
    return typed
