"""The attention stage of several runs side by side: rollout on gold heads, entropy of heads, effects, by layer."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from probing.report.gather import Condition
from probing.report.measure import number
from probing.report.style import figure, save, titled

# probe, metric -> what it is called; heads are averaged
CURVES = {
    ("rollout", "mass_on_gold_head"): "rollout mass on the gold head",
    ("rollout", "mass_on_special"): "rollout mass on special tokens",
    ("attention", "entropy_nats"): "entropy of heads (nats), mean",
    ("ablation_layer", "effect_nats"): "loss without the layer's heads (nats)",
}


def attention_curves(conditions: Sequence[Condition]) -> pd.DataFrame:
    """Per model, data, task and layer what CURVES names, averaged over heads and seeds; empty if no run has any."""
    tables = []
    for one in conditions:
        rows = pd.concat([run.attention for run in one.runs], ignore_index=True)
        for (probe, metric), name in CURVES.items() if len(rows) else ():
            found = rows[(rows["probe"] == probe) & (rows["metric"] == metric) & (rows["split"] == "test")]
            mean = found.groupby("layer")["value"].mean().rename("value").reset_index()
            tables.append(mean.assign(model=one.model, data=one.data, task=one.task, what=name))
    columns = ["model", "data", "task", "what", "layer", "value"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def shown_curves(table: pd.DataFrame) -> pd.DataFrame:
    """One line per run and curve, a column per layer, as text."""
    wide = table.pivot_table(index=["what", "model", "data", "task"], columns="layer", values="value", sort=False)
    text = wide.map(lambda value: number(value, "mass")).reset_index()
    return text.rename(columns=lambda name: str(name))


def write_curves(table: pd.DataFrame, look: Mapping[str, tuple[str, str]], stem: Path) -> list[Path]:
    """A panel per curve, a line per model; runs of one model that differ in task share its look."""
    if table.empty:
        return []
    names = list(dict.fromkeys(table["what"]))
    with figure(0.6 + 3.1 * min(2, len(names)), 0.7 + 2.5 * -(-len(names) // 2)) as made:
        panels = made.subplots(-(-len(names) // 2), min(2, len(names)), squeeze=False).flat
        for axes, name in zip(panels, names, strict=False):
            inside = table[table["what"] == name]
            for (model, data, task), line in inside.groupby(["model", "data", "task"], sort=False):
                colour, marker = look[str(model)]
                label = f"{model} · {data} · {task}"
                axes.plot(line["layer"], line["value"], marker=marker, color=colour, markersize=4, label=label)
            axes.set_title(name, fontsize=8.5)
            axes.set(xlabel="layer", xticks=sorted(inside["layer"].unique()))
            axes.legend(frameon=False, fontsize=6.5)
        for axes in panels:
            axes.set_visible(False)
        titled(made, "Attention", "rollout and entropy show association; only the loss under ablation is an effect")
        return save(made, stem)
