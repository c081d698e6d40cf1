"""Wrong predictions of a probe, with the words around them: the most frequent, and a list of all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from probing.analysis.item_text import AROUND, BRACKETS_SAY
from probing.report.html import files_of, write_html
from probing.report.load import Run, heading, shown_predictions
from probing.report.metric_format import records
from probing.report.view_command import BEFORE_ID, view_command

DIGITS = {"gold": "g", "predicted": ".2f"}
MOST_CHARACTERS = 300  # of the item itself: a sentence task shows the whole sentence
MOST_ROWS = 5000  # of the page of all wrong items; its CSV file has all
NAME = "wrong_items"
COLUMNS = ["gold", "predicted", "before", "form", "after", "sentence", "word"]


def class_errors(predictions: pd.DataFrame, n: int = 15) -> list[dict[str, object]]:
    """The ``n`` most frequent confusions of one layer, each with its count and first example."""
    wrong = wrong_classes(predictions)
    groups = wrong.groupby(["gold", "predicted"], sort=True, observed=True)
    ranked = sorted(groups.indices.items(), key=lambda group: -len(group[1]))[:n]
    first = with_words(predictions, wrong.iloc[[rows[0] for _, rows in ranked]])
    counts = [len(rows) for _, rows in ranked]
    return [{"count": count, **line} for count, line in zip(counts, records(first), strict=True)]


def value_errors(predictions: pd.DataFrame, n: int = 15) -> list[dict[str, object]]:
    """The items of one layer whose predicted value is farthest from gold, one per sentence, for ``n`` sentences."""
    rows = with_words(predictions, farthest(predictions)[:n])
    return [{"count": None, **line} for line in records(rows)]


def wrong_classes(predictions: pd.DataFrame) -> pd.DataFrame:
    """The items whose predicted class is not the gold one."""
    return predictions[predictions["gold"].astype(str) != predictions["predicted"].astype(str)]


def farthest(predictions: pd.DataFrame) -> pd.DataFrame:
    """The item of each sentence whose predicted value is farthest from gold, rounded, the largest error first."""
    off = (predictions["predicted"].astype(float) - predictions["gold"].astype(float)).abs()
    ranked = predictions.loc[off.sort_values(ascending=False, kind="stable").index].drop_duplicates("sentence")
    text = {side: [f"{value:{digits}}" for value in ranked[side].astype(float)] for side, digits in DIGITS.items()}
    return ranked.assign(**text)


def with_words(predictions: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """The ``chosen`` items with the words before and after each (words without a label are not in the predictions)."""
    if "before" in predictions:  # edges and mentions: the predictions have these words
        return chosen.assign(form=chosen["form"].astype(str).str[:MOST_CHARACTERS])[COLUMNS].reset_index(drop=True)
    inside = predictions[predictions["sentence"].isin(chosen["sentence"])].sort_values("word", kind="stable")
    words = {name: (of["word"].tolist(), of["form"].astype(str).tolist()) for name, of in inside.groupby("sentence")}
    lines = [_line(row, *words[row["sentence"]]) for row in chosen.to_dict("records")]
    return pd.DataFrame(lines, columns=COLUMNS)


def _line(row: Mapping[Any, Any], numbers: Sequence[int], forms: Sequence[str]) -> dict[str, object]:
    before = [form for number, form in zip(numbers, forms, strict=True) if number < row["word"]]
    after = [form for number, form in zip(numbers, forms, strict=True) if number > row["word"]]
    return {
        **{name: row[name] for name in ("gold", "predicted", "sentence", "word")},
        "form": str(row["form"])[:MOST_CHARACTERS],
        "before": " ".join((["…"] if len(before) > AROUND else []) + before[-AROUND:]),
        "after": " ".join(after[:AROUND] + (["…"] if len(after) > AROUND else [])),
    }


def all_errors(run: Run, layer: int | None) -> tuple[pd.DataFrame, str]:
    """Every wrong item of one layer, the most frequent confusions first; of values the farthest of each sentence.

    Also says what is listed. Both are empty for runs without predictions.
    """
    items = shown_predictions(run, layer)
    if items.empty:
        return pd.DataFrame(columns=COLUMNS), ""
    if run.manifest["kind"] == "scalar":
        chosen = farthest(items)
        return with_words(items, chosen), (
            f"The item of each of the {len(chosen):,} sentences of {run.split} whose predicted value is farthest from "
            "gold; the largest error first."
        )
    wrong = wrong_classes(items)
    pairs = wrong[["gold", "predicted"]].astype(str).agg(" → ".join, axis=1) if len(wrong) else pd.Series(dtype=str)
    order = pairs.map(pairs.value_counts()).sort_values(ascending=False, kind="stable").index
    listed = with_words(items, wrong.loc[order])
    share = f"{len(wrong):,} of {len(items):,} items of {run.split} ({100 * len(wrong) / len(items):.1f} %) are wrong"
    return listed, f"{share}; all are listed, the most frequent confusions first.{legend(items)}"


def legend(predictions: pd.DataFrame) -> str:
    """What the brackets around the parts of edges and mentions mean; empty for other items."""
    return f" {BRACKETS_SAY}." if "before" in predictions else ""


def write_wrong_items(run: Run, layer: int | None) -> list[Path]:
    """Write tables/wrong_items.csv and a page of the same, which can be sorted and filtered; returns their paths."""
    table, note = all_errors(run, layer)
    if table.empty:
        return []
    folder = run.folder / "tables"
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / f"{NAME}.csv", index=False)
    command = view_command(run)
    facts = {
        "title": f"Wrong items: {heading(run)}, layer {layer}",
        "note": note,
        "cut": f"This page has the first {MOST_ROWS:,}; the CSV file has all." if len(table) > MOST_ROWS else "",
        "lines": table[:MOST_ROWS].to_dict("records"),
        "list_files": files_of(folder, NAME),
        "before": f"{command}{BEFORE_ID}" if command else "",
        "exact": run.manifest["kind"] == "class",
    }
    return [folder / f"{NAME}.csv", write_html("wrong_items.html", folder / f"{NAME}.html", facts)]
