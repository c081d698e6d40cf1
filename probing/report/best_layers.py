"""Which layers may be the best: bands that hold for all layers, and the layers that are not clearly worse."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from probing.report.load import Run
from probing.report.metric_format import measure, scored
from probing.report.sentence_scores import BySeed, Together, side_by_side, statistics_by_layer, together
from probing.result.bootstrap import Resampled, scores
from probing.result.simultaneous import best_places, jointly

ENDS = {"task": ("ci_low", "ci_high"), "control": ("control_low", "control_high")}
SELECTIVITY = ("selectivity_low", "selectivity_high")
BANDS = {"task": ("band_low", "band_high"), "control": ("control_band_low", "control_band_high")}
BEHIND = ("rival", "behind", "behind_low", "behind_high")
AS_GOOD = "≈"  # marks layers that cannot be distinguished from the best


def add_bands(table: pd.DataFrame, runs: Sequence[Run], metric: str) -> pd.DataFrame:
    """A layer table with what only resampled sentences can tell; NaN where ``runs`` have no statistics per sentence.

    New columns: band_low and band_high, the 95 % interval that holds for all layers at once, and the same for the
    control task; as_good (1, 0 or NaN): whether the layer may be the best one; rival: the layer that it is
    compared with (see ``Best``), and behind, by how much, with a simultaneous interval. Where ``runs`` have
    several seeds, intervals of the means over seeds: sentences and seeds are drawn anew.
    """
    made = table.assign(**dict.fromkeys([*BANDS["task"], *BANDS["control"], "as_good", *BEHIND], np.nan))
    found = {target: statistics_by_layer(runs, metric, target) for target in ENDS}
    layers = table["layer"].tolist()
    if not layers or list(found["task"]) != layers:
        return made
    if list(found["control"]) != layers:
        del found["control"]
    of_layers = [seeds for of in found.values() for seeds in of.values()]
    base = together([draw for seeds in of_layers for draws in seeds.values() for draw in draws])
    measured = {target: _side_by_side(base, of, metric) for target, of in found.items()}
    # an interval belongs to the very number beside it: rows of another sample get none
    measured = {target: of for target, of in measured.items() if _same(of.value, made, target)}
    for target, of in measured.items():
        joint = jointly(of.value, of.values, of.n_units)
        made[BANDS[target][0]], made[BANDS[target][1]] = joint.low, joint.high
    if len({seed for seeds in found["task"].values() for seed in seeds}) > 1:
        _add_intervals(made, measured)
    return _add_best(made, measured["task"], metric) if "task" in measured and len(layers) > 1 else made


def _side_by_side(base: Together, found: dict[int, BySeed], metric: str) -> Resampled:
    return side_by_side([base.over([*seeds.values()], metric) for seeds in found.values()])


def _same(values: Any, table: pd.DataFrame, target: str) -> bool:
    column = "score" if target == "task" else target
    return np.allclose(values, table[column].to_numpy(float), rtol=1e-6, atol=1e-9, equal_nan=True)


def _add_intervals(table: pd.DataFrame, measured: dict[str, Resampled]) -> None:
    """Intervals of means over seeds, in place."""
    wanted = {ENDS[target]: of for target, of in measured.items()}
    if len(measured) > 1:
        wanted[SELECTIVITY] = measured["task"] - measured["control"]
    for (low, high), of in wanted.items():
        found = scores(of)
        table[low], table[high] = [each.ci_low for each in found], [each.ci_high for each in found]


def _add_best(table: pd.DataFrame, of: Resampled, metric: str) -> pd.DataFrame:
    best = best_places(of.value, of.values, lower_is_better=measure(metric).lower_is_better)
    rival = np.where(best.rival >= 0, table["layer"].to_numpy(float)[best.rival], np.nan)
    facts = {"as_good": best.members.astype(float), "rival": rival, "behind": best.behind}
    return table.assign(**facts, behind_low=best.low, behind_high=best.high)


def has_bands(table: pd.DataFrame) -> bool:
    """Whether the scores of a layer table have simultaneous bands."""
    return bool(table[BANDS["task"][0]].notna().any())


def shown_ends(table: pd.DataFrame, target: str) -> tuple[str, str]:
    """The columns of the interval that figures draw: the band, else the interval of each layer by itself."""
    return BANDS[target] if has_bands(table) else ENDS[target]


def chosen(table: pd.DataFrame) -> "pd.Series[Any]":
    """The line of the layer that was chosen on dev."""
    return table[table["best"]].iloc[0]


def as_good(table: pd.DataFrame) -> list[int]:
    """The layers that cannot be distinguished from the best; empty if that is not known."""
    return [int(layer) for layer in table.loc[table["as_good"] == 1, "layer"]]


def neighbours(layers: Sequence[int]) -> list[list[int]]:
    """Ascending layers as runs of neighbouring ones."""
    runs: list[list[int]] = []
    for layer in layers:
        if runs and layer == runs[-1][-1] + 1:
            runs[-1].append(layer)
        else:
            runs.append([layer])
    return runs


def listed(layers: Sequence[int]) -> str:
    """Ascending layers as text.

    >>> listed([1, 2]), listed([0, 2, 3, 4])
    ('1 and 2', '0 and 2 to 4')
    """
    parts = [
        part for run in neighbours(layers) for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def verdict_on_layers(table: pd.DataFrame, metric: str, chosen_on: str, split: str) -> str:
    """Which layers may be the best on ``split``, and how ``chosen_on``'s choice compares; empty if that is unknown."""
    good = as_good(table)
    if not good:
        return ""
    if len(good) == 1:
        said = f"On {split}, layer {good[0]} is the best: each of the others is significantly worse than another layer."
    else:
        said = f"On {split}, layers {listed(good)} cannot be distinguished from the best."
    return f"{said} {beside_the_best(table, metric, chosen_on, split)}".strip()


def beside_the_best(table: pd.DataFrame, metric: str, chosen_on: str, split: str) -> str:
    """A sentence on the layer that ``chosen_on`` chose if another has a better score on ``split``; else empty."""
    line = chosen(table)
    if pd.isna(line["rival"]):
        return ""
    gap = scored(line["behind"], line["behind_low"], line["behind_high"], metric)
    rival = f"layer {line['rival']:.0f}"
    said = f"{chosen_on.capitalize()} chose layer {line['layer']}"
    if line["as_good"]:
        return f"{said}; {rival} is better by {gap}: not a clear difference."
    return f"{said}, which is worse than {rival} by {gap} on {split}."
