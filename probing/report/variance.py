"""Sources of variance: how much a score changes with each choice alone, beside its standard error over test sentences.

Runs are compared that differ in one factor and in nothing else. The standard deviation is that over the values of the
factor; it holds for those values, and says little where there are few.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from probing.report.gather import OTHER_ANALYSES, Condition
from probing.report.html import flat
from probing.report.load import Run
from probing.report.metric_format import measure, records, scored_in
from probing.report.model_names import named
from probing.report.sentence_scores import statistics_by_layer, together
from probing.report.tables import layer_table
from probing.result.confidence import Z
from probing.result.multi_bootstrap import over_seeds
from probing.result.score import CONTROL
from probing.result.without_effect import WITHOUT_EFFECT

FACTORS = ("seed", "training sample", "model seed", "training step", "checkpoint")
# no choice that the score could depend on, or a factor of its own
IGNORED = WITHOUT_EFFECT | {"seed", "train_seed", "nulls", "resamples"}
OF_MODEL = ("model.checkpoint", "model.revision", "model.name", "model.stand_in")
WIDTH = 2 * Z  # standard errors from one end of a 95 % interval to the other
COLUMNS = ["task", "data", "probe", "metric", "factor", "of", "values", "layer", "score", "sd", "sd_layers", "se"]


def variance_table(conditions: Sequence[Condition]) -> pd.DataFrame:
    """One line per factor and group of runs that differ in it alone, or per run with several draws of its control.

    values: how many values of the factor. layer: the best on dev, by the mean over the group; score: its mean on test.
    sd: over the values, at this layer; sd_layers: the root mean square over all layers. se: the standard error over
    test sentences or documents of one run, from its interval (the mean over runs). For model seeds ci_low and ci_high
    are of the mean over seeds, by the multi-bootstrap; NaN elsewhere.
    """
    runs = [run for one in conditions for run in one.runs]
    lines = [line for factor in FACTORS for line in of_factor(factor, runs)] + [*of_control_draws(runs)]
    return pd.DataFrame(lines, columns=[*COLUMNS, "ci_low", "ci_high"])


def of_factor(factor: str, runs: Sequence[Run]) -> Iterator[dict[str, object]]:
    """A line for each group of runs that differ in ``factor`` alone."""
    groups: dict[tuple[object, ...], dict[object, Run]] = {}
    for run in runs:
        values = factors(run)
        value = values.pop(factor)
        if value is not None:
            groups.setdefault((*values.items(), *rest(run).items()), {}).setdefault(value, run)
    for of_value in groups.values():
        if len(of_value) > 1:
            yield line_of(factor, [of_value[value] for value in sorted(of_value, key=str)])


def factors(run: Run) -> dict[str, object]:
    """The value of each factor in a run; None where it has none."""
    settings, name = run.manifest["config"], named(run.name("model"))
    sampled = settings.get("data", {}).get("train_sentences") is not None
    sample = settings.get("train_seed") if sampled else None
    return dict(zip(FACTORS, (run.seed, sample, name.seed, name.step, name.family), strict=True))


def rest(run: Run) -> dict[str, str]:
    """Every setting that a score may depend on and that is no factor, with corpus, task and probe."""
    without = (*OTHER_ANALYSES, *OF_MODEL)
    settings = flat(run.manifest["config"]).items()
    kept = {key: value for key, value in settings if key not in IGNORED and not key.startswith(without)}
    where = {part: run.name(part) for part in ("data", "task", "probe")}
    return kept | where | {"metric": run.metric, "sentences": str(run.manifest["data"].get("fingerprint"))}


def line_of(factor: str, runs: Sequence[Run]) -> dict[str, object]:
    """The line of one group."""
    tables = [layer_table(run.rows, run.metric).set_index("layer") for run in runs]
    scores = pd.concat([table["score"] for table in tables], axis=1, join="inner")
    layer = best_of(pd.concat([run.rows for run in runs]), scores, runs[0])
    at_best = scores.loc[[layer]].to_numpy(dtype=float)
    intervals = [table.loc[[layer], ["ci_low", "ci_high"]].to_numpy(dtype=float) for table in tables]
    deviations = scores.to_numpy(dtype=float).std(axis=1, ddof=1)
    low, high = interval_over_seeds(runs, layer) if factor == "model seed" else (np.nan, np.nan)
    return {
        **where(runs[0]),
        "factor": factor,
        "of": what_is_fixed(runs, factor),
        "values": len(runs),
        "layer": layer,
        "score": float(at_best.mean()),
        "sd": float(at_best.std(ddof=1)),
        "sd_layers": float(np.sqrt((deviations**2).mean())),
        "se": float(np.mean(np.diff(np.concatenate(intervals)) / WIDTH)),
        "ci_low": low,
        "ci_high": high,
    }


def what_is_fixed(runs: Sequence[Run], factor: str) -> str:
    """The families of models in a group, and the values of the other factors, where a run has one."""
    families = sorted({named(run.name("model")).family for run in runs})
    fixed = {name: value for name, value in factors(runs[0]).items() if name not in (factor, "checkpoint")}
    texts = [f"{name} {value}" for name, value in fixed.items() if value is not None and (name, value) != ("seed", 0)]
    return ", ".join([*families, *texts])


def where(run: Run) -> dict[str, object]:
    """Task, data, probe and metric of a run."""
    return {**{part: run.name(part) for part in ("task", "data", "probe")}, "metric": run.metric}


def best_of(rows: pd.DataFrame, scores: pd.DataFrame, run: Run) -> int:
    """The layer with the best mean score on dev over the group, of the layers that all runs have."""
    task = rows[(rows["target"] == "task") & (rows["metric"] == run.metric) & (rows["split"] == run.chosen_on)]
    mean = task.groupby("layer")["value"].mean().reindex(scores.index)
    ordered = -mean.to_numpy(dtype=float) if measure(run.metric).lower_is_better else mean.to_numpy(dtype=float)
    return int(scores.index.to_list()[int(ordered.argmax())])


def of_control_draws(runs: Sequence[Run]) -> Iterator[dict[str, object]]:
    """A line for each run with several draws of its control task: how the control's score varies over them."""
    for run in runs:
        rows = run.rows[(run.rows["target"] == CONTROL) & (run.rows["metric"] == run.metric)]
        rows = rows[(rows["split"] == run.split) & rows["draw"].notna()]
        if rows["draw"].nunique() < 2:
            continue
        table = layer_table(run.rows, run.metric)
        line = table[table["best"]].iloc[0]
        by_layer = rows.groupby("layer")["value"]
        at_best = rows[rows["layer"] == line["layer"]]
        errors = (at_best["ci_high"] - at_best["ci_low"]) / WIDTH
        yield {
            **where(run),
            "factor": "control draw (score of the control)",
            "of": run.name("model"),
            "values": int(rows["draw"].nunique()),
            "layer": int(line["layer"]),
            "score": float(at_best["value"].mean()),
            "sd": float(at_best["value"].std(ddof=1)),
            "sd_layers": float(np.sqrt((by_layer.std(ddof=1) ** 2).mean())),
            "se": float(errors.mean()),
        }


def interval_over_seeds(runs: Sequence[Run], layer: int) -> tuple[float, float]:
    """Both ends of the multi-bootstrap's interval of the mean over model seeds; NaN without statistics per sentence."""
    metric = runs[0].metric
    found = [statistics_by_layer([run], metric).get(layer, {}) for run in runs]
    tables = [table for by_seed in found for draws in by_seed.values() for table in draws]
    if len(tables) < len(runs):
        return float("nan"), float("nan")
    base = together(tables)
    mean = over_seeds([base.resampled(table, metric) for table in tables])
    return mean.ci_low, mean.ci_high


def shown_variance(table: pd.DataFrame) -> pd.DataFrame:
    """The table as text; sd and se with one more digit than a score, because they are small."""
    shown = table[["task", "data", "probe", "factor", "of"]].copy()
    shown["values"] = table["values"].astype(str)
    shown["layer"] = table["layer"].astype(str)
    shown["mean score"] = [scored_in(line, ("score", "ci_low", "ci_high")) for line in records(table)]
    for column, label in (("sd", "sd"), ("sd_layers", "sd over layers"), ("se", "standard error over test")):
        pairs = zip(table[column], table["metric"], strict=True)
        shown[label] = [finer(value, str(metric)) for value, metric in pairs]
    return shown


def finer(value: float, metric: str) -> str:
    """A standard deviation with one digit more than its metric."""
    return "–" if pd.isna(value) else f"{value:,.{measure(metric).decimals + 1}f}"
