"""Pruning: the output with only the best head of a layer, and with fewer and fewer heads."""

from pathlib import Path

import pandas as pd

from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section, Table, drawn, head_names, pick, sample_of, with_intervals
from probing.report.style import (
    BLUE,
    GREY,
    LAYERS_OF_ATTENTION,
    VERMILION,
    figure,
    interval_band,
    layer_ticks,
    legend_below,
    save,
    titled,
)
from probing.result.simultaneous import ADJUSTED

KEPT, PRUNED = "kept_head", "pruning"
CHANGE, EFFECT, ACCURACY = "accuracy_change", "effect_nats", "accuracy"
ORDERS = {"by importance": (VERMILION, "o"), "at random": (BLUE, "s")}
READ_KEPT = (
    "a point near 0 means that this one head is enough in its layer; an interval that excludes 0 shows a clear change."
)
READ_PRUNED = (
    "as long as the red curve stays at the dotted line, these heads are not needed; where it lies above the blue one, "
    "importance on dev tells which heads matter."
)


def section(run: Run) -> Section:
    """One head per layer as a table and a figure; the pruning curve as a figure and a table."""
    if pick(run, "pruning", EFFECT).empty:
        return Section("Pruning of heads")
    output = run.facts("pruning")["output"]
    kept = f"Change of accuracy when all heads of a layer but one are replaced ({output}); 95 % intervals."
    curve = f"Accuracy by the number of replaced heads ({output}): the least important ones first, or at random."
    figures = [
        Figure("kept_head", kept, write_kept, READ_KEPT),
        Figure("pruning", curve, write_pruning, READ_PRUNED),
    ]
    return Section("Pruning of heads", conclusions(run), [kept_table(run), pruned_table(run)], figures, sample(run))


def sample(run: Run) -> str:
    """The sentences, and what was replaced by what."""
    facts = run.facts("pruning")
    ways = {
        "replacement": "the output of a head is replaced by {}",
        "orders": "random: the mean over {} orders, with intervals over sentences",
    }
    return "; ".join([sample_of(run, "pruning"), *(way.format(facts[name]) for name, way in ways.items())])


def conclusions(run: Run) -> list[str]:
    """In how many layers one head is not clearly worse than all of them, and which number of heads can go."""
    kept = pick(run, "pruning", CHANGE, f"{KEPT}{ADJUSTED}")
    clear = int((kept["ci_high"] < 0).sum())
    layers = (
        f"With one head left, accuracy falls clearly in {clear} of {len(kept)} layers (intervals that hold for all "
        "layers at once); this is an intervention in one layer at a time."
    )
    curve = changes(run, "by importance")
    harmless = (curve["ci_high"] >= 0).cumprod().astype(bool)  # a step counts only if no step before it is clear
    n, all_heads = int(curve.loc[harmless, "removed"].max()), int(str(run.facts("pruning")["heads"]))
    heads = f"Up to {n} of {all_heads} heads can be removed by importance without a clear fall of accuracy"
    return [layers, f"{heads} (each interval holds by itself; no clear fall does not prove that there is none)."]


def changes(run: Run, order: str, metric: str = CHANGE) -> pd.DataFrame:
    """The rows of one order with the number of removed heads in the column ``removed``, ascending."""
    table = pick(run, "pruning", metric, PRUNED)
    table = table[table["target"].str.endswith(order)]
    return table.assign(removed=removed(table)).sort_values("removed")


def removed(table: pd.DataFrame) -> list[int]:
    """The number of removed heads, line by line: 12 for ``12 heads at random``."""
    return [int(str(target).split()[0]) for target in table["target"]]


def kept_table(run: Run) -> Table:
    """The head that is kept in each layer, with the change of accuracy and the loss in nats."""
    raw = pick(run, "pruning", CHANGE, f"{KEPT}{ADJUSTED}")
    raw = raw.merge(pick(run, "pruning", EFFECT, f"{KEPT}{ADJUSTED}"), on=["layer", "head"], suffixes=("", "_nats"))
    ends = ("value", "ci_low", "ci_high")
    raw = raw[["layer", "head", *(f"{end}{of}" for of in ("", "_nats") for end in ends), "n_sentences"]]
    text = pd.DataFrame({"layer": raw["layer"].astype(str), "head that is kept": head_names(raw)})
    text["change of accuracy"] = with_intervals(raw, "value", CHANGE, "ci_low", "ci_high")
    text["loss (nats)"] = with_intervals(raw, "value_nats", EFFECT, "ci_low_nats", "ci_high_nats")
    note = (
        "Of each layer only the head is kept that loses least on dev; all others of that layer are replaced (Michel et "
        "al. 2019). Scores are of test; the intervals of a column hold for all layers at once."
    )
    return Table("kept_heads", "Only the best head of a layer", note, raw, text)


def pruned_table(run: Run) -> Table:
    """Accuracy by the number of removed heads, in both orders."""
    raw = pd.concat(
        [changes(run, order, metric).assign(order=order) for order in ORDERS for metric in (ACCURACY, EFFECT)]
    )
    raw = raw[["order", "metric", "removed", "value", "ci_low", "ci_high", "n_items", "n_sentences"]]
    text = pd.DataFrame({"heads removed": sorted(raw["removed"].unique())}).astype(str)
    for order in ORDERS:
        for metric, label in ((ACCURACY, "accuracy"), (EFFECT, "loss (nats)")):
            lines = raw[(raw["order"] == order) & (raw["metric"] == metric)]
            text[f"{label}, {order}"] = with_intervals(lines, "value", metric, "ci_low", "ci_high")
    note = (
        "Heads are removed in all layers at once, up to the layer that is read. Importance: how much the score of dev "
        "changes when a head is scaled (the mean of |d score / d gate| over sentences, of length 1 in every layer)."
    )
    return Table(
        "pruning", "Accuracy by the number of removed heads", note, raw.reset_index(drop=True), text, folded=True
    )


def write_kept(run: Run, stem: Path) -> list[Path]:
    """Change of accuracy of each layer with its best head alone, with intervals for all layers at once."""
    table = pick(run, "pruning", CHANGE, f"{KEPT}{ADJUSTED}").sort_values("layer")
    layers = table["layer"].to_list()
    with figure(4.6, 3.2) as made:
        axes = made.subplots()
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.vlines(layers, table["ci_low"], table["ci_high"], color=VERMILION, linewidth=1.2)
        axes.plot(layers, table["value"], "o", color=VERMILION, markersize=4)
        for layer, value, head in zip(layers, table["value"], table["head"], strict=True):
            axes.annotate(str(head), (layer, value), (5, 3), textcoords="offset points", fontsize=7, color=GREY)
        layer_ticks(axes, layers, LAYERS_OF_ATTENTION)
        axes.set_ylabel("change of accuracy")
        shows = "accuracy with one head of the layer minus accuracy with all of them; grey: the head that is kept"
        titled(made, heading(run), f"{shows}; bars: 95 % intervals for all layers at once")
        return save(made, stem, drawn(table))


def write_pruning(run: Run, stem: Path) -> list[Path]:
    """Accuracy by the number of removed heads, by importance and at random; dotted: with all heads."""
    curves = {order: changes(run, order, ACCURACY) for order in ORDERS}
    with figure(4.6, 3.4) as made:
        axes = made.subplots()
        for order, curve in curves.items():
            colour, marker = ORDERS[order]
            number = curve["removed"].to_list()
            interval_band(axes, number, (curve["ci_low"], curve["ci_high"]), colour)
            axes.plot(number, curve["value"], color=colour, marker=marker, markersize=4, linewidth=1.4, label=order)
        intact = curves["by importance"]["value"].iloc[0]
        axes.axhline(intact, color=GREY, linewidth=1.0, linestyle=":", label="with all heads")
        axes.set(xlabel="number of heads removed", ylabel="accuracy")
        legend_below(made)
        titled(made, heading(run), "accuracy when heads are replaced, the least important first; bands: 95 % intervals")
        return save(made, stem, drawn(pd.concat(curves.values())))
