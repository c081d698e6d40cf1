"""How a score changes while a model is trained: the best layer of each checkpoint, step by step."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from probing.report.best_layer_curves import BLOCK, CONTROL, TASK, draw_best_layers, name_best_layers
from probing.report.gather import Condition
from probing.report.model_names import named
from probing.report.style import figure, save

DECADES = 2  # from so many between the first step and the last, the axis is logarithmic


def steps_table(conditions: Sequence[Condition]) -> pd.DataFrame:
    """One line per checkpoint of a family that has two steps or more, sorted by step: its best layer and scores.

    Best layer: chosen on dev, for each step anew. Columns: task, data, probe, metric, family, step, best_layer, score,
    ci_low, ci_high, control, control_low, control_high.
    """
    lines = []
    for one in conditions:
        name = named(one.model)
        best = one.table[one.table["best"]]
        if name.step is not None and len(best):
            family = name.family if name.seed is None else f"{name.family} seed {name.seed}"
            where = dict(zip(BLOCK, one.block, strict=True)) | {"family": family, "step": name.step}
            scores = best.iloc[0][[*TASK, *CONTROL]].to_dict()
            lines.append(where | {"best_layer": int(best["layer"].iloc[0])} | scores)
    table = pd.DataFrame(lines)
    if table.empty:
        return table
    several = table.groupby([*BLOCK, "family"])["step"].transform("nunique") > 1
    return table[several].sort_values([*BLOCK, "family", "step"], kind="stable", ignore_index=True)


def write_steps(block: pd.DataFrame, stem: Path) -> list[Path]:
    """Score of the best layer against the training step, a curve per family, with interval and control (dotted).

    block: lines of ``steps_table`` of one task, data, probe and metric.
    """
    with figure(6.4, 3.9) as made:
        axes = made.subplots()
        labels = draw_best_layers(axes, block, "family", "step")
        positive = block.loc[block["step"] > 0, "step"]
        if positive.max() >= positive.min() * 10**DECADES:
            axes.set_xscale("symlog", linthresh=float(positive.min()))  # step 0 has a place too
        axes.autoscale(axis="x")  # the margins of the linear axis reach below step 0
        axes.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
        axes.set_xlabel("training step")
        name_best_layers(made, axes, block, labels)
        return save(made, stem, block)
