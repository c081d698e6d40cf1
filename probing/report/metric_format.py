"""How reports show metrics: names, units, number of digits, and the score of an uninformative representation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Measure:
    """How one metric is shown. floor: the score of an uninformative representation; NaN if there is no such score."""

    label: str
    axis: str  # label of a figure's axis: name, unit, direction
    floor: float = 0.0
    decimals: int = 3
    lower_is_better: bool = False
    abbreviation: str = ""  # for the head of a column
    above_majority: bool = False  # the floor is the majority baseline, if it was measured


MEASURES = {
    "accuracy": Measure("accuracy", "accuracy (fraction correct)", abbreviation="acc.", above_majority=True),
    "macro_f1": Measure("macro F1", "macro F1 (0 to 1)", above_majority=True),
    "r2": Measure("R²", "R² (share of variance explained)"),
    "nspr": Measure("NSpr", "NSpr (Spearman ρ of word depths)"),
    "nspr_mean": Measure("mean Spearman", "mean Spearman ρ of word depths, over sentences", abbreviation="mean ρ"),
    "root_accuracy": Measure(
        "root accuracy", "root accuracy (fraction of sentences)", abbreviation="root acc.", above_majority=True
    ),
    "dspr": Measure("DSpr", "DSpr (Spearman ρ of word distances)"),
    "dspr_mean": Measure("mean Spearman", "mean Spearman ρ of word distances, over words", abbreviation="mean ρ"),
    "uuas": Measure("UUAS", "UUAS (fraction of undirected edges)"),
    "uas": Measure("UAS", "UAS (fraction of words with the right head)", above_majority=True),
    "codelength_bits": Measure(
        "code length in bits", "online code length (bits, lower is better)", float("nan"), 0, True, "code (bits)"
    ),
    "compression": Measure("compression", "compression (uniform code ÷ online code)", 1.0, 2, abbreviation="compr."),
    "v_information_bits": Measure("V-information", "V-information (bits per item)"),
    "conditional_v_information_bits": Measure("conditional V-information", "conditional V-information (bits per item)"),
    "accuracy_change": Measure("change of accuracy", "change of accuracy (fraction of labels)"),
    "brier": Measure("Brier score", "Brier score (lower is better)", lower_is_better=True),
    "auroc": Measure("AUROC", "AUROC (0.5 is chance)", 0.5),
    "recall_at_1_percent_fpr": Measure(
        "recall at 1 % false positives", "recall at 1 % false positives", 0.01, abbreviation="recall at 1 %"
    ),
    "ece": Measure("ECE", "expected calibration error (lower is better)", lower_is_better=True),
}


def measure(metric: str) -> Measure:
    """How ``metric`` is shown; one that is not in MEASURES gets its own name, a floor of 0 and three decimals."""
    name = metric.replace("_", " ")
    return MEASURES.get(metric, Measure(name, name, lower_is_better=metric.endswith("_bits")))


def gap(metric: str) -> str:
    """What task minus control is called: selectivity; where lower is better, what it is, so that its sign is clear."""
    return "task − control" if measure(metric).lower_is_better else "selectivity"


def number(value: float, metric: str, *, signed: bool = False) -> str:
    """``value`` with the digits of its metric; an en dash for NaN."""
    if pd.isna(value):
        return "–"
    decimals = measure(metric).decimals
    # rounding can give a negative zero; adding 0.0 removes its sign
    return f"{round(value, decimals) + 0.0:{'+' if signed else ''},.{decimals}f}".replace("-", "−")


def interval(low: float, high: float, metric: str, *, signed: bool = False) -> str:
    """``[low, high]`` with the digits of its metric; empty if an end is NaN."""
    if pd.isna(low) or pd.isna(high):
        return ""
    return f"[{number(low, metric, signed=signed)}, {number(high, metric, signed=signed)}]"


def scored(value: float, low: float, high: float, metric: str, *, signed: bool = False) -> str:
    """A value and its interval as the text of a table cell."""
    return f"{number(value, metric, signed=signed)} {interval(low, high, metric, signed=signed)}".strip()


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of a table as dictionaries by column name."""
    return [dict(zip(table.columns, line, strict=True)) for line in table.itertuples(index=False, name=None)]


def scored_in(line: Mapping[str, Any], columns: tuple[str, str, str], *, signed: bool = False) -> str:
    """The value and interval in the three ``columns`` of a line; its column ``metric`` gives the digits."""
    value, low, high = (float(line[column]) for column in columns)
    return scored(value, low, high, str(line["metric"]), signed=signed)
