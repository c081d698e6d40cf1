"""Learning curves: how a score grows with the number of training sentences."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from probing.report.best_layer_curves import BLOCK, CONTROL, TASK, draw_best_layers, name_best_layers
from probing.report.gather import Condition, names, probe_settings
from probing.report.style import figure, save

SIZE = "data.train_sentences"


def sizes_table(conditions: Sequence[Condition]) -> pd.DataFrame:
    """One line per number of training sentences of a curve that has two or more, sorted by it: best layer and scores.

    A curve is a model with all its settings except this number. Best layer: chosen on dev, for each number anew. A run
    without the setting was trained on all of train. Columns: task, data, probe, metric, curve, sentences, best_layer,
    score, ci_low, ci_high, control, control_low, control_high.
    """
    lines = []
    for one in conditions:
        best = one.table[one.table["best"]]
        if len(best):
            where = dict(zip(BLOCK, one.block, strict=True)) | {"sentences": size_of(one)}
            scores = best.iloc[0][[*TASK, *CONTROL]].to_dict()
            settings = tuple(sorted(other_settings(one).items()))
            model = names(one.runs[0])[0]
            lines.append(where | {"model": model, "of": settings, "best_layer": int(best["layer"].iloc[0])} | scores)
    table = pd.DataFrame(lines)
    if table.empty:
        return table
    several = table.groupby([*BLOCK, "model", "of"])["sentences"].transform("nunique") > 1
    table = table[several].copy()
    table.insert(len(BLOCK), "curve", curve_names(table))
    table = table.drop(columns=["model", "of"])
    return table.sort_values([*BLOCK, "curve", "sentences"], kind="stable", ignore_index=True)


def size_of(one: Condition) -> int:
    """On how many sentences the probes of a condition were trained."""
    manifest = one.runs[0].manifest
    chosen = (manifest["config"].get("data") or {}).get("train_sentences")
    return int(manifest["data"]["sentences"]["train"] if chosen is None else chosen)


def other_settings(one: Condition) -> dict[str, str]:
    """The settings of a condition except the number of training sentences."""
    return {key: value for key, value in probe_settings(one.runs[0]).items() if key != SIZE}


def curve_names(table: pd.DataFrame) -> list[str]:
    """The model of each line, and the settings in which the curves of this model in its figure differ."""
    lines = [(tuple(line[[*BLOCK, "model"]]), dict(line["of"])) for _, line in table.iterrows()]
    found = []
    for where, settings in lines:
        same = [other for there, other in lines if there == where]
        varying = sorted(key for key in settings if len({other.get(key) for other in same}) > 1)
        found.append(" · ".join([str(where[-1]), *(f"{key}={settings[key]}" for key in varying)]))
    return found


def write_sizes(block: pd.DataFrame, stem: Path) -> list[Path]:
    """Score of the best layer against the number of training sentences, with its control (dotted) and intervals.

    block: lines of ``sizes_table`` of one task, data, probe and metric.
    """
    with figure(6.4, 3.9) as made:
        axes = made.subplots()
        labels = draw_best_layers(axes, block, "curve", "sentences")
        axes.set_xscale("log")
        axes.autoscale(axis="x")
        axes.set_xticks(sorted(set(block["sentences"])), minor=False)
        axes.minorticks_off()
        axes.xaxis.set_major_formatter(lambda n, _: f"{n:,.0f}")
        axes.set_xlabel("training sentences")
        name_best_layers(made, axes, block, labels)
        return save(made, stem, block)
