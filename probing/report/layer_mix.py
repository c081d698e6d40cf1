"""The weights of a mix of layers, and which layers they and the gains in score point to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from probing.report.load import PROBES, Run, heading
from probing.report.metric_format import measure
from probing.report.section_parts import Figure, Section, Table
from probing.report.style import BLUE, GREY, figure, layer_ticks, save, titled

CENTRE, EXPECTED = "centre_of_gravity", "expected_layer"
TITLE = "Mix of layers"
CAPTION = "Weight of each layer in the mix from which the task is predicted."
READING = (
    "the higher a bar above the dashed line, the more the probe reads from this layer; the line is an equal share."
)
NOTE = (
    "Each line is a mix of its own: the trained weights of layers 0 to l, which add up to 1, and the factor gamma. "
    "Features are standardised on each layer unless probe.standardise=false, so that a small weight is not due to "
    "large vectors. A weight says what this probe reads, not what the model uses."
)
SAMPLE = "the weights are trained on train; the expected layer is measured on the same sentences of test as the scores"


def section(run: Run) -> Section:
    """Weights as figure and table, centre of gravity and expected layer in words; empty for any other probe."""
    facts = run.facts(PROBES).get("mix")
    if not facts:
        return Section(TITLE)
    raw, text = weights_table(facts)
    return Section(
        TITLE,
        sentences=sentences(facts),
        tables=[Table("mix", "Weights of the mixes", NOTE, raw, text, folded=True)],
        figures=[Figure("mix", CAPTION, write_weights, READING)],
        sample=SAMPLE,
    )


def of_mix(run: Run) -> dict[str, float] | None:
    """Centre of gravity and expected layer of a run of mixed layers, NaN where it has none; None for other probes."""
    facts = run.facts(PROBES).get("mix")
    if not facts:
        return None
    expected = facts.get(EXPECTED, {}).get("value", float("nan"))
    return {CENTRE: facts.get(CENTRE, float("nan")), EXPECTED: expected}


def sentences(facts: Mapping[str, Any]) -> list[str]:
    """What the numbers say, and why one is left out."""
    found = []
    if CENTRE in facts:
        found.append(
            f"Centre of gravity: {facts[CENTRE]:.2f}, the mean layer under the weights of the mix of all layers. These "
            f"differ from equal weights by {facts['uneven_bits']:.2f} bits (Kullback-Leibler divergence). It has no "
            "interval: it does not depend on test."
        )
    if EXPECTED in facts:
        one = facts[EXPECTED]
        found.append(
            f"Expected layer: {one['value']:.2f} [{one['ci_low']:.2f}, {one['ci_high']:.2f}], the mean layer, weighted "
            f"by how much it adds to the {measure(facts['metric']).label} of the mix of the layers below it."
        )
    return found + [f"Left out: {text}." for text in facts.get("missing", [])]


def weights_table(facts: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One line per mix: its highest layer, gamma and the weights of its layers; unrounded and as text."""
    of_layers = {int(layer): weights for layer, weights in facts["weights"].items()}
    raw = pd.DataFrame(
        [
            {"layer": layer, "gamma": facts["gamma"][str(layer)], **{f"weight {k}": w for k, w in enumerate(weights)}}
            for layer, weights in sorted(of_layers.items())
        ]
    )
    text = raw.drop(columns="layer").map(lambda value: "" if pd.isna(value) else f"{value:.3f}")
    text.insert(0, "mix of layers", [f"0 to {layer}" for layer in raw["layer"]])
    return raw, text


def write_weights(run: Run, stem: Path) -> list[Path]:
    """The weights of the mix with the most layers as bars, with the centre of gravity and the equal share."""
    facts = run.facts(PROBES)["mix"]
    highest = max(map(int, facts["weights"]))
    weights = np.array(facts["weights"][str(highest)])
    data = pd.DataFrame({"layer": range(highest + 1), "weight": weights})
    with figure(6.4, 3.0) as made:
        axes = made.subplots()
        axes.bar(data["layer"], data["weight"], color=BLUE, width=0.7)
        axes.axhline(1 / len(weights), color=GREY, linestyle=(0, (4, 2)), linewidth=1.1)
        layer_ticks(axes, data["layer"].tolist())
        axes.set_xlim(-0.6, highest + 0.6)
        axes.set_ylabel("weight in the mix")
        parts = [f"mix of layers 0 to {highest}", "dashed: an equal share"]
        if CENTRE in facts:
            axes.plot(facts[CENTRE], 0, marker="^", color=GREY, markersize=9, clip_on=False, zorder=5)
            parts.append(f"triangle: centre of gravity, {facts[CENTRE]:.2f}")
        titled(made, heading(run), " · ".join(parts))
        return save(made, stem, data)
