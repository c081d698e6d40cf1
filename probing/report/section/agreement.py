"""Is attention an explanation here? Agreement of attention scores with interventions, and the words that it allows."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section, Table, pick, with_intervals
from probing.report.style import GREY, INK, LAYERS_OF_ATTENTION, MARKERS, SERIES, figure, save, titled

SCORES = ("raw", "rollout", "flow", "norm", "value zeroing")
Interval = tuple[float, float, float]  # value, and both ends of its interval
# Where words change. Total variation: 0 none, 1 all of the output. Rank correlation: 0 none, 1 the same order.
LITTLE_MOVED, WEAK, CLOSE = 0.05, 0.3, 0.7


def section(run: Run) -> Section:
    """Rank correlations and replaced weights as a table and a picture, and what they allow to be said."""
    table = run.of("agreement")
    if table.empty:
        return Section("Agreement of attention with interventions")
    caption = "Rank correlation of attention scores with effects of blanking tokens out and with gradients."
    return Section(
        "Agreement of attention with interventions",
        sentences=said(run),
        tables=[correlation_table(table)],
        figures=[Figure("explain", caption, write_explain)],
        sample=str(run.facts("agreement")["sample"]),
    )


def correlation_table(table: pd.DataFrame) -> Table:
    """Rank correlations, and how far the output moves when weights are permuted or made uniform."""
    raw = table[["metric", "target", "layer", "value", "ci_low", "ci_high"]].reset_index(drop=True)
    wide = raw.assign(text=with_intervals(raw, "value", "correlation", "ci_low", "ci_high"))
    wide = wide.pivot_table(index=["metric", "target"], columns="layer", values="text", aggfunc="first").reset_index()
    text = wide.rename(columns=lambda name: f"layer {name}" if isinstance(name, int) else str(name)).fillna("")
    title = "Is attention an explanation here?"
    return Table("explain", title, "Means over sentences with 95 % intervals.", raw, text, folded=True)


def said(run: Run) -> list[str]:
    """What the figures of the layer that the output reads allow to be said."""
    facts = run.facts("agreement")
    layer = int(str(facts["layer"]))

    def ends(metric: str) -> dict[str, Interval]:
        lines = pick(run, "agreement", metric)
        lines = lines[lines["layer"] == layer]
        return {
            str(target): (float(value), float(low), float(high))
            for target, value, low, high in lines[["target", "value", "ci_low", "ci_high"]].itertuples(index=False)
        }

    nothing = (np.nan, np.nan, np.nan)
    return words_allow(str(facts["output"]), layer, ends("spearman"), ends("tvd").get("uniform", nothing))


def words_allow(output: str, layer: int, ranks: Mapping[str, Interval], uniform: Interval) -> list[str]:
    """What the figures of one layer allow to be said of ``output``, and what not, in three sentences at most.

    ranks: Spearman's coefficients with their intervals by target ("rollout × blank-out"); uniform: how far the output
    moves under uniform weights, likewise. Intervals, not values, decide; figures that are NaN are passed over.
    """
    said = [
        f"Attention, rollout, flow and norms say what is attended to, not what the output depends on ({output}): "
        "that is said by ablation, blank-out and replaced weights alone, for this model and this sample."
    ]
    if np.isfinite(uniform).all():
        said.append(
            f"With uniform attention in layer {layer} the output moves by {_figure(uniform)} {_moved(uniform)}."
        )
    known = {target: interval for target, interval in ranks.items() if np.isfinite(interval).all()}
    if known:
        best = max(known, key=lambda target: known[target][0])
        score, _, reference = best.partition(" × ")
        said.append(
            f"Of the scores of layer {layer}, {score} ranks tokens most like {reference} does "
            f"(Spearman {_figure(known[best])}): {_alike(known[best])}."
        )
    return said


def _figure(interval: Interval) -> str:
    value, low, high = interval
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _moved(interval: Interval) -> str:
    _, low, high = interval
    if high < LITTLE_MOVED:
        return "of 1: the weights hardly matter there, and a picture of them explains nothing about this output"
    if low >= LITTLE_MOVED:
        return "of 1: the output uses these weights, which does not yet make the largest of them the reason"
    return f"of 1, and whether that is more than {LITTLE_MOVED} cannot be told from this many sentences"


def _alike(interval: Interval) -> str:
    _, low, high = interval
    if low >= CLOSE:
        return "it may stand in for that effect when tokens are ranked, though not for its size"
    if high < WEAK:
        return "no score of this layer may be read as the importance of tokens"
    return "a tendency over many sentences, from which the importance of a single token must not be read"


def write_explain(run: Run, stem: Path) -> list[Path]:
    """Rank correlation of attention scores with blank-out and gradient scores, layer by layer."""
    table = pick(run, "agreement", "spearman")
    references = sorted({str(t).partition(" × ")[2] for t in table["target"]})
    with figure(0.6 + 3.0 * len(references), 3.4) as made:
        panels = made.subplots(1, len(references), sharey=True, squeeze=False)[0]
        for axes, reference in zip(panels, references, strict=True):
            names = [f"{score} × {reference}" for score in SCORES]
            present = [name for name in names if (table["target"] == name).any()]
            for number, name in enumerate(present):
                line = table[table["target"] == name].sort_values("layer")
                layers, colour = line["layer"].to_list(), SERIES[number % len(SERIES)]
                low, high = (line[side].to_numpy(dtype=float) for side in ("ci_low", "ci_high"))
                axes.fill_between(layers, low, high, color=colour, alpha=0.15, linewidth=0)
                label = name.partition(" × ")[0]
                axes.plot(layers, line["value"], marker=MARKERS[number], color=colour, markersize=4, label=label)
            axes.axhline(0, color=GREY, linewidth=0.8)
            axes.set_title(f"with {reference}", fontsize=8.5, color=INK)
            axes.set(xlabel=LAYERS_OF_ATTENTION, xticks=sorted(table["layer"].unique()))
        panels[0].set_ylabel("Spearman ρ, mean over sentences")
        panels[-1].legend(frameon=False, fontsize=7)
        titled(made, heading(run), "do attention scores rank tokens as effects do? bands: 95 % interval over sentences")
        return save(made, stem)
