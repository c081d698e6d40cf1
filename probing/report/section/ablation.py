"""Ablation: the loss of the output without one head, and without several heads at once."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.report.load import Run, heading
from probing.report.section_parts import (
    Figure,
    Section,
    Table,
    drawn,
    grid,
    head_names,
    pick,
    sample_of,
    with_intervals,
)
from probing.report.style import BLUE, INK, VERMILION, columns_for, figure, legend_below, save, titled
from probing.result.simultaneous import ADJUSTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 15  # heads that the page lists
READING = (
    "red: the output gets worse without this head; blue: it gets better; the table says which effects are clear. Where "
    "the loss of several heads together is larger than the sum of single losses, these heads can replace each other."
)


def section(run: Run) -> Section:
    """Heads by their effect as a table and a figure."""
    table = pick(run, "ablation", "effect_nats")
    if table.empty:
        return Section("Ablation")
    caption = (
        "Left: loss without one head; a dot marks a head whose 95 % interval, for all heads at once, excludes 0. "
        "Right: loss without several heads at once, and the sum of their single losses."
    )
    figures = [Figure("ablation", caption, write_effects, READING)]
    return Section("Ablation", tables=[effects(run)], figures=figures, sample=sample(run))


def sample(run: Run) -> str:
    """The sentences, and what was replaced by what."""
    facts = run.facts("ablation")
    ways = {"replacement": "the output of a head is replaced by {}", "predicts": "the output predicts {}"}
    stated = [way.format(facts[name]) for name, way in ways.items() if name in facts]
    return "; ".join([sample_of(run, "ablation"), *stated])


def effects(run: Run) -> Table:
    """The heads with the clearest effects on test: those whose simultaneous interval has the highest lower end."""
    table = pick(run, "ablation", "effect_nats")
    table = table[table["head"].notna()].set_index(["layer", "head"])
    joint = table["probe"].str.endswith(ADJUSTED)
    raw = table.loc[~joint, ["value", "ci_low", "ci_high", "n_sentences"]]
    for end in ("low", "high"):
        raw[f"joint_{end}"] = table.loc[joint, f"ci_{end}"].reindex(raw.index)
    raw = raw.sort_values(["joint_low", "value"], ascending=False).reset_index()
    top = raw.head(MOST)
    text = pd.DataFrame({"head": head_names(top)})
    text["effect (nats)"] = with_intervals(top, "value", "effect_nats", "joint_low", "joint_high")
    above = int((raw["joint_low"] > 0).sum())
    note = (
        "Effect: how much log-probability the correct label loses when the output of this head is replaced (nats; "
        f"measured on {output_of(run)}). This is an intervention. Intervals are simultaneous: with 95 % probability, "
        f"all of them contain the true values. {above} of {len(raw)} heads have an interval above 0. Shown: the "
        f"{len(top)} heads with the highest lower ends of their intervals; the CSV file has all."
    )
    return Table("effects", "Heads by effect", note, raw, text)


def write_effects(run: Run, stem: Path) -> list[Path]:
    """Loss without each head alone; loss without the first k heads of the ranking on dev at once.

    A dot marks the heads whose simultaneous interval excludes 0.
    """
    table = pick(run, "ablation", "effect_nats")
    adjusted = table["probe"].str.endswith(ADJUSTED)
    single, joint = grid(table[~adjusted]), table[table["probe"] == "ablation_joint"]
    columns = columns_for(2, 3.6, most=2)
    with figure(3.6 + 0.16 * single.shape[1] + 2.6, 3.8 if columns == 2 else 6.8) as made:
        left, right = made.subplots(2 // columns, columns).flat
        draw_single(left, single, excluding_zero(table[adjusted], single))
        draw_joint(right, joint)
        legend_below(made)
        shows = f"effect of ablation on {output_of(run)}; bars: 95 % intervals"
        if adjusted.any():
            shows += "; dots: the 95 % interval, for all heads at once, excludes 0"
        titled(made, heading(run), shows)
        return save(made, stem, drawn(table))


def excluding_zero(adjusted: pd.DataFrame, like: pd.DataFrame) -> NDArray[np.bool_]:
    """Which heads of the matrix ``like`` (L, H) have a simultaneous interval that is all above, or all below, 0."""
    if adjusted.empty:
        return np.zeros(like.shape, dtype=bool)
    clear = adjusted.assign(value=((adjusted["ci_low"] > 0) | (adjusted["ci_high"] < 0)).astype(float))
    return np.asarray(grid(clear).reindex(index=like.index, columns=like.columns) == 1)


def draw_single(axes: "Axes", effects: pd.DataFrame, marked: NDArray[np.bool_]) -> None:
    """The effect of each head as a colour, with a dot in the cells that are ``marked``."""
    limit = float(np.abs(effects.to_numpy()).max()) or 1.0
    image = axes.imshow(effects, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    lines, columns = np.nonzero(marked)
    axes.plot(columns, lines, "o", color=INK, markeredgecolor="white", markersize=4, markeredgewidth=0.7, linestyle="")
    axes.set_yticks(range(len(effects)), effects.index.astype(str).tolist())
    axes.locator_params(axis="x", integer=True)
    axes.set(xlabel="head", ylabel="layer")
    axes.set_title("one head removed", fontsize=8.5, color=INK)
    figure = axes.get_figure()
    assert figure is not None
    figure.colorbar(image, ax=axes, pad=0.03, label="effect (nats)")


def draw_joint(axes: "Axes", joint: pd.DataFrame) -> None:
    """The effect of several heads at once, and the sum of their single effects, by their number."""
    for target, colour, marker in (("together", VERMILION, "o"), ("sum of single", BLUE, "s")):
        line = joint[joint["target"].str.endswith(target)]
        axes.vlines(taken_out(line), line["ci_low"], line["ci_high"], color=colour, linewidth=1.2)
        name = "removed together" if target == "together" else "sum of their single effects"
        axes.plot(taken_out(line), line["value"], color=colour, marker=marker, markersize=4, linewidth=1.4, label=name)
    axes.set_title("several heads removed", fontsize=8.5, color=INK)
    axes.set(xlabel="number of heads, by rank on dev", ylabel="effect (nats)", xscale="log")
    ks = sorted(set(taken_out(joint)))
    axes.set_xticks(ks, [str(k) for k in ks])
    axes.minorticks_off()


def taken_out(joint: pd.DataFrame) -> list[int]:
    """The number of heads that were taken out at once, line by line: 4 for ``top 4 together``."""
    return [int(str(target).split()[1]) for target in joint["target"]]


def output_of(run: Run) -> str:
    """The output whose loss was measured when heads were taken out."""
    return str(run.facts("ablation").get("output", "the output"))
