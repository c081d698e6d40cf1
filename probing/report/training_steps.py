"""How a score changes while a model is trained: the best layer of each checkpoint, step by step."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from probing.report.curve_labels import label_ends, label_of, name_heights, set_heights
from probing.report.gather import Condition
from probing.report.metric_format import measure, number, records, scored_in
from probing.report.model_names import named
from probing.report.style import SERIES, figure, save, titled

DECADES = 2  # from so many between the first step and the last, the axis is logarithmic
BLOCK = ["task", "data", "probe", "metric"]


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
            columns = ["score", "ci_low", "ci_high", "control", "control_low", "control_high"]
            lines.append(where | {"best_layer": int(best["layer"].iloc[0])} | best.iloc[0][columns].to_dict())
    table = pd.DataFrame(lines)
    if table.empty:
        return table
    several = table.groupby([*BLOCK, "family"])["step"].transform("nunique") > 1
    return table[several].sort_values([*BLOCK, "family", "step"], kind="stable", ignore_index=True)


def shown_steps(table: pd.DataFrame) -> pd.DataFrame:
    """The table as text."""
    lines = records(table)
    shown = table[["task", "data", "probe", "family"]].copy()
    shown["step"] = [f"{step:,}" for step in table["step"]]
    shown["metric"] = [measure(str(metric)).label for metric in table["metric"]]
    shown["best layer"] = table["best_layer"].astype(str)
    shown["score"] = [scored_in(line, ("score", "ci_low", "ci_high")) for line in lines]
    shown["control"] = [number(line["control"], line["metric"]) for line in lines]
    return shown


def write_steps(block: pd.DataFrame, stem: Path) -> list[Path]:
    """Score of the best layer against the training step, a curve per family, with interval and control (dotted).

    block: lines of ``steps_table`` of one task, data, probe and metric.
    """
    task, data, probe, metric = block.iloc[0][BLOCK]
    with figure(6.4, 3.9) as made:
        axes = made.subplots()
        labels = []
        for place, (family, line) in enumerate(block.groupby("family", sort=False)):
            colour, steps = SERIES[place % len(SERIES)], line["step"].tolist()
            axes.fill_between(steps, line["ci_low"], line["ci_high"], color=colour, alpha=0.18, linewidth=0)
            axes.plot(steps, line["score"], color=colour, marker="o", markersize=11)
            axes.plot(steps, line["control"], color=colour, linestyle=(0, (1, 1.2)), linewidth=1.3)
            for step, score, layer in line[["step", "score", "best_layer"]].itertuples(index=False):
                axes.text(step, score, str(layer), fontsize=6.5, color="white", ha="center", va="center_baseline")
            labels.append(
                label_of(str(family), colour, line["score"], line["ci_low"], line["ci_high"], line["control"])
            )
        set_heights(axes, labels, [])
        positive = block.loc[block["step"] > 0, "step"]
        if positive.max() >= positive.min() * 10**DECADES:
            axes.set_xscale("symlog", linthresh=float(positive.min()))  # step 0 has a place too
        axes.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
        axes.set_xlabel("training step")
        name_heights(axes, measure(metric).axis)
        label_ends(axes, labels)
        subtitle = "numbers: the layer chosen on dev at each step; bands: 95 % intervals; dotted: control task"
        titled(made, f"{task} · {data} · {probe} probe", subtitle)
        return save(made, stem, block)
