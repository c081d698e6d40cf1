"""Heads and syntactic relations: the head that dev chose for each, and one head's map."""

from pathlib import Path

import numpy as np

from probing.report.head_tables import head_table
from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section
from probing.report.style import INK, figure, save, titled

NOTE = (
    "How often the strongest other word of a word is the right one. Head (layer.head) and offset were chosen on dev "
    "and scored on test; the gain of the head over the offset is paired over sentences. An association."
)


def section(run: Run) -> Section:
    """The table of relations, and the map of the head that gains most."""
    table = head_table(run, "syntax", "Heads and syntactic relations", NOTE)
    figures = []
    if "head/map" in run.arrays:
        figures = [Figure("head", "One head, with the weights that are at least .05.", write_head)]
    sample = str(run.facts("syntax").get("sample", ""))
    return Section("Syntactic relations", tables=[table] if table else [], figures=figures, sample=sample)


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
