"""Is the attention of a pool an explanation? Its weights against gradients, permuted and adversarial ones."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section, Table, by_layer, drawn, pick, sample_of
from probing.report.style import (
    BLUE,
    GREEN,
    GREY,
    VERMILION,
    figure,
    interval_band,
    layer_ticks,
    legend_below,
    save,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Attention of the pool as an explanation"
GRADIENT, LEFT_OUT = "attention × gradient × input", "attention × leave-one-out"
PERMUTED, UNIFORM, ADVERSARIAL, LARGEST = "permuted", "uniform", "adversarial", "largest"
HIGHEST = float(np.log(2))
STYLES = {GRADIENT: (BLUE, "o", "gradient × input"), LEFT_OUT: (VERMILION, "s", "leave-one-out")}
CAPTION = (
    "Left: Kendall's τ of the weights with both references, by layer. Middle: how far the output moves with permuted "
    "weights (median), against the largest weight, a point per sentence. Right: how far other weights can be from the "
    "pool's own while the output stays as it is."
)
READING = (
    "if the weights explained the output, τ would be near 1, sentences with a large weight would be far up in the "
    "middle, and the divergence on the right would be near 0."
)
TAU_NOTE = (
    "Means over sentences; 95 % intervals. τ: Kendall's rank correlation over the subwords of a sentence; both "
    "references are absolute values. significant: share of sentences with p < .05. Gradient × input is that of the "
    "probability of the predicted class, the weights held fixed. Both references have the weight itself as a "
    "factor, because the output is linear in the pooled vector: this raises τ, here as with the average encoder of "
    "Jain & Wallace 2019 (.6 on SST; BiLSTM: .3). Special tokens have no weight; the paper leaves them out of τ."
)
MOVED_NOTE = (
    "Total variation distance of the output, 0 to 1; for two classes it is |Δy|. permuted: the median over "
    "permutations of a sentence's weights. uniform: all weights the same. adversarial: the Jensen–Shannon "
    "divergence (nats, at most ln 2 = 0.693) of the farthest weights that were found to leave the output nearly as "
    "it is, and the share of sentences for which it is above half of ln 2. A search gives a lower bound; sentences "
    "without any count as 0."
)


def section(run: Run) -> Section:
    """Three tables, a figure with three panels, and what the intervals allow to say of the layer that dev chose."""
    if pick(run, "explanation", "jsd_nats").empty:
        return Section(TITLE)
    tables = [tau_table(run), moved_table(run), bins_table(run)]
    return Section(TITLE, conclusions(run), tables, [Figure("explanation", CAPTION, write, READING)], sample(run))


def sample(run: Run) -> str:
    """The sentences, and how the weights were changed."""
    facts = run.facts("explanation")
    ways = {
        "permutations": "{} permutations of each sentence's weights",
        "distributions": "{} adversarial distributions for each",
        "steps": "found in {} steps of Adam",
        "epsilon": "the output may move by {} at most (the paper's text: .01; its plots: .05)",
    }
    return "; ".join([sample_of(run, "explanation"), *(way.format(facts[name]) for name, way in ways.items())])


def tau_table(run: Run) -> Table:
    """Kendall's tau with both references, and the share of sentences for which it is significant."""
    tables = {"kendall": "τ", "share_significant": "significant"}
    rows = pd.concat([pick(run, "explanation", metric) for metric in tables])
    rows = rows.assign(
        column=[f"{tables[m]}, {STYLES[t][2]}" for m, t in zip(rows["metric"], rows["target"], strict=True)]
    )
    raw, text = by_layer(rows, {name: name for name in rows["column"].unique()}, "column")
    return Table("explanation_tau", "Weights, gradients and subwords that are left out", TAU_NOTE, raw, text)


def moved_table(run: Run) -> Table:
    """Permuted, uniform and adversarial weights, by layer."""
    labels = {
        ("weight", LARGEST): "largest weight",
        ("tvd", PERMUTED): "permuted",
        ("tvd", UNIFORM): "uniform",
        ("jsd_nats", ADVERSARIAL): "adversarial (nats)",
        ("share_far", ADVERSARIAL): "share above half of ln 2",
    }
    rows = pd.concat([pick(run, "explanation", metric, target=target) for metric, target in labels])
    rows = rows.assign(column=[labels[m, t] for m, t in zip(rows["metric"], rows["target"], strict=True)])
    raw, text = by_layer(rows, {name: name for name in labels.values()}, "column")
    return Table("explanation_moved", "Other weights", MOVED_NOTE, raw, text)


def bins_table(run: Run) -> Table:
    """Permuted weights by the largest weight of a sentence."""
    rows = pick(run, "explanation", "tvd")
    rows = rows[rows["target"].str.startswith(f"{PERMUTED}, ")]
    rows = rows.assign(column=[str(target).removeprefix(f"{PERMUTED}, ") for target in rows["target"]])
    raw, text = by_layer(rows, {name: name for name in sorted(rows["column"].unique())}, "column")
    counts = rows.pivot(index="layer", columns="column", values="n_sentences").reindex(raw["layer"])
    for name in text.columns[1:]:
        raw[f"{name}_n"] = counts[name].to_numpy()
        text[name] += [f" (n = {n:.0f})" if n > 0 else "" for n in counts[name]]
    note = (
        "Median total variation distance of the output over permutations, for sentences by their largest weight; n: "
        "sentences. Without a number: fewer than 10."
    )
    return Table("explanation_permuted", "Permuted weights by the largest weight", note, raw, text, folded=True)


def chosen(run: Run, metric: str, target: str) -> "pd.Series[float]":
    """The row of the layer that dev chose."""
    rows = pick(run, "explanation", metric, target=target)
    line: pd.Series[float] = rows[rows["layer"] == run.facts("explanation")["layer"]].iloc[0]
    return line


def conclusions(run: Run) -> list[str]:
    """What the numbers of one layer show. The intervals decide."""
    layer = run.facts("explanation")["layer"]
    moved, share = chosen(run, "tvd", PERMUTED), chosen(run, "share_far", ADVERSARIAL)
    apart = chosen(run, "jsd_nats", ADVERSARIAL)
    found = [
        f"Layer {layer} (chosen on dev): with permuted weights the output moves by {ends(moved)} (total variation "
        "distance, the mean over sentences of the median)."
    ]
    words = "most sentences have" if share["ci_low"] > 0.5 else "at most half of the sentences have"
    if share["ci_low"] <= 0.5 < share["ci_high"]:
        words = "this sample does not tell whether most sentences have"
    found.append(
        f"Divergence of the farthest weights with nearly the same output: {ends(apart)} nats, of 0.69; {words} some "
        f"above half of it ({ends(share)}). Where there are such weights, the pool's own are not the only ones that "
        "give this output; it does not follow that a trained pool could have them (Wiegreffe & Pinter 2019)."
    )
    return found


def ends(line: "pd.Series[float]") -> str:
    """A value with its interval, with two decimals."""
    return f"{line['value']:.2f} [{line['ci_low']:.2f}, {line['ci_high']:.2f}]"


def write(run: Run, stem: Path) -> list[Path]:
    """The three panels of the figure."""
    tau, apart = pick(run, "explanation", "kendall"), pick(run, "explanation", "jsd_nats")
    with figure(9.6, 3.2) as made:
        left, middle, right = made.subplots(1, 3)
        for target, (colour, marker, label) in STYLES.items():
            curve(left, tau[tau["target"] == target], (colour, marker, label))
        left.axhline(0, color=GREY, linewidth=0.8)
        left.set_ylabel("Kendall τ with the weights")
        draw_sentences(middle, run)
        curve(right, apart, (GREEN, "D", "farthest weights"))
        right.axhline(HIGHEST, color=GREY, linestyle=":", linewidth=1.0, label="ln 2, the highest possible")
        right.set(ylabel="JSD of other weights (nats)", ylim=(0, 0.75))
        legend_below(made)
        shows = "weights against gradients and removed subwords; permuted weights; adversarial weights"
        titled(made, heading(run), f"{shows}; bands: 95 % intervals")
        return save(made, stem, drawn(pd.concat([tau, apart])))


def curve(axes: "Axes", rows: pd.DataFrame, style: tuple[str, str, str]) -> None:
    """A measure by layer with its band."""
    colour, marker, label = style
    rows = rows.sort_values("layer")
    layers = rows["layer"].to_list()
    interval_band(axes, layers, (rows["ci_low"], rows["ci_high"]), colour)
    axes.plot(layers, rows["value"], color=colour, marker=marker, markersize=4, linewidth=1.4, label=label)
    layer_ticks(axes, layers)


def draw_sentences(axes: "Axes", run: Run) -> None:
    """Permuted weights against the largest weight, for the layer that dev chose."""
    layer = run.facts("explanation")["layer"]
    column = run.arrays["explanation/layers"].tolist().index(layer)
    largest, moved = (run.arrays[f"explanation/{name}"][:, column] for name in (LARGEST, PERMUTED))
    axes.plot(largest, moved, "o", color=GREY, markersize=3, alpha=0.6, linestyle="", label="a sentence")
    axes.set(
        xlabel=f"largest weight, layer {layer}", ylabel="median change of the output", xlim=(0, 1), ylim=(-0.03, 1)
    )
