"""Heads that attend alike, and layers that hold similar vectors."""

from pathlib import Path

import numpy as np

from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section
from probing.report.style import INK, MARKERS, SERIES, figure, save, titled


def section(run: Run) -> Section:
    """A map of heads, and linear CKA of every two layers."""
    if "redundancy/map" not in run.arrays:
        return Section("Redundancy")
    facts = run.facts("redundancy")
    caption = f"Heads that attend alike are near each other (stress {facts['map_stress']:.2f})."
    figures = [
        Figure("headmap", caption, write_map),
        Figure("cka", "How alike the vectors of two layers are (linear CKA).", write_cka),
    ]
    return Section("Redundancy", figures=figures, sample=f"heads on {facts['heads']}; layers on {facts['vectors']}")


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
        what = "heads (layer.head) by Jensen–Shannon distance of their attention; groups: clustering"
        titled(made, heading(run), what)
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
        titled(made, heading(run), f"linear CKA between layers, on {run.facts('redundancy')['vectors']}")
        return save(made, stem)
