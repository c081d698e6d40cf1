"""Long texts: ways to read all subwords of a text, and what else could explain their scores."""

from pathlib import Path

import pandas as pd

from probing.report.curve_labels import label_ends, label_of, name_heights, set_heights
from probing.report.load import Run, heading
from probing.report.long_text_tables import NAME, score, tables
from probing.report.metric_format import measure, scored
from probing.report.section_parts import Figure, Section, drawn, pick, sample_of, with_interval
from probing.report.style import GREY, INK, MARKERS, SERIES, figure, interval_band, layer_ticks, save, titled

CAPTION = "Ways to read all subwords of a text, by layer, beside readers of the words and of the format alone."
READING = (
    "a curve above the dashed line tells more than a bag of words; what the dotted line reaches, the format of the "
    "texts tells without their content."
)


def section(run: Run) -> Section:
    """Conclusions, tables and a figure of all aggregations by layer."""
    if pick(run, NAME, "accuracy").empty:
        return Section("Long texts")
    figures = [Figure(NAME, CAPTION, write_curves, READING)]
    return Section("Long texts", conclusions(run), tables(run), figures, sample_of(run, NAME))


def conclusions(run: Run) -> list[str]:
    """Which aggregation, whether better than the mean, and what the confounds leave of its score."""
    facts = run.facts(NAME)
    best, metric = str(facts["best"]), str(facts["metric"])
    label = measure(metric).label
    whole = score(run, "task", best)
    assert whole is not None  # the best aggregation has a row
    reached = f"{label} {with_interval(whole, metric)}"
    found = [f"Of the aggregations, {best} at layer {whole['layer']} was chosen on dev: {reached}."]
    over = pick(run, NAME, metric, probe=best, target="over_mean")
    over = over[over["layer"] == whole["layer"]]
    if len(over):
        line = over.iloc[0]
        ends = scored(line["value"], line["ci_low"], line["ci_high"], metric, signed=True)
        found.append(f"{_against(line)} the mean on this layer (paired difference {ends}).")
    without, alone = score(run, "format removed", best), score(run, "format alone")
    if without is not None and alone is not None:
        verdict = "The score comes from the format of the texts. " if facts["from_format"] else ""
        found.append(
            f"{verdict}The format alone reaches {with_interval(alone, metric)}; with the format removed from the "
            f"vectors {best} has {with_interval(without, metric)}."
        )
    left, within = score(run, "left out", best), score(run, "within", best)
    if left is not None and within is not None:
        found.append(
            f"On sources that train did not have it has {with_interval(left, metric)}, with them in train "
            f"{with_interval(within, metric)} (means over {len(facts['sources'])} sources)."
        )
    return found


def _against(line: "pd.Series[float]") -> str:
    if line["ci_low"] > 0:
        return "It is better than"
    return "It is worse than" if line["ci_high"] < 0 else "It cannot be told apart from"


def write_curves(run: Run, stem: Path) -> list[Path]:
    """The score of every aggregation by layer, with its interval, and those of two readers without vectors."""
    metric = str(run.facts(NAME)["metric"])
    rows = pick(run, NAME, metric, target="task")
    with figure(6.4, 3.9) as made:
        axes, labels = made.subplots(), []
        for name, colour, marker in zip(run.facts(NAME)["chosen"], SERIES, MARKERS, strict=False):
            line = rows[rows["probe"] == name].sort_values("layer")
            layers = line["layer"].tolist()
            interval_band(axes, layers, (line["ci_low"], line["ci_high"]), colour)
            axes.plot(layers, line["value"], color=colour, marker=marker, markersize=4.5, linewidth=1.6)
            labels.append(label_of(name, colour, line["value"], line["ci_low"], line["ci_high"]))
        flat = []
        for target, style, colour in (("bag of words", "--", INK), ("format alone", ":", GREY)):
            line = score(run, target)
            if line is not None:
                axes.axhline(line["value"], linestyle=style, color=colour, linewidth=1.1)
                flat.append(line["value"])
                ends = (pd.Series([line[end]]) for end in ("value", "ci_low", "ci_high"))
                labels.append(label_of(target, colour, *ends))
        set_heights(axes, labels, [])
        layer_ticks(axes, sorted(set(rows["layer"].tolist())))
        label_ends(axes, labels)
        name_heights(axes, measure(metric).axis)
        titled(made, heading(run), f"{sample_of(run, NAME)} · bands: 95 % intervals")
        others = pd.concat([pick(run, NAME, metric, target=target) for target in ("bag of words", "format alone")])
        return save(made, stem, drawn(pd.concat([rows, others])))
