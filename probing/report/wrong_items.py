"""Examples of wrong predictions of a probe, with the words around them."""

from typing import Any

import pandas as pd

AROUND = 7  # words of context on either side
DIGITS = {"gold": "g", "predicted": ".2f"}
MOST_CHARACTERS = 300  # of the item itself: a sentence task shows the whole sentence


def class_errors(predictions: pd.DataFrame, n: int = 15) -> list[dict[str, object]]:
    """The ``n`` most frequent confusions of one layer, each with its count and first example."""
    wrong = predictions[predictions["gold"].astype(str) != predictions["predicted"].astype(str)]
    groups = wrong.groupby(["gold", "predicted"], sort=True, observed=True)
    ranked = sorted(groups.indices.items(), key=lambda group: -len(group[1]))[:n]
    return [{"count": len(rows), **example(predictions, wrong.iloc[rows[0]])} for _, rows in ranked]


def value_errors(predictions: pd.DataFrame, n: int = 15) -> list[dict[str, object]]:
    """The items of one layer whose predicted value is farthest from gold, one per sentence, for ``n`` sentences."""
    off = (predictions["predicted"].astype(float) - predictions["gold"].astype(float)).abs()
    ranked = predictions.loc[off.sort_values(ascending=False, kind="stable").index].drop_duplicates("sentence")[:n]
    text = {side: [f"{value:{digits}}" for value in ranked[side].astype(float)] for side, digits in DIGITS.items()}
    rounded = ranked.assign(**text)
    return [{"count": None, **example(predictions, row)} for _, row in rounded.iterrows()]


def example(predictions: pd.DataFrame, row: "pd.Series[Any]") -> dict[str, object]:
    """One item with the words before and after it (words without a label are not in the predictions)."""
    words = predictions[predictions["sentence"] == row["sentence"]].sort_values("word", kind="stable")
    before = words.loc[words["word"] < row["word"], "form"].astype(str).tolist()
    after = words.loc[words["word"] > row["word"], "form"].astype(str).tolist()
    return {
        "gold": row["gold"],
        "predicted": row["predicted"],
        "form": str(row["form"])[:MOST_CHARACTERS],
        "before": " ".join((["…"] if len(before) > AROUND else []) + before[-AROUND:]),
        "after": " ".join(after[:AROUND] + (["…"] if len(after) > AROUND else [])),
        "sentence": row["sentence"],
    }
