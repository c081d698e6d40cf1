"""What a section of a run's page is made of: tables, figures, sentences; and how cells are made from rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.report.load import Run
from probing.report.metric_format import scored


@dataclass(frozen=True)
class Table:
    """One table: its file name, title, how to read it, unrounded and as text. folded: closed until it is opened."""

    name: str
    title: str
    note: str
    raw: pd.DataFrame
    text: pd.DataFrame
    folded: bool = False


@dataclass(frozen=True)
class Figure:
    """One figure: its file name, its caption, and what writes it to <stem>.png and <stem>.pdf."""

    name: str
    caption: str
    write: Callable[[Run, Path], list[Path]]


@dataclass(frozen=True)
class Section:
    """The part of one analysis. sentences: what its numbers allow to be said. sample: of what they are."""

    title: str
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    sample: str = ""


def pick(run: Run, analysis: str, metric: str, probe: str | None = None, target: str | None = None) -> pd.DataFrame:
    """Rows of one analysis and metric on test; of one method (column probe) and one target, if given."""
    table = run.of(analysis)
    wanted = (table["metric"] == metric) & (table["split"] == "test")
    for column, value in (("probe", probe), ("target", target)):
        if value is not None:
            wanted &= table[column] == value
    return table[wanted]


def with_intervals(
    table: pd.DataFrame, name: str, metric: str, low: str | None = None, high: str | None = None
) -> list[str]:
    """A value beside its interval, line by line; the ends are <name>_low and <name>_high unless told."""
    low, high = low or f"{name}_low", high or f"{name}_high"
    missing = pd.Series(float("nan"), index=table.index)
    ends = zip(table[name], table.get(low, missing), table.get(high, missing), strict=True)
    return [scored(value, a, b, metric) for value, a, b in ends]


def with_interval(line: "pd.Series[float]", metric: str) -> str:
    """A row's value beside its interval."""
    return scored(line["value"], line["ci_low"], line["ci_high"], metric)


def by_layer(table: pd.DataFrame, metrics: dict[str, str], column: str = "metric") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of layers, unrounded and as text: one line per layer, one column per value of ``column`` in ``metrics``.

    ``metrics``: value -> what its column is called.
    """
    raw = table.pivot_table(index="layer", columns=column, values="value").reset_index()
    text = pd.DataFrame({"layer": raw["layer"].astype(str)})
    for value, label in metrics.items():
        lines = table[table[column] == value].set_index("layer").reindex(raw["layer"])
        if lines["value"].notna().any():
            text[label] = [with_interval(line, value) for _, line in lines.iterrows()]
    return raw, text


def head_names(table: pd.DataFrame) -> list[str]:
    """``layer.head`` of each line."""
    return [f"{layer}.{head}" for layer, head in zip(table["layer"], table["head"], strict=True)]


def grid(table: pd.DataFrame) -> NDArray[np.float64]:
    """Rows of all heads as a matrix, (L, H), layer 1 on top; rows that are not of one head are left out."""
    of_heads = table[table["head"].notna()]
    matrix = of_heads.pivot_table(index="layer", columns="head", values="value", dropna=False)
    return np.asarray(matrix, dtype=np.float64)
