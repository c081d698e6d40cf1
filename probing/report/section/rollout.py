"""Rollout: where it ends up layer by layer, and one sentence as a picture."""

from pathlib import Path

import numpy as np

from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section, Table, by_layer
from probing.report.style import INK, figure, save, titled

METRICS = {
    "mass_on_gold_head": "mass on the gold head",
    "mass_on_other_word": "mass on another word",
    "rollout_entropy_nats": "entropy (nats)",
    "mass_on_special": "mass on special subwords",
}


def section(run: Run) -> Section:
    """One table by layer; the rollout of one sentence."""
    table = run.of("rollout")
    note = "A row of rollout per word, its columns summed over the subwords of each word, up to each layer."
    raw, text = by_layer(table, METRICS)
    figures = []
    if "example0/rollout" in run.arrays:
        figures = [Figure("rollout", "Attention rollout of one sentence, up to each layer.", write_rollout)]
    tables = [Table("rollout", "Rollout by layer", note, raw, text)] if len(table) else []
    return Section(
        "Attention rollout", tables=tables, figures=figures, sample=str(run.facts("rollout").get("sample", ""))
    )


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
