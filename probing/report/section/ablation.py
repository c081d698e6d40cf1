"""Ablation: the loss of the output without one head, and without several heads at once."""

from pathlib import Path

import numpy as np
import pandas as pd

from probing.report.load import Run, heading
from probing.report.section_parts import Figure, Section, Table, grid, head_names, pick, sample_of, with_intervals
from probing.report.style import BLUE, INK, VERMILION, figure, save, titled
from probing.result.simultaneous import ADJUSTED

MOST = 15  # heads that the page lists
READING = (
    "red: the output gets worse without this head; blue: it gets better; the table says which effects are clear. Where "
    "the loss of several heads together is larger than the sum of single losses, these heads can do each other's work."
)


def section(run: Run) -> Section:
    """Heads by their effect as a table and a figure."""
    table = pick(run, "ablation", "effect_nats")
    if table.empty:
        return Section("Ablation")
    caption = (
        "Left: loss without one head. Right: loss without several heads at once, and the sum of their single losses."
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
        f"all of them hold. {above} of {len(raw)} heads have an interval above 0. Shown: the {len(top)} heads whose "
        "interval begins highest; the CSV file has all."
    )
    return Table("effects", "Heads by effect", note, raw, text)


def write_effects(run: Run, stem: Path) -> list[Path]:
    """Loss without each head alone; loss without the first k heads of the ranking on dev at once."""
    table = pick(run, "ablation", "effect_nats")
    table = table[~table["probe"].str.endswith(ADJUSTED)]
    joint = table[table["probe"] == "ablation_joint"]
    matrix = grid(table)
    limit = float(np.abs(matrix.to_numpy()).max()) or 1.0
    with figure(3.6 + 0.16 * matrix.shape[1] + 2.6, 3.6) as made:
        left, right = made.subplots(1, 2)
        image = left.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
        left.set_yticks(range(len(matrix)), matrix.index.astype(int))
        left.xaxis.get_major_locator().set_params(integer=True)
        left.set(xlabel="head", ylabel="layer")
        made.colorbar(image, ax=left, pad=0.03)
        left.set_title("one head taken out: effect (nats)", fontsize=8.5, color=INK)
        for target, colour, marker in (("together", VERMILION, "o"), ("sum of single", BLUE, "s")):
            line = joint[joint["target"].str.endswith(target)]
            right.vlines(taken_out(line), line["ci_low"], line["ci_high"], color=colour, linewidth=1.2)
            right.plot(
                taken_out(line), line["value"], color=colour, marker=marker, markersize=4, linewidth=1.4, label=target
            )
        right.set_title("several heads taken out", fontsize=8.5, color=INK)
        right.set(xlabel="number of heads, by rank on dev", ylabel="effect (nats)", xscale="log")
        ks = sorted(set(taken_out(joint)))
        right.set_xticks(ks, [str(k) for k in ks])
        right.minorticks_off()
        right.legend(frameon=False, loc="upper left")
        titled(made, heading(run), f"effect of ablation on {output_of(run)}; bars: 95 % intervals")
        return save(made, stem)


def taken_out(joint: pd.DataFrame) -> list[int]:
    """The number of heads that were taken out at once, line by line: 4 for ``top 4 together``."""
    return [int(str(target).split()[1]) for target in joint["target"]]


def output_of(run: Run) -> str:
    """The output whose loss was measured when heads were taken out."""
    return str(run.facts("ablation").get("output", "the output"))
