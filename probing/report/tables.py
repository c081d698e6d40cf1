"""Tables of one run: scores by layer with intervals, control and baselines; F1 by class and layer."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from probing.report.baseline_columns import (
    BASELINES,
    CEILING,
    CONSTANT,
    LAYER_0,
    NAMES,
    SURFACE,
    names_in,
)
from probing.report.best_layers import AS_GOOD, add_bands, as_good
from probing.report.emit import write_table
from probing.report.load import Run, best_layer, shown_predictions, shown_split
from probing.report.metric_format import gap, interval, measure, number, scored
from probing.result.gains import GAINS, OVER_LAYER_0
from probing.result.rows import UNTRAINED
from probing.result.score import MEMORISATION

WITH_INTERVAL = {"task": "score", "control": "control", "selectivity": "selectivity", MEMORISATION: MEMORISATION}
WITH_INTERVAL |= {name: name for name in (*GAINS.values(), OVER_LAYER_0)}


def averaged(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean value per group, indexed by ``by``; ci_low and ci_high are those of the rows where all of them agree.

    Where rows differ (runs of several seeds), both ends are NaN: the mean of interval ends is not the interval of the
    mean. ``add_bands`` resamples sentences and seeds instead, where runs have statistics per sentence.
    """
    groups = rows.groupby(by)[["value", "ci_low", "ci_high"]]
    mean, same = groups.mean(), (groups.max() - groups.min()).max(axis=1) == 0
    mean.loc[~same, ["ci_low", "ci_high"]] = float("nan")
    return mean


def layer_table(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One line per layer of ``metric`` on the shown split (test where there is one).

    Columns: layer (0 = embedding output); score, ci_low, ci_high; the same for control (control,
    control_low, control_high), selectivity, memorisation (on train) and the gains of the score over the surface
    baseline, one-hot word types and layer 0; the baselines, the control's ceiling and untrained (NaN where the rows
    have none); best (bool): the layer that was chosen on dev. The control is the score over all draws; rows of single
    draws are not used. Runs that differ only in their seed are averaged, see ``averaged``.
    """
    shown = rows[(rows["metric"] == metric) & rows["draw"].isna()]
    memorised = shown[(shown["target"] == MEMORISATION) & (shown["split"] == "train")]
    shown = pd.concat([shown[(shown["split"] == shown_split(shown)) & (shown["target"] != MEMORISATION)], memorised])
    layers = sorted(int(layer) for layer in shown.loc[shown["target"] == "task", "layer"].dropna().unique())
    table = pd.DataFrame({"layer": layers}, index=pd.Index(layers, name="layer"))
    mean = averaged(shown[shown["target"].isin([*WITH_INTERVAL, UNTRAINED])], ["target", "layer"])
    for target, name in WITH_INTERVAL.items():
        low, high = ("ci_low", "ci_high") if target == "task" else (f"{name}_low", f"{name}_high")
        places = pd.MultiIndex.from_product([[target], layers])
        table[[name, low, high]] = mean.reindex(places).to_numpy(dtype=float)
    for target in (*CONSTANT, CEILING):
        table[target] = float(shown.loc[shown["target"] == target, "value"].mean())
    table[UNTRAINED] = mean["value"].reindex(pd.MultiIndex.from_product([[UNTRAINED], layers])).to_numpy(dtype=float)
    table["best"] = table["layer"] == best_layer(rows, metric)
    return table.reset_index(drop=True)


def banded(run: Run) -> pd.DataFrame:
    """The layer table of the run's primary metric with simultaneous bands and the best layers, see ``add_bands``."""
    return add_bands(layer_table(run.rows, run.metric), [run], run.metric)


def run_table(run: Run, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The layer table of the run's primary metric with its bands (``banded``), unrounded and as text.

    Further metrics of the run (macro F1, root accuracy …) follow at the right, each with the task's score only.
    """
    raw = table.copy()
    shown = shown_layers(raw, run.metric, names_in([run]))
    for metric in other_metrics(run):
        other = layer_table(run.rows, metric).set_index("layer").reindex(raw["layer"])
        for column, source in ((metric, "score"), (f"{metric}_low", "ci_low"), (f"{metric}_high", "ci_high")):
            raw[column] = other[source].to_numpy()
        split = other_split(run, metric)
        shown[f"{measure(metric).label}{split}"] = [number(value, metric) for value in other["score"]]
    return raw, shown


def shown_layers(table: pd.DataFrame, metric: str, names: Mapping[str, str] = NAMES) -> pd.DataFrame:
    """A layer table as text, with the digits of the metric and without empty columns.

    * marks the layer that was chosen on dev, ≈ the layers that may be the best, where that is known.
    names: of the baselines' columns. The surface baseline stands next to the score, the gains follow the selectivity.
    """
    label = measure(metric).abbreviation or measure(metric).label
    good = as_good(table) if "as_good" in table else []
    marks = [(" *" if row.best else "") + (f" {AS_GOOD}" if row.layer in good else "") for row in table.itertuples()]
    shown = pd.DataFrame({"layer": [f"{layer}{mark}" for layer, mark in zip(table["layer"], marks, strict=True)]})
    shown[label] = [number(value, metric) for value in table["score"]]
    ends = list(zip(table["ci_low"], table["ci_high"], strict=True))
    if table["ci_low"].notna().any():
        shown["95 % interval"] = [interval(low, high, metric) for low, high in ends]
    over = {GAINS[name]: f"over {names[name]}" for name in GAINS if table[name].notna().any()}
    heads = {**{name: names[name] for name in SURFACE}, "control": "control", "selectivity": gap(metric)}
    heads |= over | {OVER_LAYER_0: f"over {LAYER_0}", MEMORISATION: names[MEMORISATION]}
    heads |= {name: names[name] for name in (CEILING, *BASELINES) if name not in heads}
    for column, head in heads.items():
        if table[column].notna().any():
            shown[head] = _text(table, column, metric)
    return shown


def _text(table: pd.DataFrame, column: str, metric: str) -> list[str]:
    """A column as text: differences and memorisation with their intervals."""
    signed = column in (*GAINS.values(), OVER_LAYER_0)
    if not signed and column not in ("selectivity", MEMORISATION):
        return [number(value, metric) for value in table[column]]
    ends = zip(*(table[name] for name in (column, f"{column}_low", f"{column}_high")), strict=True)
    return [scored(value, low, high, metric, signed=signed) for value, low, high in ends]


def other_metrics(run: Run) -> list[str]:
    """The task's further metrics by layer, without the primary one, in the order of the rows."""
    task = run.rows[(run.rows["target"] == "task") & run.rows["layer"].notna()]
    return [str(metric) for metric in task["metric"].unique() if metric != run.metric]


def other_split(run: Run, metric: str) -> str:
    """The split of a further metric, in brackets, if it is not that of the primary one (as beside a code length)."""
    split = shown_split(run.rows[run.rows["metric"] == metric])
    return "" if split == run.split else f" ({split})"


def class_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """F1 of each class in each layer, from predictions of one target and one split.

    Columns: class, support (gold items), then one per layer, by its number. Classes are sorted by support;
    classes that are neither gold nor predicted are left out. F1 = 2 TP / (gold + predicted).
    """
    text = predictions.assign(gold=predictions["gold"].astype(str), predicted=predictions["predicted"].astype(str))
    gold = text.groupby(["gold", "layer"]).size().unstack("layer", fill_value=0)
    guess = text.groupby(["predicted", "layer"]).size().unstack("layer", fill_value=0)
    hits = text[text["gold"] == text["predicted"]].groupby(["gold", "layer"]).size().unstack("layer", fill_value=0)
    classes, layers = gold.index.union(guess.index), gold.columns
    gold, guess, hits = (counts.reindex(index=classes, columns=layers, fill_value=0) for counts in (gold, guess, hits))
    table = 2 * hits / (gold + guess).astype(float)
    table.columns = pd.Index([int(layer) for layer in layers])
    table.insert(0, "support", gold.max(axis=1).astype(int))
    table.insert(0, "class", [str(name) for name in classes])
    return table.sort_values(["support", "class"], ascending=[False, True]).reset_index(drop=True)


def class_layers(table: pd.DataFrame) -> list[int]:
    """The layers of a class table."""
    return [int(column) for column in table.columns[2:]]


def shown_classes(table: pd.DataFrame, best: int | None) -> pd.DataFrame:
    """A class table as text; * marks the layer that was chosen on dev."""
    shown = pd.DataFrame({"class": table["class"], "items": [f"{n:,}" for n in table["support"]]})
    for layer in class_layers(table):
        shown[f"{layer}{' *' if layer == best else ''}"] = [number(value, "macro_f1") for value in table[layer]]
    return shown


def write_tables(run: Run, table: pd.DataFrame) -> list[Path]:
    """Write tables/layers.{csv,md,tex} into the run's folder, and for class tasks tables/classes.{csv,md,tex}.

    table: that of ``banded``.
    """
    raw, shown = run_table(run, table)
    paths = write_table(raw, shown, run.folder / "tables" / "layers", raw["best"].tolist())
    predictions = shown_predictions(run)
    if run.manifest["kind"] == "class" and not predictions.empty:
        classes = class_table(predictions)
        text = shown_classes(classes, best_layer(run.rows, run.metric))
        paths += write_table(classes, text, run.folder / "tables" / "classes")
    return paths
