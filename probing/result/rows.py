"""Rows: every table, figure and page is made from them. Numbers are not rounded."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import pandas as pd

from probing.errors import DataError

UNTRAINED = "untrained"  # the target (probes), or what the probe begins with (others), in rows of untrained twins


@dataclass(frozen=True)
class Measurement:
    """One score and its 95 % interval, without the run that it belongs to.

    ``target`` is task, control, selectivity, memorisation, a baseline (majority, type_majority, surface, chain,
    word_types, untrained), control_ceiling, a gain (over_surface, over_word_types, over_layer0), a relation ….
    ``layer`` is None for a baseline that reads no layer; ``head`` is None for everything that is not a single head.
    ``value`` and both ends of the interval are in the metric's own unit: accuracies are fractions, names in _bits are
    bits, names in _nats are nats. ``draw`` numbers single draws of a control task and is None for everything else,
    scores over all draws included. ``probe`` is the method (rollout, ablation_mean …), or None for the probe of the
    run.
    """

    split: str
    target: str
    layer: int | None
    head: int | None
    seed: int
    metric: str
    value: float
    ci_low: float
    ci_high: float
    n_items: int
    n_sentences: int
    draw: int | None = None
    probe: str | None = None


@dataclass(frozen=True)
class Row:
    """A measurement with the run that it belongs to: one line of rows.csv.

    ``analysis`` is the part of the run that measured it (probes, rollout, heads …). The other fields are explained
    in Measurement; ``probe`` is always a name.
    """

    tag: str
    model: str
    checkpoint: str
    data: str
    split: str
    task: str
    analysis: str
    target: str
    probe: str
    layer: int | None
    head: int | None
    seed: int
    draw: int | None
    metric: str
    value: float
    ci_low: float
    ci_high: float
    n_items: int
    n_sentences: int
    run_id: str


COLUMNS = tuple(f.name for f in fields(Row))
TEXT = tuple(f.name for f in fields(Row) if f.type is str)


def rows_of(measurements: Iterable[Measurement], identity: Mapping[str, str], analysis: str) -> list[Row]:
    """Measurements of one analysis as rows of one run.

    identity: the run's tag, model, checkpoint, data, task, probe and run_id. Its probe is used for every measurement
    that names none.
    """
    return [
        Row(**{**identity, **vars(m), "probe": m.probe or identity["probe"], "analysis": analysis})
        for m in measurements
    ]


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write ``rows`` as CSV, unrounded, one line each, columns as in Row."""
    as_frame([astuple(row) for row in rows]).to_csv(path, index=False)


def read_rows(path: Path) -> pd.DataFrame:
    """Read the CSV that write_rows wrote; ``layer`` and ``head`` are nullable integers.

    Texts stay as they were written: a tag 007 is no number, and a class named None is not missing.

    Raises: DataError if columns are missing, as they are in files of older versions.
    """
    table = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str), keep_default_na=False, na_values=[""])
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise DataError(
            f"{path} has no column {', '.join(missing)}: an older version of this program wrote it; "
            f"delete {path.parent} and run again"
        )
    return as_frame(table)


def as_frame(rows: object) -> pd.DataFrame:
    """Rows as a data frame with the column types that every report relies on."""
    frame = pd.DataFrame(rows, columns=list(COLUMNS))  # type: ignore[call-overload]
    columns = {"layer": "Int64", "head": "Int64", "draw": "Int64", "value": float, "ci_low": float, "ci_high": float}
    typed: pd.DataFrame = frame.astype(columns)
    return typed


def is_null(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows are of untrained twins, by their target (rows of the probes) or by their probe (all others)."""
    return (rows["target"] == UNTRAINED) | rows["probe"].str.match(rf"{UNTRAINED}(?: |$)")
