"""Information in bits by layer, also beyond layer 0 and word identity; calibration and ranking of the probes."""

from pathlib import Path

import pandas as pd

from probing.report.curve_labels import label_ends, label_of, name_heights, set_heights
from probing.report.load import Run, heading
from probing.report.metric_format import number
from probing.report.section_parts import Figure, Section, Table, by_layer, drawn, pick, sample_of
from probing.report.style import MARKERS, SERIES, figure, interval_band, layer_ticks, save, titled

CAPTION = "Information about the labels by layer, in bits per item."
READING = (
    "the higher a curve, the more the probe knows about the label; below 0 it knows less than the label frequencies "
    "tell. Curves “given …” show what the layer adds to that."
)
NAME, BITS, BEYOND = "information", "v_information_bits", "conditional_v_information_bits"
TARGETS = {"task": "V-information (bits per item)", "control": "control", "selectivity": "task − control"}
PROBE = {
    "cross_entropy_bits": "cross-entropy (bits)",
    "brier": "Brier score",
    "ece": "ECE",
    "auroc": "AUROC",
    "average_precision": "average precision",
}


def section(run: Run) -> Section:
    """V-information and what goes beyond a given; calibration; a figure of the information curves."""
    tables = [table for table in (_information(run), _beyond(run), _calibration(run)) if table is not None]
    figures = [Figure(NAME, CAPTION, write_curves, READING)] if tables else []
    return Section("Information and calibration", tables=tables, figures=figures, sample=sample_of(run, NAME))


def _information(run: Run) -> Table | None:
    rows = pick(run, NAME, BITS)
    if rows.empty:
        return None
    note = (
        "V-information of the linear probe (Xu et al. 2020): the cross-entropy on test of the label frequencies of "
        f"train ({_alone(run, 'label_entropy_bits')}) minus that of the probe. Negative: the probe is worse than these "
        "frequencies. This is an association: it does not show that the model uses the information."
    )
    return Table("information", "Information by layer", note, *by_layer(rows, TARGETS, "target"))


def _beyond(run: Run) -> Table | None:
    rows = pick(run, NAME, BEYOND)
    if rows.empty:
        return None
    targets = [str(target) for target in rows["target"].unique()]
    alone = [f"{(of := t.removeprefix('given '))} {_alone(run, 'cross_entropy_bits', f'{of} alone')}" for t in targets]
    note = (
        "Conditional V-information (Hewitt et al. 2021): the cross-entropy on test of a probe that reads only what is "
        "given, minus that of a probe that reads it and the layer together; bits per item. "
        f"{'; '.join(run.facts(NAME)['given'])}. "
        f"Cross-entropy of a probe that reads only what is given: {', '.join(alone)}."
    )
    names = {target: f"{target} (bits)" for target in targets}
    return Table("conditional_information", "Information beyond what is given", note, *by_layer(rows, names, "target"))


def _calibration(run: Run) -> Table | None:
    rows = pd.concat([pick(run, NAME, metric, target="task") for metric in PROBE])
    if rows.empty:
        return None
    facts = run.facts(NAME)
    note = (
        "Brier score: squared error over all classes, 0 to 2. ECE: mean gap between the probability of the predicted "
        f"class and accuracy, in {facts['bins']} bins of equal width. In small samples it comes out too large."
    )
    if "positive" in facts:
        note += f" Average precision is that of the class {facts['positive']}."
    return Table("calibration", "Probabilities of the probes", note, *by_layer(rows, PROBE))


def _alone(run: Run, metric: str, target: str | None = None) -> str:
    """The bits of what reads no layer, as text."""
    [line] = pick(run, NAME, metric, target=target).to_dict("records")
    return f"{number(line['value'], metric)} bits"


def write_curves(run: Run, stem: Path) -> list[Path]:
    """V-information of task and control, and conditional V-information, with their intervals."""
    rows = pd.concat([pick(run, NAME, BITS), pick(run, NAME, BEYOND)])
    targets = [str(target) for target in rows["target"].unique() if target != "selectivity"]
    with figure(6.4, 3.9) as made:
        axes, labels = made.subplots(), []
        for target, colour, marker in zip(targets, SERIES, MARKERS, strict=False):
            line = rows[rows["target"] == target].sort_values("layer")
            layers = line["layer"].tolist()
            interval_band(axes, layers, (line["ci_low"], line["ci_high"]), colour)
            axes.plot(layers, line["value"], color=colour, marker=marker, markersize=4.5, linewidth=1.6)
            name = {"task": "task", "control": "control task"}.get(target, f"task, {target}")
            labels.append(label_of(name, colour, line["value"], line["ci_low"], line["ci_high"]))
        set_heights(axes, labels, [])
        layer_ticks(axes, sorted(set(rows["layer"].tolist())))
        label_ends(axes, labels)
        name_heights(axes, "V-information (bits per item)")
        titled(made, heading(run), f"{sample_of(run, NAME)} · bands: 95 % intervals")
        return save(made, stem, drawn(rows))
