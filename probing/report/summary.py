"""The layers at which a task becomes decodable: best layer, centre of gravity and expected layer.

Single-layer analogues of Tenney et al. 2019 (ACL), who compute both from probes on scalar mixes of layers. Every score
is that of a probe on one layer, so the numbers must not be compared with published ones; for runs of probe=mix both are
as in the paper (probing.analysis.mix_facts). With S(l) the score of layer l and B the score of an uninformative
representation (the majority baseline for accuracies and F1, if measured; 1 for compression; 0 otherwise):

    centre of gravity = sum l g(l) / sum g(l),   g(l) = max(0, S(l) − B), l ≥ 0
    expected layer    = sum l d(l) / sum d(l),   d(l) = M(l) − M(l−1), l ≥ 1, M(l) = max of S(0) … S(l)
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from probing.report.best_layers import as_good, listed
from probing.report.gather import Condition
from probing.report.layer_mix import of_mix
from probing.report.measured_on import population
from probing.report.metric_format import measure, number, records, scored_in
from probing.report.tables import layer_table


def centre_of_gravity(scores: Sequence[float], floor: float) -> float:
    """Mean layer, weighted by the score above ``floor``. scores: of layers 0, 1, …. NaN if no score is above it."""
    gain = np.maximum(np.asarray(scores, dtype=float) - floor, 0)
    return float(np.arange(len(gain)) @ gain / gain.sum()) if gain.sum() > 0 else float("nan")


def expected_layer(scores: Sequence[float]) -> float:
    """Mean layer, weighted by its gain over the best lower layer; NaN if no layer is better than layer 0."""
    gain = np.diff(np.maximum.accumulate(np.asarray(scores, dtype=float)))
    return float(np.arange(1, len(gain) + 1) @ gain / gain.sum()) if gain.sum() > 0 else float("nan")


def summary_table(conditions: Iterable[Condition]) -> pd.DataFrame:
    """One line per condition, unrounded: best layer (chosen on dev), its scores (test), lowest and highest seed, depth.

    ``may_be_best``: the layers that cannot be distinguished from the best one. The interval of a score over several
    seeds is NaN if runs have no statistics per sentence. ``centre_of_gravity`` and ``expected_layer`` are NaN unless
    every layer of the model was probed, and for code lengths, where lower is better. measured_on: see ``population``.
    """
    return pd.DataFrame([summary(condition) for condition in conditions])


def summary(condition: Condition) -> dict[str, object]:
    """The line of one condition."""
    table = condition.table
    best = table[table["best"]].iloc[0]
    floor = majority_or_floor(table, condition.metric)
    low, high = seed_range(condition)
    return {
        "task": condition.task,
        "data": condition.data,
        "probe": condition.probe,
        "metric": condition.metric,
        "model": condition.model,
        "layers": probed(table["layer"].tolist()),
        "last_layer": int(table["layer"].max()),
        "best_layer": int(best["layer"]),
        "may_be_best": listed(as_good(table)),
        **{name: best[name] for name in ("score", "ci_low", "ci_high", "control")},
        **{name: best[name] for name in ("selectivity", "selectivity_low", "selectivity_high")},
        "measured_on": population(condition.runs[0]),
        "seeds": len(condition.seeds),
        "seed_low": low,
        "seed_high": high,
        "floor": floor,
        **(of_mix(condition.runs[0]) or of_single_layers(condition, floor)),
    }


def of_single_layers(condition: Condition, floor: float) -> dict[str, float]:
    """Centre of gravity and expected layer; NaN unless every layer of the model was probed."""
    scores = condition.table["score"].tolist()
    whole = has_every_layer(condition) and len(scores) > 1 and not np.isnan(floor)
    return {
        "centre_of_gravity": centre_of_gravity(scores, floor) if whole else float("nan"),
        "expected_layer": expected_layer(scores) if whole else float("nan"),
    }


def has_every_layer(condition: Condition) -> bool:
    """Whether all layers of the model were probed, from 0 on, as far as the runs say how many it has."""
    layers = condition.table["layer"].tolist()
    return any(
        layers == list(range(run.manifest["model_layers"] + 1))
        if "model_layers" in run.manifest
        else run.manifest["config"].get("layers") == "all"
        for run in condition.runs
    )


def probed(layers: Sequence[int]) -> str:
    """Ascending layers as text: ``0–6`` for all from 0 to 6, ``0, 3 and 6`` for these three."""
    if len(layers) > 2 and list(layers) == list(range(layers[0], layers[-1] + 1)):
        return f"{layers[0]}–{layers[-1]}"
    return listed(layers)


def majority_or_floor(table: pd.DataFrame, metric: str) -> float:
    """The score of an uninformative representation."""
    facts, majority = measure(metric), float(table["majority"].iloc[0])
    return majority if facts.above_majority and not np.isnan(majority) else facts.floor


def seed_range(condition: Condition) -> tuple[float, float]:
    """Lowest and highest score of a single seed at the layer chosen on dev; NaN if there is one seed."""
    scores = (score for seed in condition.seeds for score in layer_scores(condition, seed).items())
    values = [value for layer, value in scores if layer == condition.best and not np.isnan(value)]
    return (min(values), max(values)) if len(values) > 1 else (float("nan"), float("nan"))


def layer_scores(condition: Condition, seed: int) -> dict[int, float]:
    """The score of each layer with one seed (of the control: over all its draws)."""
    table = layer_table(condition.rows[condition.rows["seed"] == seed], condition.metric)
    return dict(zip(table["layer"].tolist(), table["score"].tolist(), strict=True))


def shown_models(table: pd.DataFrame) -> pd.DataFrame:
    """Models compared at their best layers, as text, grouped by task, data, probe and metric."""
    lines = records(table)
    shown = pd.DataFrame({name: table[name] for name in ("task", "data", "probe", "model")})
    shown["metric"] = [measure(str(line["metric"])).label for line in lines]
    shown["chosen on dev"] = [f"{line['best_layer']} (of {line['layers']})" for line in lines]
    shown["may be best"] = table["may_be_best"]
    shown["score"] = [scored_in(line, ("score", "ci_low", "ci_high")) for line in lines]
    shown["control"] = [number(line["control"], line["metric"]) for line in lines]
    ends = ("selectivity", "selectivity_low", "selectivity_high")
    shown["selectivity"] = [scored_in(line, ends) for line in lines]
    shown["measured on"] = table["measured_on"]
    shown["seeds"] = table["seeds"].astype(str)
    if table["seed_low"].notna().any():
        shown["lowest to highest seed"] = [
            f"{number(line['seed_low'], line['metric'])} to {number(line['seed_high'], line['metric'])}"
            if line["seeds"] > 1
            else ""
            for line in lines
        ]
    return shown


def shown_tasks(table: pd.DataFrame) -> pd.DataFrame:
    """Tasks compared by layer, as text, grouped by model; the task with the lowest expected layer comes first."""
    ordered = table.sort_values(["model", "expected_layer", "centre_of_gravity", "task"], kind="stable")
    shown = pd.DataFrame({name: ordered[name] for name in ("model", "task", "data", "probe")})
    shown["metric"] = [measure(str(metric)).label for metric in ordered["metric"]]
    shown["layers"] = ordered["layers"]
    shown["chosen on dev"] = ordered["best_layer"].astype(str)
    shown["may be best"] = ordered["may_be_best"]
    for name, label in (("expected_layer", "expected layer"), ("centre_of_gravity", "centre of gravity")):
        shown[label] = ["–" if pd.isna(value) else f"{value:.2f}" for value in ordered[name]]
    shown["baseline B"] = [
        number(value, metric) for value, metric in zip(ordered["floor"], ordered["metric"], strict=True)
    ]
    return shown
