"""The joined view: what is decodable, where attention goes, and what the output depends on, layer by layer."""

from pathlib import Path

import pandas as pd

from probing.report.load import Run, heading
from probing.report.metric_format import measure
from probing.report.section_parts import Figure, Section, Table, pick, with_intervals
from probing.report.style import BLUE, GREEN, GREY, VERMILION, figure, layer_ticks, save, titled
from probing.report.tables import layer_table

NOTE = (
    "Decodable and attended are associations; only the last column comes from an intervention. Layer 0 has no "
    "attention. Rollout is up to the layer; its mass on another word is the mean over words that are not the head."
)


def section(run: Run) -> Section:
    """The three questions in one table and one figure; empty where only the first was asked."""
    table = joined(run)
    if table is None:
        return Section("Decodable, attended, used")
    caption = "Decodable, attended, used: one task, layer by layer."
    return Section("Decodable, attended, used", tables=[table], figures=[Figure("joined", caption, write_joined)])


def joined(run: Run) -> Table | None:
    """Per layer: the probe's score with its control, rollout's mass on gold heads, the effect of taking it out."""
    gold, other = (pick(run, "rollout", metric) for metric in ("mass_on_gold_head", "mass_on_other_word"))
    used = pick(run, "ablation", "effect_nats", "ablation_layer")
    if gold.empty and used.empty:
        return None
    raw = layer_table(run.rows, run.metric)[["layer", "score", "ci_low", "ci_high", "control", "selectivity"]]
    for name, table in (("attended", gold), ("attended_other", other), ("used", used)):
        by_layer = table.set_index("layer")[["value", "ci_low", "ci_high"]].reindex(raw["layer"])
        for end, source in ((name, "value"), (f"{name}_low", "ci_low"), (f"{name}_high", "ci_high")):
            raw[end] = by_layer[source].to_numpy(dtype=float)
    text = pd.DataFrame({"layer": raw["layer"].astype(str)})
    text[f"decodable: {measure(run.metric).label}"] = with_intervals(raw, "score", run.metric, "ci_low", "ci_high")
    text["control"] = with_intervals(raw, "control", run.metric)
    if not gold.empty:
        text["attended: rollout on the gold head"] = with_intervals(raw, "attended", "mass")
        text["on another word"] = with_intervals(raw, "attended_other", "mass")
    if not used.empty:
        text["used: loss without the layer's heads (nats)"] = with_intervals(raw, "used", "effect_nats")
    samples = [run.facts(name).get("sample") for name in ("rollout", "ablation")]
    stated = "; ".join(str(sample) for sample in samples if sample)
    return Table("joined", "Decodable, attended, used", f"{NOTE} Attended and used: {stated}.", raw, text)


def write_joined(run: Run, stem: Path) -> list[Path]:
    """The joined view as panels over the same layers."""
    table = joined(run)
    if table is None:
        return []
    raw = table.raw
    panels: list[tuple[str, str, str, str | None, str, str, str]] = [
        ("score", "ci_low", "ci_high", "control", measure(run.metric).axis, "decodable", BLUE)
    ]
    if raw["attended"].notna().any():
        label = "rollout mass on the gold head"
        panels.append(("attended", "attended_low", "attended_high", "attended_other", label, "attended", GREEN))
    if raw["used"].notna().any():
        label = "loss without the layer's heads (nats)"
        output = run.facts("ablation").get("layer_output", "the output")
        panels.append(("used", "used_low", "used_high", None, label, f"used by {output}", VERMILION))
    with figure(5.6, 0.9 + 1.55 * len(panels)) as made:
        for axes, (value, low, high, reference, label, name, colour) in zip(
            made.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0], panels, strict=True
        ):
            known = raw[raw[value].notna()]
            layers = known["layer"].to_list()
            axes.fill_between(layers, known[low], known[high], color=colour, alpha=0.18, linewidth=0)
            axes.plot(layers, known[value], "o-", color=colour, markersize=4.5, linewidth=1.6, label=name)
            if reference:
                text = "control task" if name == "decodable" else "another word"
                axes.plot(layers, known[reference], "s--", color=GREY, markersize=3.5, linewidth=1.1, label=text)
            axes.set_ylabel(label.replace(" (", "\n(").replace(" on ", "\non "), fontsize=7.5)
            axes.legend(frameon=False, fontsize=7.5)
        layer_ticks(axes, raw["layer"].to_list())
        titled(made, heading(run), "probes and attention show association, ablation an effect; bands: 95 % intervals")
        return save(made, stem)
