"""What a score is compared with: columns of a layer table, their names for a reader, and the margins over them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from probing.report.load import PROBES, Run
from probing.report.metric_format import interval, number
from probing.result.gains import GAINS, OVER_LAYER_0
from probing.result.rows import UNTRAINED
from probing.result.score import MEMORISATION

CONSTANT = ("majority", "type_majority", "surface", "chain", "word_types")  # baselines that read no layer
BASELINES = (*CONSTANT, UNTRAINED)
SURFACE = ("surface", "chain")  # what stands for the surface baseline: chain for word pairs
CEILING = "control_ceiling"
LAYER_0 = "the embedding output"
NAMES = {
    "majority": "majority",
    "type_majority": "type majority",
    "surface": "surface",
    "chain": "distance in the text",
    "word_types": "one-hot word types",
    UNTRAINED: UNTRAINED,
    CEILING: "control ceiling",
    MEMORISATION: "memorisation (train)",
}


class Margin(NamedTuple):
    """The score minus what it is compared with; NaN ends where the two were not resampled together."""

    value: float
    low: float
    high: float


def names_in(runs: Sequence[Run]) -> dict[str, str]:
    """How the columns are called; the surface baseline by what it is, such as ``sentence length``.

    Of several runs, its name is that of all of them, or else just ``surface``.
    """
    surfaces = {str(run.facts(PROBES).get("surface", NAMES["surface"])) for run in runs}
    return NAMES | ({"surface": surfaces.pop()} if len(surfaces) == 1 else {})


def drawn(first: "pd.Series[Any]") -> list[str]:
    """The baselines without a layer that a figure draws; of the two by word type only the probe, if there are both."""
    present = [name for name in CONSTANT if pd.notna(first[name])]
    return [name for name in present if name != "type_majority" or "word_types" not in present]


def margins(table: pd.DataFrame, line: "pd.Series[Any]", names: dict[str, str]) -> dict[str, Margin]:
    """Score minus the surface baseline, the embedding output, the other baselines and the control task, by name.

    ``line`` is that of one layer of ``table``. What was not measured is left out.
    """
    found = {names[name]: _margin(line, line[name], GAINS[name]) for name in GAINS}
    embedding = table.loc[table["layer"] == 0, "score"]
    if len(embedding) and line["layer"] != 0:
        found[LAYER_0] = _margin(line, embedding.iloc[0], OVER_LAYER_0)
    found["the control task"] = _margin(line, line["control"], "selectivity")
    found |= {f"the {names[name]} baseline": _margin(line, line[name]) for name in BASELINES if name not in GAINS}
    return {name: margin for name, margin in found.items() if pd.notna(margin.value)}


def _margin(line: "pd.Series[Any]", other: float, column: str = "") -> Margin:
    """The paired difference in ``column`` where ``other`` was measured and it has one, else the plain difference."""
    if column and pd.notna(other) and pd.notna(line[column]):
        return Margin(*(float(line[name]) for name in (column, f"{column}_low", f"{column}_high")))
    return Margin(float(line["score"] - other), float("nan"), float("nan"))


def said(margin: Margin, name: str, metric: str) -> str:
    """``+0.018 [0.007, 0.029] over sentence length``."""
    ends = interval(margin.low, margin.high, metric, signed=True)
    return " ".join(part for part in (number(margin.value, metric, signed=True), ends, "over", name) if part)
