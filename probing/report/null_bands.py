"""Bands of null draws: the range of untrained twins, or of draws of the control task, on a curve over layers.

A band is the 2.5–97.5 % range of the draws from ENOUGH of them on, else from the lowest to the highest. It shows where
a single draw lies; the interval of the mean over draws is in the rows, and narrower.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from probing.report.load import shown_split
from probing.report.metric_format import measure
from probing.result.rows import UNTRAINED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENOUGH = 20
BAND = ["layer", "low", "high", "mean", "n"]
DRAWS = {UNTRAINED: ("untrained twin", "untrained twins"), "control": ("control draw", "draws of the control task")}


def ends(values: ArrayLike) -> tuple[float, float]:
    """Both ends of the band of some draws; NaN without any."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return float("nan"), float("nan")
    tails = (0.025, 0.975) if len(known) >= ENOUGH else (0.0, 1.0)
    low, high = np.quantile(known, tails)
    return float(low), float(high)


def band(rows: pd.DataFrame) -> pd.DataFrame:
    """The band of each layer from rows of single draws of one metric on one split: columns BAND, n draws."""
    lines = []
    for layer, values in rows[rows["draw"].notna() & rows["layer"].notna()].groupby("layer")["value"]:
        low, high = ends(values)
        lines.append((int(str(layer)), low, high, float(values.mean()), int(values.notna().sum())))
    return pd.DataFrame(lines, columns=BAND)


def draw_band(axes: "Axes", found: pd.DataFrame, colour: str) -> None:
    """Draw a band between thin dashed lines, so that it is not taken for an interval; of one draw there is none."""
    if found.empty or found["n"].max() < 2:
        return
    layers = found["layer"].tolist()
    look: Any = {"color": colour, "linewidth": 0.8, "linestyle": (0, (3, 2)), "alpha": 0.9}
    if len(layers) == 1:
        axes.vlines(layers, found["low"], found["high"], **look)
        return
    axes.fill_between(layers, found["low"], found["high"], color=colour, alpha=0.10, linewidth=0)
    for end in ("low", "high"):
        axes.plot(layers, found[end], **look)


def draws(rows: pd.DataFrame, metric: str, target: str) -> pd.DataFrame:
    """The single draws of one target (untrained or control) of the probes, on the split that is shown."""
    shown = rows[rows["metric"] == metric]
    wanted = (shown["target"] == target) & (shown["split"] == shown_split(shown))
    return shown[wanted & shown["draw"].notna()]


def nulls_of(rows: pd.DataFrame, analysis: str, probe: str, metric: str) -> pd.DataFrame:
    """Of the rows of twins the single draws of one curve, on test: those that are not of one head."""
    wanted = (rows["analysis"] == analysis) & (rows["probe"] == f"{UNTRAINED} {probe}") & (rows["metric"] == metric)
    return rows[wanted & (rows["split"] == "test") & rows["draw"].notna() & rows["head"].isna()]


def draw_bands(axes: "Axes", rows: pd.DataFrame, metric: str, colours: Mapping[str, str]) -> None:
    """Draw the band of each target in ``colours`` that has two draws or more; ``ranges`` says what they are of."""
    for target, colour in colours.items():
        draw_band(axes, band(draws(rows, metric, target)), colour)


def ranges(rows: pd.DataFrame, metric: str) -> list[str]:
    """What the bands of ``draw_bands`` are of, for a subtitle: one text or none."""
    counts = {target: band(draws(rows, metric, target))["n"].max() for target in DRAWS}
    texts = [described(int(n), target) for target, n in counts.items() if n > 1]
    return [f"dashed: {' and '.join(texts)}"] if texts else []


def described(n_draws: int, target: str = UNTRAINED) -> str:
    """What a band is of: ``2.5–97.5 % of 20 untrained twins`` or ``lowest to highest of 3 untrained twins``."""
    one, many = DRAWS[target]
    if n_draws == 1:
        return f"1 {one}"
    return f"{'2.5–97.5 %' if n_draws >= ENOUGH else 'lowest to highest'} of {n_draws} {many}"


def at_least_as_good(score: float, of_draws: Iterable[float], metric: str) -> int:
    """How many draws are as good as ``score``, or better."""
    values = np.asarray([*of_draws], dtype=float)
    return int((values <= score).sum() if measure(metric).lower_is_better else (values >= score).sum())


def p_one_sided(score: float, of_draws: Iterable[float], metric: str) -> float:
    """The permutation p-value (1 + number of draws as good as the score) / (1 + number of draws).

    Phipson & Smyth 2010: never 0, since the score itself is one of the values under the null hypothesis.
    """
    values = [*of_draws]
    return (1 + at_least_as_good(score, values, metric)) / (1 + len(values))


def p_two_sided(score: float, of_draws: Iterable[float]) -> float:
    """Twice the smaller one-sided p-value, at most 1: for a mass or an entropy neither side is better."""
    values = np.asarray([*of_draws], dtype=float)
    return min(1.0, 2 * (1 + min(int((values >= score).sum()), int((values <= score).sum()))) / (1 + len(values)))
