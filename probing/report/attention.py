"""Figures of the attention stage: maps and rollout of a sentence, heads at a glance and how alike they are."""

from pathlib import Path

import numpy as np
import pandas as pd

from probing.report.effects import LAYERS, write_effects, write_explain
from probing.report.load import Run, heading
from probing.report.shown import grid
from probing.report.style import BLUE, GREY, INK, MARKERS, SERIES, figure, save, titled

STATISTICS = {
    "entropy_share": "entropy ÷ that of uniform attention",
    "max_weight": "largest weight",
    "distance_subwords": "mean distance (subwords)",
    "mass_sep": "mass on [SEP]",
    "mass_first": "mass on the first position",
    "mass_previous": "mass on the previous subword",
}


def write_attention(run: Run, target: Path) -> list[Path]:
    """Write every figure that the run has numbers for; none if it has no attention stage."""
    if run.attention.empty:
        return []
    paths: list[Path] = []
    if "example0/rollout" in run.arrays:
        paths += write_rollout(run, target / "rollout")
    if "head/map" in run.arrays:
        paths += write_head(run, target / "head")
    if not rows(run, "attention", "entropy_nats").empty:
        paths += write_grid(run, target / "heads") + write_entropy(run, target / "entropy")
    if "redundancy/map" in run.arrays:
        paths += write_map(run, target / "headmap") + write_cka(run, target / "cka")
    if (run.attention["probe"] == "explain").any():
        paths += write_explain(run, target / "explain")
    if run.attention["metric"].eq("effect_nats").any():
        paths += write_effects(run, target / "ablation")
    return paths


def rows(run: Run, probe: str, metric: str, target: str = "all") -> pd.DataFrame:
    """Attention rows of one method, metric and target on test."""
    table = run.attention
    return table[
        (table["probe"] == probe)
        & (table["metric"] == metric)
        & (table["target"] == target)
        & (table["split"] == "test")
    ]


def write_rollout(run: Run, stem: Path) -> list[Path]:
    """Rollout up to each layer for one sentence: how much of each input token (columns) reaches each position."""
    from matplotlib.colors import PowerNorm

    rolled, tokens = run.arrays["example0/rollout"], [str(t) for t in run.arrays["example0/tokens"]]
    n_layers, n = len(rolled), len(tokens)
    shown = np.unique(np.linspace(0, n_layers - 1, min(6, n_layers)).round().astype(int))
    columns = min(3, len(shown))
    lines = -(-len(shown) // columns)
    side = 0.6 + 0.145 * n
    with figure(0.9 + columns * side, 0.9 + lines * (side + 0.15)) as made:
        panels = made.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axes in panels.flat[len(shown) :]:
            axes.set_visible(False)
        for axes, layer in zip(panels.flat, shown, strict=False):
            image = axes.imshow(rolled[layer], cmap="Blues", norm=PowerNorm(0.5, 0, float(rolled.max())))
            axes.set_title(f"layer {layer + 1}", fontsize=8.5, color=INK)
            axes.set_xticks(range(n), tokens, rotation=90, fontsize=6.5)
            axes.set_yticks(range(n), tokens, fontsize=6.5)
        made.colorbar(image, ax=panels, shrink=0.6, label="share of the input token (square-root scale)")
        titled(made, heading(run), "attention rollout of one test sentence; rows: positions, columns: input tokens")
        return save(made, stem)


def write_head(run: Run, stem: Path) -> list[Path]:
    """One head's map for one sentence, with the numbers that are at least .05."""
    weights, tokens = run.arrays["head/map"].astype(float), [str(t) for t in run.arrays["head/tokens"]]
    n = len(tokens)
    side = 1.6 + 0.27 * n
    with figure(side + 0.8, side + 0.5) as made:
        axes = made.subplots()
        image = axes.imshow(weights, cmap="Blues", vmin=0, vmax=1)
        for i, j in zip(*np.nonzero(weights >= 0.05), strict=True):
            colour = "white" if weights[i, j] > 0.55 else INK
            axes.text(j, i, f"{weights[i, j]:.2f}"[1:], ha="center", va="center", fontsize=5.5, color=colour)
        axes.set_xticks(range(n), tokens, rotation=90, fontsize=7)
        axes.set_yticks(range(n), tokens, fontsize=7)
        axes.set(xlabel="attended token (key)", ylabel="attending token (query)")
        made.colorbar(image, ax=axes, shrink=0.6, label="attention weight")
        titled(made, heading(run), str(run.arrays["head/title"]))
        return save(made, stem)


def write_grid(run: Run, stem: Path) -> list[Path]:
    """All heads by a few statistics: layers downwards, heads across."""
    found = {name: grid(rows(run, "attention", name)) for name in STATISTICS}
    found = {name: matrix for name, matrix in found.items() if matrix.size}
    columns = min(3, len(found))
    lines = -(-len(found) // columns)
    n_layers, n_heads = next(iter(found.values())).shape
    with figure(0.4 + columns * (1.3 + 0.1 * n_heads), 0.8 + lines * (0.9 + 0.13 * n_layers)) as made:
        panels = made.subplots(lines, columns, squeeze=False)
        for axes in panels.flat[len(found) :]:
            axes.set_visible(False)
        for axes, (name, matrix) in zip(panels.flat, found.items(), strict=False):
            image = axes.imshow(matrix, cmap="Blues", vmin=0, aspect="auto")
            axes.set_title(STATISTICS[name], fontsize=8, color=INK)
            axes.set_yticks(range(0, n_layers, 1 + n_layers // 13), range(1, n_layers + 1, 1 + n_layers // 13))
            axes.set(xlabel="head", ylabel="layer")
            made.colorbar(image, ax=axes)
        titled(made, heading(run), f"mean over queries of {counted(run)}")
        return save(made, stem)


def write_entropy(run: Run, stem: Path) -> list[Path]:
    """Entropy of every head, and the mean of each layer with its interval over sentences."""
    table = rows(run, "attention", "entropy_nats")
    mean = table.groupby("layer")[["value", "ci_low", "ci_high"]].mean()
    layers = mean.index.to_list()
    with figure(5.6, 3.4) as made:
        axes = made.subplots()
        axes.plot(table["layer"], table["value"], "o", color=GREY, markersize=3, alpha=0.6, label="one head")
        axes.fill_between(layers, mean["ci_low"], mean["ci_high"], color=BLUE, alpha=0.18, linewidth=0)
        axes.plot(layers, mean["value"], "o-", color=BLUE, markersize=4.5, linewidth=1.6, label="mean over heads")
        axes.set(xlabel=LAYERS, ylabel="entropy of attention (nats)", xticks=layers)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        titled(made, heading(run), f"mean over queries of {counted(run)}; band: mean of the heads' 95 % intervals")
        return save(made, stem)


def write_map(run: Run, stem: Path) -> list[Path]:
    """Heads placed so that those which attend alike are near: multidimensional scaling of their JS distances."""
    places, groups = run.arrays["redundancy/map"], run.arrays["redundancy/cluster"]
    n_heads = int(run.arrays["redundancy/heads"])
    with figure(5.6, 4.6) as made:
        axes = made.subplots()
        for number, group in enumerate(np.unique(groups)):
            inside = groups == group
            colour, marker = SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]
            axes.plot(*places[inside].T, marker, color=colour, markersize=5, linestyle="", label=f"group {group}")
        for index, (x, y) in enumerate(places):
            label = f"{index // n_heads + 1}.{index % n_heads}"
            axes.annotate(label, (x, y), (3, 3), textcoords="offset points", fontsize=5.5, color=INK)
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.legend(frameon=False, fontsize=7)
        titled(
            made, heading(run), "heads (layer.head) by Jensen–Shannon distance of their attention; groups: clustering"
        )
        return save(made, stem)


def write_cka(run: Run, stem: Path) -> list[Path]:
    """How alike the vectors of every two layers are."""
    matrix = run.arrays["redundancy/cka"]
    n = len(matrix)
    with figure(2.2 + 0.33 * n, 1.6 + 0.33 * n) as made:
        axes = made.subplots()
        image = axes.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
        for i, j in np.ndindex(matrix.shape) if n <= 14 else ():
            colour = "white" if matrix[i, j] > 0.55 else INK
            axes.text(j, i, f"{matrix[i, j]:.2f}", ha="center", va="center", fontsize=6, color=colour)
        axes.set(xlabel="layer (0 = embedding output)", ylabel="layer", xticks=range(n), yticks=range(n))
        made.colorbar(image, ax=axes, shrink=0.7)
        titled(made, heading(run), "linear CKA between layers, on words of test")
        return save(made, stem)


def counted(run: Run) -> str:
    """What head statistics are means over."""
    row = rows(run, "attention", "entropy_nats").iloc[0]
    return f"{row['n_sentences']:,} test sentences"
