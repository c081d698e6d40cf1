"""Rows that a series of a paper picks: targets that hold a number, and one row per layer of rows of heads."""

import pandas as pd


def numbers_in(targets: "pd.Series[str]", pattern: str) -> dict[str, float]:
    """The targets that are ``pattern`` with a number in place of {}, and that number."""
    before, _, after = pattern.partition("{}")
    inner = {str(one): str(one)[len(before) : len(str(one)) - len(after)] for one in targets.unique()}
    return {
        one: float(text)
        for one, text in inner.items()
        if one.startswith(before) and one.endswith(after) and text.isdecimal()
    }


def of_heads(rows: pd.DataFrame, how: str) -> pd.DataFrame:
    """One row for each layer: the mean over its heads, or the head with the highest or the lowest value."""
    if how == "mean":
        ends = rows.groupby("layer", as_index=False)[["value", "ci_low", "ci_high"]].mean()
        return ends.assign(metric=rows["metric"].iloc[0])
    groups = rows.groupby("layer")["value"]
    return rows.loc[groups.idxmax() if how == "max" else groups.idxmin()]
