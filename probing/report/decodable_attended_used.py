"""Several questions about one task, layer by layer: what is decodable, where attention goes, what an output needs."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from probing.report.load import Run, heading
from probing.report.metric_format import measure
from probing.report.section_parts import Figure, Section, Table, pick, sample_of, with_intervals
from probing.report.style import (
    BLUE,
    GREEN,
    GREY,
    PURPLE,
    ROWS,
    VERMILION,
    figure,
    interval_band,
    layer_ticks,
    legend_below,
    save,
    titled,
)
from probing.report.tables import layer_table
from probing.result.simultaneous import ADJUSTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATIO = "rollout on the gold head ÷ on a matched word"
READING = (
    "the panels share their layers. A peak in one and not in another shows that what can be decoded, where attention "
    "goes and what an output depends on are different questions."
)
LOSS = "loss without the layer's heads (nats)"
REMOVED = "loss without the labels, beyond random subspaces (nats)"
USED = "what removing it costs (LEACE)"
AXIS_LETTERS = 24  # of a panel's height


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
        return Section("Decodable, attended, depended on")
    title = ", ".join(answered(run, raw))
    title = title[0].upper() + title[1:]
    table = Table("joined", "Layer by layer", note(run, raw), raw, shown(run, raw))
    figures = [Figure("joined", f"{title}: one task, layer by layer.", write_joined, READING)]
    return Section(title, tables=[table], figures=figures, sample=sample(run, raw))


def joined(run: Run) -> pd.DataFrame | None:
    """Per layer: score and control of the probe; rollout on gold heads ÷ on matched words; loss without its heads, and
    without the task's labels in its vectors.

    None if neither rollout on gold heads nor the ablation of layers was measured; NaN where one of them was not.
    """
    ratio = pick(run, "rollout", "gold_head_over_matched_word")
    lost = pick(run, "ablation", "effect_nats", "ablation_layer")
    removed = pick(run, "usage", "effect_nats", f"leace_minus_random{ADJUSTED}", run.name("task"))
    if ratio.empty and lost.empty:
        return None
    raw = layer_table(run.rows, run.metric)[["layer", "score", "ci_low", "ci_high", "control", "selectivity"]]
    for name, table in (("attended", ratio), ("lost", lost), ("removed", removed)):
        by_layer = table.set_index("layer")[["value", "ci_low", "ci_high"]].reindex(raw["layer"])
        for end, source in ((name, "value"), (f"{name}_low", "ci_low"), (f"{name}_high", "ci_high")):
            raw[end] = by_layer[source].to_numpy(dtype=float)
    return raw


def depends(run: Run) -> str:
    """Whose loss was measured: that of the model's own output, or only that of a probe which was trained on it."""
    return "what the model's own head depends on" if own_head(run) else "what the probe's score depends on"


def own_head(run: Run) -> bool:
    """Whether heads were ablated under the model's own head; else under a probe, which the model itself never uses."""
    return output_of(run).startswith("the model's own")


def answered(run: Run, raw: pd.DataFrame) -> list[str]:
    """The questions for which the joined table has numbers."""
    names = {"decodable": True, "attended": raw["attended"].notna().any(), depends(run): raw["lost"].notna().any()}
    names |= {USED: raw["removed"].notna().any()}
    return [name for name, there in names.items() if there]


def shown(run: Run, raw: pd.DataFrame) -> pd.DataFrame:
    """The joined table as text."""
    text = pd.DataFrame({"layer": raw["layer"].astype(str)})
    text[f"decodable: {measure(run.metric).label}"] = with_intervals(raw, "score", run.metric, "ci_low", "ci_high")
    if raw["control"].notna().any():
        text["control task"] = with_intervals(raw, "control", run.metric)
    if raw["attended"].notna().any():
        text[f"attended: {RATIO}"] = with_intervals(raw, "attended", "ratio")
    if raw["lost"].notna().any():
        text[f"{depends(run)}: {LOSS}"] = with_intervals(raw, "lost", "effect_nats")
    if raw["removed"].notna().any():
        text[f"{USED}: {REMOVED}"] = with_intervals(raw, "removed", "effect_nats")
    return text


def note(run: Run, raw: pd.DataFrame) -> str:
    """How to read the joined table: what is an association, and what was measured by an intervention."""
    parts = ["Decodable is an association."]
    if raw["attended"].notna().any():
        parts = [
            "Decodable and attended are associations. Rollout runs from layer 1 up to the layer. Matched word: a "
            "word at the same distance and on the same side that is not the head, in sentences of about the same "
            "length. A ratio of 1 means that gold heads get no more than distance explains. Layer 0 has no "
            "attention."
        ]
    if raw["lost"].notna().any():
        place = "last but one" if raw["removed"].notna().any() else "last"
        parts.append(
            f"The {place} column comes from an intervention: the loss of {output_of(run)} when all heads of the layer "
            "are replaced. Layers above the one that this output reads have no effect on it."
        )
        if not own_head(run):
            parts.append("It is the score of a probe: it does not show what the model itself uses.")
    if raw["removed"].notna().any():
        parts.append(
            f"The last column comes from an intervention: the loss of {run.facts('usage')['output']} when LEACE "
            "removes the labels from the layer's vectors, minus that for random subspaces of equal rank."
        )
    return " ".join(parts)


def sample(run: Run, raw: pd.DataFrame) -> str:
    """What each column was measured on."""
    n_sentences = int(run.shown_rows["n_sentences"].iloc[0])
    stated = {"decodable": f"{n_sentences:,} sentences of {run.split}"}
    stated |= {"attended": sample_of(run, "rollout"), depends(run): sample_of(run, "ablation")}
    stated |= {USED: sample_of(run, "usage")}
    return "; ".join(f"{name}: {stated[name]}" for name in answered(run, raw))


def output_of(run: Run) -> str:
    """The output whose loss was measured when the heads of a layer were replaced."""
    targets = pick(run, "ablation", "effect_nats", "ablation_layer")["target"].tolist()
    return str(targets[0]) if targets else "the output"


def write_joined(run: Run, stem: Path) -> list[Path]:
    """The joined table as panels over the same layers."""
    raw = joined(run)
    if raw is None:
        return []
    score = measure(run.metric).axis
    panels = [
        Panel("score", ("ci_low", "ci_high"), "control", "control task", score, "decodable", BLUE),
        Panel("attended", ("attended_low", "attended_high"), None, "", RATIO, "attended", GREEN),
        Panel("lost", ("lost_low", "lost_high"), None, "", LOSS, output_of(run), VERMILION),
        Panel("removed", ("removed_low", "removed_high"), None, "", REMOVED, "labels removed (LEACE)", PURPLE),
    ]
    panels = [panel for panel in panels if raw[panel.column].notna().any()]
    with figure(5.6, 0.9 + 1.7 * len(panels), lower=ROWS) as made:
        for axes, panel in zip(made.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0], panels, strict=True):
            draw_panel(axes, raw, panel)
            if panel.column == "attended":
                axes.axhline(1, color=GREY, linewidth=0.8)
        layer_ticks(axes, raw["layer"].to_list())
        shows = "probes and attention: associations" if raw["attended"].notna().any() else "probes: associations"
        shows += "; losses: effects" if raw[["lost", "removed"]].notna().any(axis=None) else ""
        legend_below(made)
        titled(made, heading(run), f"{shows}; bands: 95 % intervals")
        return save(made, stem, raw)


def draw_panel(axes: "Axes", raw: pd.DataFrame, panel: Panel) -> None:
    """One column over layers with its interval, and the column that it is compared with, dashed."""
    known = raw[raw[panel.column].notna()]
    layers, (low, high) = known["layer"].to_list(), panel.ends
    interval_band(axes, layers, (known[low], known[high]), panel.colour)
    axes.plot(layers, known[panel.column], "o-", color=panel.colour, markersize=4.5, linewidth=1.6, label=panel.name)
    if panel.reference and known[panel.reference].notna().any():
        reference = known[panel.reference]
        axes.plot(layers, reference, "s--", color=GREY, markersize=3.5, linewidth=1.1, label=panel.reference_name)
    parts = panel.axis.replace(" (", "\n(").split("\n")  # the unit has a line of its own
    axes.set_ylabel("\n".join(textwrap.fill(part, AXIS_LETTERS) for part in parts), fontsize=7.5)
