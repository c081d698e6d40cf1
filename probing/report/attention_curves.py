"""Attention of several runs by layer: rollout on gold heads, entropy of heads, effects of ablation."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from probing.report.condition_styles import Style
from probing.report.curve_labels import wrapped
from probing.report.gather import Condition, by_setting
from probing.report.html import flat
from probing.report.load import Run
from probing.report.null_bands import band, described, draw_band, nulls_of
from probing.report.same_for_all_tasks import once
from probing.report.section_parts import pick, with_intervals
from probing.report.style import (
    LAYERS_OF_ATTENTION,
    MARKERS,
    columns_for,
    figure,
    interval_band,
    layer_ticks,
    legend_below,
    save,
    titled,
)
from probing.report.tables import averaged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curve = tuple[str, str, str]  # analysis, probe, metric
CURVES: dict[Curve, str] = {
    ("rollout", "rollout", "gold_head_over_matched_word"): "rollout on the gold head ÷ on a matched word",
    ("rollout", "rollout", "mass_on_special"): "rollout mass on special subwords",
    ("heads", "attention", "entropy_nats"): "entropy of heads (nats), mean",
    ("ablation", "ablation_layer", "effect_nats"): "loss without the layer's heads (nats)",
}
# Settings that change the numbers of an analysis: runs that differ in them are not averaged.
SETTINGS = {"rollout": ("rollout.", "store.attention."), "heads": (), "ablation": ("analysis.ablation.",)}
WHOSE = ["model", "data", "task", "output"]
OF_TWINS = ["twins_low", "twins_high", "twins"]  # the band of untrained twins, and how many there are
COLUMNS = ["what", *WHOSE, "layer", "value", "ci_low", "ci_high", *OF_TWINS]


def attention_curves(conditions: Sequence[Condition]) -> pd.DataFrame:
    """The curves of CURVES per model, data, task, output and layer, averaged over seeds; empty if no run has any.

    A curve that is the same for several tasks on one corpus is there once, with an empty task (see ``once``).
    output: what was measured when heads were taken out, empty for the other curves. The ends of an interval are those
    of the rows, or NaN where seeds differ (see ``averaged``).
    """
    tables = [table for curve in CURVES for one in conditions for table in curve_of(one, curve)]
    return once(pd.concat(tables, ignore_index=True)[COLUMNS]) if tables else pd.DataFrame(columns=COLUMNS)


def curve_of(condition: Condition, curve: Curve) -> Iterator[pd.DataFrame]:
    """One curve of one condition; runs that differ in settings of the analysis have a curve each."""
    analysis = curve[0]
    measured = [run for run in condition.runs if len(of_layers(run, curve))]
    for setting, runs in by_setting(measured, partial(settings_under, SETTINGS[analysis])):
        rows = pd.concat([of_layers(run, curve) for run in runs], ignore_index=True)
        mean = averaged(rows, ["target", "layer"]).reset_index()
        twins = band(pd.concat([nulls_of(run.nulls, *curve) for run in runs], ignore_index=True)).set_index("layer")
        mean[OF_TWINS] = twins[["low", "high", "n"]].reindex(mean["layer"]).to_numpy()
        model = f"{condition.model} · {setting}" if setting else condition.model
        output = mean["target"] if analysis == "ablation" else ""
        yield mean.assign(what=CURVES[curve], model=model, data=condition.data, task=condition.task, output=output)


def settings_under(prefixes: tuple[str, ...], run: Run) -> dict[str, str]:
    """The settings of a run whose keys start with one of ``prefixes``."""
    return {key: value for key, value in flat(run.manifest["config"]).items() if key.startswith(prefixes)}


def of_layers(run: Run, curve: Curve) -> pd.DataFrame:
    """The rows of one curve of one run, without those of single heads."""
    analysis, probe, metric = curve
    rows = pick(run, analysis, metric, probe)
    return rows[rows["head"].isna()]


def shown_curves(table: pd.DataFrame) -> pd.DataFrame:
    """One line per curve and run, one column per layer, as text."""
    text = table.assign(text=with_intervals(table, "value", "mass", "ci_low", "ci_high"))
    wide = text.pivot(index=["what", *WHOSE], columns="layer", values="text")
    order = pd.MultiIndex.from_frame(text[["what", *WHOSE]].drop_duplicates())
    shown = (
        wide.reindex(order)
        .fillna("–")
        .reset_index()
        .rename(columns=lambda name: name if isinstance(name, str) else f"layer {name}")
    )
    return shown.drop(columns=[name for name in ("task", "output") if not shown[name].any()])


def write_curves(table: pd.DataFrame, styles: Mapping[str, Style], stem: Path) -> list[Path]:
    """A panel per curve, and one legend below them; a model has its colour of ``styles`` in all panels.

    The corpora, tasks and settings of one model differ in their markers.
    """
    if table.empty:
        return []
    names = list(dict.fromkeys(table["what"]))
    runs = list(dict.fromkeys(whose(table)))
    columns = columns_for(len(names), 3.4, most=2)
    n_lines = -(-len(names) // columns)
    with figure(0.6 + 3.4 * columns, 0.9 + 2.5 * n_lines + 0.2 * len(runs)) as made:
        panels = made.subplots(n_lines, columns, squeeze=False).flat
        for name, axes in zip(names, panels, strict=False):  # names first: zip must not take a panel too many
            draw_curves(axes, table[table["what"] == name], runs, styles)
            axes.set_title(wrapped(name, 36), fontsize=8.5)
        for axes in panels:
            axes.set_visible(False)
        effect = CURVES["ablation", "ablation_layer", "effect_nats"]
        shows = ["rollout and entropy: associations"] if set(names) - {effect} else []
        shows += ["ablation: effects"] if effect in names else []
        legend_below(made)
        bands = f"bands: 95 % intervals (none where seeds differ){twins_of(table)}"
        titled(made, "Attention by layer", f"{'; '.join(shows)}; {bands}")
        return save(made, stem, table)


def twins_of(table: pd.DataFrame) -> str:
    """What the dashed bands are of, empty without untrained twins."""
    most = table["twins"].max()
    return f"; dashed: {described(int(most))}" if most > 1 else ""


def whose(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Model, data and task of each line."""
    return list(zip(table["model"], table["data"], table["task"], strict=True))


def draw_curves(
    axes: "Axes", table: pd.DataFrame, runs: Sequence[tuple[str, ...]], styles: Mapping[str, Style]
) -> None:
    """Draw one curve of all runs. runs: model, data and tasks of all of them; their order gives the markers."""
    for (*names, output), line in table.groupby(WHOSE, sort=False):
        layers, colour = line["layer"].to_list(), colour_of(str(names[0]), styles)
        interval_band(axes, layers, (line["ci_low"], line["ci_high"]), colour)
        twins = line.dropna(subset=OF_TWINS).rename(columns=dict(zip(OF_TWINS, ("low", "high", "n"), strict=True)))
        draw_band(axes, twins, colour)
        label = " · ".join(str(name) for name in names if name) + (f": {output}" if output else "")
        marker = MARKERS[runs.index(tuple(names)) % len(MARKERS)]
        axes.plot(layers, line["value"], color=colour, marker=marker, markersize=4, label=label)
    layer_ticks(axes, sorted(table["layer"].unique()), LAYERS_OF_ATTENTION)
    axes.margins(y=0.1)


def colour_of(name: str, styles: Mapping[str, Style]) -> str:
    """The colour of a model; settings of attention stand behind its name."""
    known = [model for model in styles if name == model or name.startswith(f"{model} · ")]
    return styles[max(known, key=len)][0]
