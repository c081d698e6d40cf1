"""Heads and syntactic relations: the head chosen on dev for each relation, and the map of one head."""

from pathlib import Path

import numpy as np

from probing.report.head_tables import FAMILY, head_table, surviving
from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section, map_data, named, sample_of
from probing.report.style import INK, MAP, figure, save, titled, token_axes

NOTE = (
    "Here “gold head” is the word on which a dependent depends, and “head” an attention head. Accuracy of dep→head: "
    "how often a dependent gives its largest weight (to another word) to its gold head. Of head→dep: how often a "
    "gold head gives its largest weight to such a dependent. Of head→dep (transposed): how often the word that "
    "gives a dependent the largest weight is its gold head; Clark et al. (2019) count this direction so. The head "
    "(layer.head) and the best fixed offset (such as: always the word to the left) were chosen on dev and scored on "
    "test. Random word: the expected accuracy of a random other word. This is an association, not an effect. "
    f"{FAMILY}"
)

READING = "a row is the word that attends, a column the word that it attends to; each row adds up to 1."


def section(run: Run) -> Section:
    """The table of relations, those whose gain survives the number of relations, and the map of one head."""
    table = head_table(run, "syntax", "Heads and syntactic relations", NOTE)
    figures = []
    if "head/map" in run.arrays:
        figures = [
            Figure(
                "head",
                "Attention weights of one head; weights from .05 on are written as numbers.",
                write_head,
                READING,
            )
        ]
    tables, sentences = ([table], surviving(table, "relations")) if table else ([], [])
    return Section("Syntactic relations", sentences, tables, figures, sample=sample_of(run, "syntax"))


def write_head(run: Run, stem: Path) -> list[Path]:
    """The map of one head for one sentence; weights of at least .05 are also written as numbers."""
    weights, tokens = run.arrays["head/map"].astype(float), [str(t) for t in run.arrays["head/tokens"]]
    side = 1.6 + 0.27 * len(tokens)
    with figure(side + 0.8, side + 0.5, lower=MAP) as made:
        axes = made.subplots()
        image = axes.imshow(weights, cmap="Blues", vmin=0, vmax=1)
        for i, j in zip(*np.nonzero(weights >= 0.05), strict=True):
            colour = "white" if weights[i, j] > 0.55 else INK
            axes.text(j, i, f"{weights[i, j]:.2f}"[1:], ha="center", va="center", fontsize=5.5, color=colour)
        token_axes(axes, tokens, 7, str(run.arrays.get("head/text", "")))
        axes.set(xlabel="attended token (key)", ylabel="attending token (query)")
        made.colorbar(image, ax=axes, shrink=0.6, label="attention weight")
        title = str(run.arrays["head/title"])
        known = "head/sentence" in run.arrays  # older runs say only that it is one sentence
        titled(made, heading(run), f"{title}; {named(run, 'head/sentence')}" if known else title)
        return save(made, stem, map_data(weights[None], tokens))
