"""Further sections of a comparison: learning curves, training steps, sources of variance, and the list of its runs."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from probing.report.best_layer_curves import BLOCK, shown_best_layers
from probing.report.emit import file_name, write_table
from probing.report.gather import Condition
from probing.report.html import files_of, picture
from probing.report.learning_curves import sizes_table, write_sizes
from probing.report.other_runs import address
from probing.report.stand_in_notes import replaced
from probing.report.training_steps import steps_table, write_steps
from probing.report.variance import shown_variance, variance_table
from probing.result.folder import PAGE

NOTE_ON_SIZES = (
    "How the score grows with the number of training sentences, at the layer that is best on dev for each number. With "
    "one train_seed a smaller sample is a part of a larger one. Intervals hold for other test sentences or documents, "
    "not for another sample of train; several values of train_seed show how much that adds."
)
NOTE_ON_STEPS = "Each checkpoint at its own best layer, chosen on dev; a curve per family of checkpoints."
NOTE_ON_VARIANCE = (
    "Each line compares runs that differ in only one choice. sd: standard deviation over its values at the layer that "
    "is best on dev; sd over layers: root mean square of that of each layer. Standard error over test: from the 95 % "
    "interval of one run, which holds the other choices fixed; where an sd is larger, that interval is too narrow for "
    "conclusions about other seeds, samples or models. With model seeds, the interval of the mean score is from the "
    "multi-bootstrap (Sellam et al. 2022): other model seeds and other test sentences or documents. The seed of a run "
    "changes control tasks and probes that start at random: a linear probe scores the same with every seed."
)


class Section(NamedTuple):
    """A section of the page, if runs differ in what it is about.

    name: of its table's files. table: of conditions; empty if there is nothing to show. shown: the table as text. draw:
    a figure of the lines of one task, data, probe and metric; None: it has none.
    """

    title: str
    note: str
    name: str
    table: Callable[[Sequence[Condition]], pd.DataFrame]
    shown: Callable[[pd.DataFrame], pd.DataFrame]
    draw: Callable[[pd.DataFrame, Path], list[Path]] | None = None
    caption: str = ""


SECTIONS = (
    Section(
        "Learning curves",
        NOTE_ON_SIZES,
        "learning_curves",
        sizes_table,
        partial(shown_best_layers, curve=("curve", "model"), x=("sentences", "training sentences")),
        write_sizes,
        "Score of the best layer by number of training sentences.",
    ),
    Section(
        "Training steps",
        NOTE_ON_STEPS,
        "steps",
        steps_table,
        partial(shown_best_layers, curve=("family", "family"), x=("step", "step")),
        write_steps,
        "Score of the best layer by training step.",
    ),
    Section("Sources of variance", NOTE_ON_VARIANCE, "variance", variance_table, shown_variance),
)


def further_sections(conditions: Sequence[Condition], out: Path) -> list[dict[str, object]]:
    """Write tables and figures of sizes, training steps and variance below ``out``; what the page shows of them."""
    tables = [(section, section.table(conditions)) for section in SECTIONS]
    return [write_section(section, table, out) for section, table in tables if not table.empty]


def write_section(section: Section, table: pd.DataFrame, out: Path) -> dict[str, object]:
    """Write the table and the figures of one section below ``out``; what the page shows of it."""
    shown = section.shown(table)
    write_table(table, shown, out / "tables" / section.name)
    figures = []
    if section.draw is not None:
        for key, block in table.groupby(BLOCK, sort=False):
            stem = out / "figures" / file_name("-".join([section.name, *map(str, key)]))
            figures.append(picture(section.draw(block, stem)[0], section.caption))
    files = files_of(out, f"tables/{section.name}")
    return {"title": section.title, "note": section.note, "figures": figures, "table": shown, "files": files}


def runs_table(conditions: Sequence[Condition], out: Path) -> list[dict[str, str]]:
    """Every run of the comparison, with its seed, commit and folder, and the address of its page."""
    return [
        {
            "run": str(run.manifest["run_id"]),
            "model": one.model,
            "data": one.data,
            "task": one.task,
            "seed": str(run.seed),
            "asked for": ", ".join(name for names in replaced(run.manifest, run.asked).values() for name in names),
            "commit": str(run.manifest.get("commit") or "–"),
            "folder": str(run.folder),
            "address": address(run.folder / PAGE, out) if (run.folder / PAGE).is_file() else "",
        }
        for one in conditions
        for run in one.runs
    ]
