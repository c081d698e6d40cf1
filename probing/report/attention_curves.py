"""Attention of several runs by layer: rollout on gold heads, entropy of heads, effects of ablation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from probing.report.gather import Condition
from probing.report.section_parts import with_interval
from probing.report.style import MARKERS, SERIES, figure, save, titled
from probing.report.tables import averaged

# analysis, probe, metric -> what it is called
CURVES = {
    ("rollout", "rollout", "mass_on_gold_head"): "rollout mass on the gold head",
    ("rollout", "rollout", "mass_on_special"): "rollout mass on special subwords",
    ("heads", "attention", "entropy_nats"): "entropy of heads (nats), mean",
    ("ablation", "ablation_layer", "effect_nats"): "loss without the layer's heads (nats)",
}


def attention_curves(conditions: Sequence[Condition]) -> pd.DataFrame:
    """Per model, data, task and layer what CURVES names, averaged over runs; empty if no run has any.

    Intervals are those of the rows; where runs differ, there is none (see ``averaged``).
    """
    tables = []
    for one in conditions:
        rows = pd.concat([run.others for run in one.runs], ignore_index=True)
        rows = rows[rows["head"].isna() & (rows["split"] == "test")]
        for (analysis, probe, metric), name in CURVES.items():
            found = rows[(rows["analysis"] == analysis) & (rows["probe"] == probe) & (rows["metric"] == metric)]
            mean = averaged(found, ["layer"]).reset_index()
            tables.append(mean.assign(model=one.model, data=one.data, task=one.task, what=name))
    columns = ["model", "data", "task", "what", "layer", "value", "ci_low", "ci_high"]
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True)[columns] if filled else pd.DataFrame(columns=columns)


def shown_curves(table: pd.DataFrame) -> pd.DataFrame:
    """One line per run and curve, a column per layer, as text."""
    text = table.assign(text=[with_interval(line, "mass") for _, line in table.iterrows()])
    index = ["what", "model", "data", "task"]
    wide = text.pivot_table(index=index, columns="layer", values="text", aggfunc="first", sort=False)
    return wide.fillna("–").reset_index().rename(columns=lambda name: str(name))


def write_curves(table: pd.DataFrame, stem: Path) -> list[Path]:
    """A panel per curve; model, data and task together have one look in all panels."""
    if table.empty:
        return []
    names = list(dict.fromkeys(table["what"]))
    runs = list(dict.fromkeys(zip(table["model"], table["data"], table["task"], strict=True)))
    with figure(0.6 + 3.1 * min(2, len(names)), 0.7 + 2.5 * -(-len(names) // 2)) as made:
        panels = made.subplots(-(-len(names) // 2), min(2, len(names)), squeeze=False).flat
        for axes, name in zip(panels, names, strict=False):
            inside = table[table["what"] == name]
            for run, line in inside.groupby(["model", "data", "task"], sort=False):
                number_of = runs.index(run)
                look: Any = {"color": SERIES[number_of % len(SERIES)], "marker": MARKERS[number_of % len(MARKERS)]}
                low, high = (line[end].to_numpy(dtype=float) for end in ("ci_low", "ci_high"))
                axes.fill_between(line["layer"].to_list(), low, high, color=look["color"], alpha=0.15, linewidth=0)
                axes.plot(line["layer"], line["value"], markersize=4, label=" · ".join(map(str, run)), **look)
            axes.set_title(name, fontsize=8.5)
            axes.set(xlabel="layer", xticks=sorted(inside["layer"].unique()))
            axes.legend(frameon=False, fontsize=6.5)
        for axes in panels:
            axes.set_visible(False)
        titled(
            made,
            "Attention",
            "rollout and entropy show association; only the loss under ablation is an effect; bands: 95 % intervals",
        )
        return save(made, stem)
