"""A table of the attention stage as files and pages show it, and how its cells are made from rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.report.load import Run
from probing.report.metric_format import scored


@dataclass(frozen=True)
class Shown:
    """A table of the page: its title, how to read it, unrounded and as text."""

    name: str
    title: str
    note: str
    raw: pd.DataFrame
    text: pd.DataFrame
    folded: bool = False


def pick(run: Run, probe: str, metric: str, target: str | None = None) -> pd.DataFrame:
    """Rows of the attention stage on test."""
    table = run.attention
    wanted = (table["probe"] == probe) & (table["metric"] == metric) & (table["split"] == "test")
    return table[wanted if target is None else wanted & (table["target"] == target)]


def column(table: pd.DataFrame, name: str, metric: str, low: str | None = None, high: str | None = None) -> list[str]:
    """A value beside its interval, line by line; the ends are <name>_low and <name>_high unless told."""
    low, high = low or f"{name}_low", high or f"{name}_high"
    missing = pd.Series(float("nan"), index=table.index)
    ends = zip(table[name], table.get(low, missing), table.get(high, missing), strict=True)
    return [scored(value, a, b, metric) for value, a, b in ends]


def with_interval(line: "pd.Series[float]", metric: str) -> str:
    """A row's value beside its interval."""
    return scored(line["value"], line["ci_low"], line["ci_high"], metric)


def grid(table: pd.DataFrame) -> NDArray[np.float64]:
    """Rows of all heads as a matrix, (L, H), layer 1 on top."""
    matrix = table.pivot_table(index="layer", columns="head", values="value", dropna=False)
    return np.asarray(matrix, dtype=np.float64)
