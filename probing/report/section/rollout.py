"""Attention rollout: its mass on heads and special subwords by layer, and one sentence as a picture."""

from pathlib import Path

import numpy as np
import pandas as pd

from probing.report.load import Run, heading
from probing.report.look import look
from probing.report.section_parts import Figure, Section, Table, by_layer, map_data, named, pick, sample_of
from probing.report.style import INK, ROWS, columns_for, figure, save, titled, token_axes

METRICS = {
    "mass_on_gold_head": "mass on the gold head",
    "mass_on_matched_word": "on a matched word",
    "gold_head_over_matched_word": "gold head ÷ matched word",
    "gold_head_over_mirror_word": "gold head ÷ mirror word",
    "rollout_entropy_nats": "entropy (nats)",
    "mass_on_special": "mass on special subwords",
    "mass_on_sink": "mass on sinks",
}
NOTE = "Rollout from layer 1 up to each layer. "
GOLD_NOTE = (
    "The row of a word is the mean over its subwords; the mass on a word is the sum over its subwords. Matched word: "
    "near words get more mass in any case. So the mass on the head is divided by the mean mass on a word at the same "
    "distance and on the same side, where that is not the head, in sentences of about the same length (at most 1.2 "
    "times as many words). Mirror word: as far away as the head, on the other side; this ratio is over the words that "
    "have one. All words except roots count, also punctuation. "
)
ASSOCIATION = "Rollout shows where information may pass: an association."
READING = (
    "a row is a position in the layer, a column an input token; dark cells show which inputs can reach the position. A "
    "dark column is a token that reaches all positions."
)


def section(run: Run) -> Section:
    """One table by layer; the rollout of one sentence."""
    table = pd.concat([pick(run, "rollout", metric) for metric in METRICS])
    figures = []
    if "example0/rollout" in run.arrays:
        figures = [
            Figure(
                "rollout", "Attention rollout of one sentence, from layer 1 up to each layer.", write_rollout, READING
            )
        ]
    of_heads = GOLD_NOTE if table["metric"].str.startswith("mass_on_gold").any() else ""  # only trees have heads
    note = f"{NOTE}{of_heads}{ASSOCIATION}"
    tables = [Table("rollout", "Rollout by layer", note, *by_layer(table, METRICS))] if len(table) else []
    return Section("Attention rollout", tables=tables, figures=figures, sample=sample_of(run, "rollout"))


def write_rollout(run: Run, stem: Path) -> list[Path]:
    """Rollout of one sentence up to at most six layers: the share of each input token (columns) at each position."""
    from matplotlib.colors import PowerNorm

    rolled, tokens = run.arrays["example0/rollout"], [str(t) for t in run.arrays["example0/tokens"]]
    text = str(run.arrays.get("example0/text", ""))
    n_layers, n = len(rolled), len(tokens)
    layers = run.arrays.get("example0/layers", np.arange(1, n_layers + 1))  # older runs: of all blocks
    shown = np.unique(np.linspace(0, n_layers - 1, min(6, n_layers)).round().astype(int))
    side = 0.6 + 0.145 * n
    columns = columns_for(len(shown), side, most=3)
    lines = -(-len(shown) // columns)
    width_in, _ = look().size(0.9 + columns * side, 1.0, ROWS)
    cell_in = (width_in - 1.5) / columns / n
    with figure(0.9 + columns * side, 0.9 + lines * (n * cell_in + 0.35), lower=ROWS) as made:
        panels = made.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axes in panels.flat[len(shown) :]:
            axes.set_visible(False)
        for axes, layer in zip(panels.flat, shown, strict=False):
            image = axes.imshow(rolled[layer], cmap="Blues", norm=PowerNorm(0.5, 0, float(rolled.max())))
            axes.set_title(f"layer {layers[layer]}", fontsize=8.5, color=INK)
            token_axes(axes, tokens, min(6.5, 60 * cell_in), text)
        made.colorbar(image, ax=panels, shrink=0.6, label="share of the input token\n(square-root scale)")
        what = f"attention rollout of {named(run, 'example0/sentence')}; rows: positions, columns: input tokens"
        titled(made, heading(run), what)
        return save(made, stem, map_data(rolled[shown], tokens, layers[shown]))
