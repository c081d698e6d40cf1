"""Ablation: what the output loses without a head, and without several heads at once."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section, Table, grid, head_names, pick, with_intervals
from probing.report.style import BLUE, VERMILION, figure, save, titled

MOST = 15  # heads that the page lists


def section(run: Run) -> Section:
    """Heads by their effect, and the effects as pictures."""
    table = pick(run, "ablation", "effect_nats")
    if table.empty:
        return Section("Ablation")
    figures = [Figure("ablation", "What the output loses without a head, and without several at once.", write_effects)]
    sample = str(run.facts("ablation")["sample"])
    return Section("Ablation", tables=[effects(run)], figures=figures, sample=sample)


def effects(run: Run) -> Table:
    """The heads whose loss costs most, on test."""
    table = pick(run, "ablation", "effect_nats")
    table = table[table["head"].notna()].sort_values("value", ascending=False)
    raw = table[["layer", "head", "value", "ci_low", "ci_high", "n_sentences"]].reset_index(drop=True)
    top = raw.head(MOST)
    text = pd.DataFrame({"head": head_names(top)})
    text["effect (nats)"] = with_intervals(top, "value", "effect_nats", "ci_low", "ci_high")
    note = (
        f"What {output_of(run)} loses in log-probability of the gold label when the head is replaced: an intervention. "
        f"The {len(top)} largest of {len(raw)}; all: tables/effects.csv."
    )
    return Table("effects", "Heads by effect", note, raw, text)


def write_effects(run: Run, stem: Path) -> list[Path]:
    """What the output loses without a head, head by head; and without the k most important at once."""
    table = pick(run, "ablation", "effect_nats")
    joint = table[table["probe"] == "ablation_joint"]
    matrix = grid(table)
    limit = float(np.abs(matrix).max()) or 1.0
    with figure(3.6 + 0.16 * matrix.shape[1] + 2.6, 3.6) as made:
        left, right = made.subplots(1, 2)
        image = left.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
        left.set_yticks(range(len(matrix)), range(1, len(matrix) + 1))
        left.set(xlabel="head", ylabel="layer")
        made.colorbar(image, ax=left, label="lost log-probability (nats)")
        for target, colour, marker in (("together", VERMILION, "o"), ("sum of single", BLUE, "s")):
            line = joint[joint["target"].str.endswith(target)]
            ends = np.abs(line[["ci_low", "ci_high"]].to_numpy(dtype=float).T - line["value"].to_numpy(dtype=float))
            style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.4}
            right.errorbar(taken_out(line), line["value"], yerr=ends, label=target, capsize=2, **style)
        right.set(xlabel="heads taken out, by rank on dev", ylabel="effect (nats)", xscale="log")
        ks = sorted(set(taken_out(joint)))
        right.set_xticks(ks, [str(k) for k in ks])
        right.minorticks_off()
        right.legend(frameon=False)
        titled(made, heading(run), f"effect of ablation on {output_of(run)}")
        return save(made, stem)


def taken_out(joint: pd.DataFrame) -> list[int]:
    """How many heads were taken out at once, line by line: ``top 4 together`` says 4."""
    return [int(str(target).split()[1]) for target in joint["target"]]


def output_of(run: Run) -> str:
    """What was measured when heads were taken out."""
    return str(run.facts("ablation").get("output", "the output"))
