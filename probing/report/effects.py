"""Figures of interventions: what ablation costs, and whether attention scores would have told."""

from pathlib import Path
from typing import Any

import numpy as np

from probing.report.load import Run, heading
from probing.report.shown import grid
from probing.report.style import BLUE, GREY, INK, MARKERS, SERIES, VERMILION, figure, save, titled

LAYERS = "layer (inside block ℓ)"


def write_explain(run: Run, stem: Path) -> list[Path]:
    """Rank correlation of attention scores with blank-out and gradient scores, layer by layer."""
    table = run.attention[(run.attention["probe"] == "explain") & (run.attention["metric"] == "spearman")]
    references = sorted({str(t).partition(" × ")[2] for t in table["target"]})
    with figure(0.6 + 3.0 * len(references), 3.4) as made:
        panels = made.subplots(1, len(references), sharey=True, squeeze=False)[0]
        for axes, reference in zip(panels, references, strict=True):
            present = {str(t) for t in table["target"]}
            names = [f"{score} × {reference}" for score in ("raw", "rollout", "flow", "norm", "value zeroing")]
            for number, name in enumerate(name for name in names if name in present):
                line = table[table["target"] == name].sort_values("layer")
                layers, colour = line["layer"].to_list(), SERIES[number % len(SERIES)]
                low, high = (line[side].to_numpy(dtype=float) for side in ("ci_low", "ci_high"))
                axes.fill_between(layers, low, high, color=colour, alpha=0.15, linewidth=0)
                label = name.partition(" × ")[0]
                axes.plot(layers, line["value"], marker=MARKERS[number], color=colour, markersize=4, label=label)
            axes.axhline(0, color=GREY, linewidth=0.8)
            axes.set_title(f"with {reference}", fontsize=8.5, color=INK)
            axes.set(xlabel=LAYERS, xticks=sorted(table["layer"].unique()))
        panels[0].set_ylabel("Spearman ρ, mean over sentences")
        panels[-1].legend(frameon=False, fontsize=7)
        titled(made, heading(run), "do attention scores rank tokens as effects do? bands: 95 % interval over sentences")
        return save(made, stem)


def write_effects(run: Run, stem: Path) -> list[Path]:
    """What the output loses without a head, head by head; and without the k most important at once."""
    table = run.attention[run.attention["metric"] == "effect_nats"]
    single = table[table["head"].notna() & (table["split"] == "test")]
    joint = table[table["probe"] == "ablation_joint"]
    matrix = grid(single)
    limit = float(np.abs(matrix).max()) or 1.0
    with figure(3.6 + 0.16 * matrix.shape[1] + 2.6, 3.6) as made:
        left, right = made.subplots(1, 2)
        image = left.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
        left.set_yticks(range(len(matrix)), range(1, len(matrix) + 1))
        left.set(xlabel="head", ylabel="layer")
        made.colorbar(image, ax=left, label="lost log-probability (nats)")
        for target, colour, marker in (("together", VERMILION, "o"), ("sum of single", BLUE, "s")):
            line = joint[joint["target"].str.endswith(target)]
            taken = [int(str(t).split()[1]) for t in line["target"]]
            ends = np.abs(line[["ci_low", "ci_high"]].to_numpy(dtype=float).T - line["value"].to_numpy(dtype=float))
            style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.4}
            right.errorbar(taken, line["value"], yerr=ends, label=target, capsize=2, **style)
        right.set(xlabel="heads taken out, by rank on dev", ylabel="effect (nats)", xscale="log")
        ks = sorted({int(str(t).split()[1]) for t in joint["target"]})
        right.set_xticks(ks, [str(k) for k in ks])
        right.minorticks_off()
        right.legend(frameon=False)
        titled(made, heading(run), f"effect of ablation on {effect_target(run)}")
        return save(made, stem)


def effect_target(run: Run) -> str:
    """What was measured when heads were taken out."""
    return str(run.manifest.get("attention", {}).get("output", "the output"))
