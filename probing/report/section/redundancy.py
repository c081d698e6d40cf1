"""Heads with similar attention, and layers with similar vectors."""

from pathlib import Path

import numpy as np
import pandas as pd

from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section
from probing.report.style import INK, LAYER_AXIS, MAP, MARKERS, SERIES, figure, legend_below, save, titled

HEAD_MAP = "heads that are close to each other attend to similar tokens, heads that are far apart to different ones."
CKA = "dark blocks along the diagonal are layers whose vectors hardly change; a light border between them is a change."


def section(run: Run) -> Section:
    """A map of heads, if there are several, and linear CKA between every two layers."""
    figures, facts = [], run.facts("redundancy")
    if "redundancy/map" in run.arrays:
        caption = (
            f"A map of heads by how similar their attention is. Kruskal's stress of the map: {facts['map_stress']:.2f} "
            "(0: the map shows all distances exactly)."
        )
        figures.append(Figure("headmap", caption, write_map, HEAD_MAP))
    if "redundancy/cka" in run.arrays:
        caption = "Similarity of the vectors of every two layers: linear CKA (1: equal up to rotation and scale)."
        if np.isnan(run.arrays["redundancy/cka"]).any():
            caption += " –: not defined, because all vectors of a layer are equal, as those of [CLS] in layer 0."
        figures.append(Figure("cka", caption, write_cka, CKA))
    sample = f"heads: {facts['heads']}; layers: {facts['vectors']}" if figures else ""
    return Section("Redundancy", figures=figures, sample=sample)


def write_map(run: Run, stem: Path) -> list[Path]:
    """Multidimensional scaling of the Jensen-Shannon distances between heads, each with its cluster."""
    places, groups = run.arrays["redundancy/map"], run.arrays["redundancy/cluster"]
    n_heads = int(run.arrays["redundancy/heads"])
    layers = run.arrays.get("redundancy/layers", np.arange(1, len(places) + 1))  # older runs: of all blocks
    heads = [f"{layers[index // n_heads]}.{index % n_heads}" for index in range(len(places))]
    with figure(6.4, 5.4, lower=MAP) as made:
        axes = made.subplots()
        for number, group in enumerate(np.unique(groups)):
            inside = groups == group
            colour, marker = SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]
            axes.plot(*places[inside].T, marker, color=colour, alpha=0.3, linestyle="", label=f"cluster {group}")
        for name, (x, y) in zip(heads, places, strict=True):
            axes.text(x, y, name, fontsize=5.5, color=INK, ha="center", va="center")
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.spines[["left", "bottom"]].set_visible(False)  # only distances have a meaning
        legend_below(made)
        what = "heads (layer.head) by Jensen–Shannon distance of their attention; average-linkage clusters"
        titled(made, heading(run), what)
        return save(made, stem, pd.DataFrame({"head": heads, "x": places[:, 0], "y": places[:, 1], "cluster": groups}))


def write_cka(run: Run, stem: Path) -> list[Path]:
    """Linear CKA between the vectors of every two layers, (L + 1, L + 1), as a heatmap."""
    matrix = run.arrays["redundancy/cka"]
    n = len(matrix)
    with figure(2.2 + 0.33 * n, 1.6 + 0.33 * n, lower=MAP) as made:
        axes = made.subplots()
        image = axes.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
        for i, j in np.ndindex(matrix.shape) if n <= 14 else ():
            colour = "white" if matrix[i, j] > 0.55 else INK
            text = f"{matrix[i, j]:.2f}" if np.isfinite(matrix[i, j]) else "–"  # none for vectors that are all equal
            axes.text(j, i, text, ha="center", va="center", fontsize=6, color=colour)
        axes.set(xlabel=LAYER_AXIS, ylabel="layer", xticks=range(n), yticks=range(n))
        made.colorbar(image, ax=axes, shrink=0.7, label="linear CKA")
        titled(made, heading(run), str(run.facts("redundancy")["vectors"]))
        return save(made, stem, pd.DataFrame(matrix).rename_axis("layer").reset_index())
