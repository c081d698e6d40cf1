"""Agreement with and without attractors: the score of each condition by layer."""

from pathlib import Path

import pandas as pd

from probing.report.load import Run, heading
from probing.report.metric_format import measure
from probing.report.section_parts import Figure, Section, Table, by_layer, drawn, pick, sample_of, with_interval
from probing.report.style import BLUE, VERMILION, figure, interval_band, layer_ticks, legend_below, save, titled

CONDITIONS = {"without attractor": (BLUE, "s"), "with attractor": (VERMILION, "o")}
READING = (
    "curves that are equally high show that the number of the subject itself is there; a red curve below the blue one "
    "shows that a noun in between is mistaken for the subject. Dotted: the words before the verb alone."
)
NOTE = (
    "An attractor is a noun of the other number between a subject and its verb. The number of the noun that stands "
    "nearest to the verb gives the right answer wherever there is no attractor, and is often wrong where there is one."
)


def section(run: Run) -> Section:
    """The scores of both conditions as a table and a figure."""
    table = scores(run)
    if table.empty:
        return Section("Attractors")
    names = {f"task, {name}": name for name in CONDITIONS}
    names |= {f"selectivity, {name}": f"selectivity {name}" for name in CONDITIONS}
    raw, text = by_layer(table, names, "target")
    tables = [Table("attractors", "With and without an attractor", f"{NOTE} {surfaces(run)}", raw, text)]
    caption = f"{measure(run.metric).label.capitalize()} with and without a noun of the other number in between."
    figures = [Figure("attractors", caption, write_attractors, READING)]
    return Section("Attractors", tables=tables, figures=figures, sample=sample_of(run, "attractors"))


def scores(run: Run) -> pd.DataFrame:
    """Rows of layers of both conditions, in the metric that chooses layers."""
    table = pick(run, "attractors", run.metric)
    return table[table["layer"].notna() & table["target"].str.match("(task|selectivity), ")]


def surfaces(run: Run) -> str:
    """What the words before the verb tell in both conditions, in a sentence."""
    lines = {name: pick(run, "attractors", run.metric, target=f"surface, {name}") for name in CONDITIONS}
    found = [(name, line.iloc[0]) for name, line in lines.items() if len(line)]
    told = " and ".join(f"{with_interval(line, run.metric)} {name}" for name, line in found)
    return f"The bag of the words before the verb scores {told}." if told else ""


def write_attractors(run: Run, stem: Path) -> list[Path]:
    """The score of each condition by layer, and that of the words before the verb."""
    table, every = scores(run), pick(run, "attractors", run.metric)
    with figure(4.6, 3.4) as made:
        axes = made.subplots()
        for name, (colour, marker) in CONDITIONS.items():
            line = table[table["target"] == f"task, {name}"].sort_values("layer")
            layers = line["layer"].to_list()
            interval_band(axes, layers, (line["ci_low"], line["ci_high"]), colour)
            axes.plot(layers, line["value"], color=colour, marker=marker, markersize=4, linewidth=1.4, label=name)
            for value in every.loc[every["target"] == f"surface, {name}", "value"]:
                axes.axhline(value, color=colour, linewidth=1.0, linestyle=":", label=f"words before, {name}")
        layer_ticks(axes, sorted(table["layer"].unique()))
        axes.set_ylabel(measure(run.metric).axis)
        legend_below(made)
        titled(made, heading(run), "number of the subject, read where the verb stands; bands: 95 % intervals")
        return save(made, stem, drawn(table))
