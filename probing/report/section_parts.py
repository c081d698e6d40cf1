"""What a section of a run's page consists of: tables, figures and sentences; how rows become cells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.report.load import Run
from probing.report.metric_format import scored
from probing.report.style import short


@dataclass(frozen=True)
class Table:
    """One table. name: of its files. note: how to read it. raw: unrounded; text: as shown. folded: shown on a click."""

    name: str
    title: str
    note: str
    raw: pd.DataFrame
    text: pd.DataFrame
    folded: bool = False


@dataclass(frozen=True)
class Figure:
    """One figure. name: of its files. write: (run, stem) -> writes <stem>.png, .pdf and .csv, and returns the paths.

    reading: how to read it, in one line.
    """

    name: str
    caption: str
    write: Callable[[Run, Path], list[Path]]
    reading: str = ""


@dataclass(frozen=True)
class Section:
    """The part of one analysis. sentences: conclusions that its numbers support. sample: what was measured.

    A section without tables, figures and sentences is empty and is not shown.
    """

    title: str
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    sample: str = ""


def pick(run: Run, analysis: str, metric: str, probe: str | None = None, target: str | None = None) -> pd.DataFrame:
    """Rows of one analysis and metric on test, without single draws of a control.

    ``probe`` (the method) and ``target`` keep the rows that have these values.
    """
    table = run.of(analysis)
    wanted = (table["metric"] == metric) & (table["split"] == "test") & table["draw"].isna()
    for column, value in (("probe", probe), ("target", target)):
        if value is not None:
            wanted &= table[column] == value
    return table[wanted]


def sample_of(run: Run, analysis: str) -> str:
    """The sample that an analysis states; empty if it states none."""
    return str(run.facts(analysis).get("sample", ""))


def with_intervals(
    table: pd.DataFrame, name: str, metric: str, low: str | None = None, high: str | None = None
) -> list[str]:
    """A value with its interval as text, line by line; the ends are in <name>_low and <name>_high unless named."""
    low, high = low or f"{name}_low", high or f"{name}_high"
    missing = pd.Series(float("nan"), index=table.index)
    ends = zip(table[name], table.get(low, missing), table.get(high, missing), strict=True)
    return [scored(value, a, b, metric) for value, a, b in ends]


def with_interval(line: "pd.Series[float]", metric: str) -> str:
    """A row's value with its interval as text."""
    return scored(line["value"], line["ci_low"], line["ci_high"], metric)


def by_layer(table: pd.DataFrame, metrics: dict[str, str], column: str = "metric") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of layers, unrounded and as text: one line per layer, one column per value of ``column`` in ``metrics``.

    metrics: value -> name of its column. The unrounded table has every value of ``column``, and the ends of its
    interval in <value>_low and <value>_high. Raises: ValueError if a layer has two rows of one value.
    """
    names = {"value": "{}", "ci_low": "{}_low", "ci_high": "{}_high"}
    wide = table.pivot(index="layer", columns=column, values=list(names))
    raw = pd.DataFrame(
        {names[end].format(value): wide[end, value] for value in table[column].unique() for end in names}
    ).reset_index(names="layer")
    text = pd.DataFrame({"layer": raw["layer"].astype(str)})
    for value, label in metrics.items():
        if value in raw and raw[value].notna().any():
            text[label] = with_intervals(raw, value, value)
    return raw, text


def drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """Of rows what a figure draws: what was measured, where, and the value with both ends of its interval."""
    columns = ["metric", "probe", "target", "layer", "head", "value", "ci_low", "ci_high", "n_sentences"]
    return rows[columns].dropna(axis="columns", how="all")


def map_data(maps: NDArray[np.floating[Any]], tokens: Sequence[str], layers: Sequence[int] = ()) -> pd.DataFrame:
    """Maps of one sentence, (K, S, S), one line per map and row; the columns are the tokens, numbered.

    layers: of each map; of a single map none.
    """
    names = [f"{place} {token}" for place, token in enumerate(tokens)]
    tables = [pd.DataFrame(one, index=pd.Index(names, name="row"), columns=names).reset_index() for one in maps]
    if not len(layers):
        return tables[0]
    return pd.concat(dict(zip(layers, tables, strict=True)), names=["layer"]).reset_index("layer")


def named(run: Run, key: str) -> str:
    """``test sentence <id>``, with the id that is in the arrays under ``key``; older runs have none."""
    return f"test sentence {short(str(run.arrays[key]), 80)}" if key in run.arrays else "one test sentence"


def head_names(table: pd.DataFrame) -> list[str]:
    """``layer.head`` of each line."""
    return [f"{layer}.{head}" for layer, head in zip(table["layer"], table["head"], strict=True)]


def grid(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of all heads as a matrix, (L, H), by layer and head, the lowest layer on top; other rows are left out.

    Raises: ValueError if a head has two rows.
    """
    of_heads = table[table["head"].notna()]
    return of_heads.pivot(index="layer", columns="head", values="value").astype(np.float64)
