"""Several questions about one task, layer by layer: what is decodable, where attention goes, what the output uses."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from probing.report.load import Run, heading
from probing.report.metric_format import measure
from probing.report.section_parts import Figure, Section, Table, pick, sample_of, with_intervals
from probing.report.style import BLUE, GREEN, GREY, VERMILION, figure, interval_band, layer_ticks, save, titled
from probing.report.tables import layer_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ATTENDED, USED = "rollout mass on the gold head", "loss without the layer's heads (nats)"


@dataclass(frozen=True)
class Panel:
    """One panel of the figure: a column of the joined table with its interval, and a column to compare it with."""

    column: str
    ends: tuple[str, str]
    reference: str | None
    reference_name: str
    axis: str
    name: str
    colour: str


def section(run: Run) -> Section:
    """The questions that the run answers, in one table and one figure; empty where it answers only the first."""
    raw = joined(run)
    if raw is None:
        return Section("Decodable, attended, used")
    title = ", ".join(answered(raw)).capitalize()
    table = Table("joined", "Layer by layer", note(run, raw), raw, shown(raw, run.metric))
    figures = [Figure("joined", f"{title}: one task, layer by layer.", write_joined)]
    return Section(title, tables=[table], figures=figures, sample=sample(run, raw))


def joined(run: Run) -> pd.DataFrame | None:
    """Per layer: score and control of the probe, rollout mass on gold heads, effect of taking out the layer's heads.

    None if neither rollout on gold heads nor the ablation of layers was measured; NaN where one of them was not.
    """
    gold, other = (pick(run, "rollout", metric) for metric in ("mass_on_gold_head", "mass_on_other_word"))
    used = pick(run, "ablation", "effect_nats", "ablation_layer")
    if gold.empty and used.empty:
        return None
    raw = layer_table(run.rows, run.metric)[["layer", "score", "ci_low", "ci_high", "control", "selectivity"]]
    for name, table in (("attended", gold), ("attended_other", other), ("used", used)):
        by_layer = table.set_index("layer")[["value", "ci_low", "ci_high"]].reindex(raw["layer"])
        for end, source in ((name, "value"), (f"{name}_low", "ci_low"), (f"{name}_high", "ci_high")):
            raw[end] = by_layer[source].to_numpy(dtype=float)
    return raw


def answered(raw: pd.DataFrame) -> list[str]:
    """Which of decodable, attended and used the joined table has numbers for."""
    return ["decodable", *(name for name in ("attended", "used") if raw[name].notna().any())]


def shown(raw: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The joined table as text."""
    names = answered(raw)
    text = pd.DataFrame({"layer": raw["layer"].astype(str)})
    text[f"decodable: {measure(metric).label}"] = with_intervals(raw, "score", metric, "ci_low", "ci_high")
    if raw["control"].notna().any():
        text["control task"] = with_intervals(raw, "control", metric)
    if "attended" in names:
        text[f"attended: {ATTENDED}"] = with_intervals(raw, "attended", "mass")
        text["on another word"] = with_intervals(raw, "attended_other", "mass")
    if "used" in names:
        text[f"used: {USED}"] = with_intervals(raw, "used", "effect_nats")
    return text


def note(run: Run, raw: pd.DataFrame) -> str:
    """How to read the joined table: what is an association, and what was measured by an intervention."""
    names, parts = answered(raw), ["Decodable is an association."]
    if "attended" in names:
        parts = [
            "Decodable and attended are associations. Rollout runs from layer 1 up to the layer. Another word: the "
            "mean over words that are neither the word itself nor its gold head. Layer 0 has no attention."
        ]
    if "used" in names:
        parts.append(
            f"Used comes from an intervention: the loss of {output_of(run)} when all heads of the layer are replaced. "
            "Layers above the one that this output reads have no effect on it."
        )
    return " ".join(parts)


def sample(run: Run, raw: pd.DataFrame) -> str:
    """What each column was measured on."""
    n_sentences = int(run.shown_rows["n_sentences"].iloc[0])
    stated = {"decodable": f"{n_sentences:,} sentences of {run.split}"}
    stated |= {"attended": sample_of(run, "rollout"), "used": sample_of(run, "ablation")}
    return "; ".join(f"{name}: {stated[name]}" for name in answered(raw))


def output_of(run: Run) -> str:
    """The output whose loss was measured when the heads of a layer were replaced."""
    return str(run.facts("ablation").get("layer_output", "the output"))


def write_joined(run: Run, stem: Path) -> list[Path]:
    """The joined table as panels over the same layers."""
    raw = joined(run)
    if raw is None:
        return []
    names = answered(raw)
    score = measure(run.metric).axis
    panels = [
        Panel("score", ("ci_low", "ci_high"), "control", "control task", score, "decodable", BLUE),
        Panel(
            "attended", ("attended_low", "attended_high"), "attended_other", "another word", ATTENDED, "attended", GREEN
        ),
        Panel("used", ("used_low", "used_high"), None, "", USED, f"used by {output_of(run)}", VERMILION),
    ]
    panels = [panel for panel in panels if panel.column in ("score", *names)]
    with figure(5.6, 0.9 + 1.7 * len(panels)) as made:
        for axes, panel in zip(made.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0], panels, strict=True):
            draw_panel(axes, raw, panel)
        layer_ticks(axes, raw["layer"].to_list())
        shows = "probes and attention show association" + (", ablation an effect" if "used" in names else "")
        titled(made, heading(run), f"{shows}; bands: 95 % intervals")
        return save(made, stem)


def draw_panel(axes: "Axes", raw: pd.DataFrame, panel: Panel) -> None:
    """One column over layers with its interval, and the column that it is compared with, dashed."""
    known = raw[raw[panel.column].notna()]
    layers, (low, high) = known["layer"].to_list(), panel.ends
    interval_band(axes, layers, (known[low], known[high]), panel.colour)
    axes.plot(layers, known[panel.column], "o-", color=panel.colour, markersize=4.5, linewidth=1.6, label=panel.name)
    if panel.reference and known[panel.reference].notna().any():
        reference = known[panel.reference]
        axes.plot(layers, reference, "s--", color=GREY, markersize=3.5, linewidth=1.1, label=panel.reference_name)
    lines = panel.axis.replace(" (", "\n(").replace(" on ", "\non ").replace(" without ", "\nwithout ")
    axes.set_ylabel(lines, fontsize=7.5)
    axes.legend(frameon=False, fontsize=7.5)
