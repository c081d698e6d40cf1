"""Further sections of a comparison: learning curves, training steps, sources of variance, and the list of its runs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from probing.report.best_layer_curves import BLOCK
from probing.report.emit import file_name, write_table
from probing.report.gather import Condition
from probing.report.html import files_of, picture
from probing.report.learning_curves import shown_sizes, sizes_table, write_sizes
from probing.report.other_runs import address
from probing.report.stand_in_notes import replaced
from probing.report.training_steps import shown_steps, steps_table, write_steps
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


def further_sections(conditions: Sequence[Condition], out: Path) -> list[dict[str, object]]:
    """Write tables and figures of sizes, training steps and variance below ``out``; what the page shows of them."""
    return [*of_sizes(conditions, out), *of_steps(conditions, out), *of_variance(conditions, out)]


def of_sizes(conditions: Sequence[Condition], out: Path) -> list[dict[str, object]]:
    """One section if runs differ in the number of training sentences."""
    table = sizes_table(conditions)
    if table.empty:
        return []
    shown = written(table, shown_sizes(table), out / "tables" / "learning_curves")
    caption = "Score of the best layer by number of training sentences."
    figures = [picture(write_sizes(block, stem)[0], caption) for block, stem in blocks(table, out, "learning-curve")]
    files = files_of(out, "tables/learning_curves")
    return [{"title": "Learning curves", "note": NOTE_ON_SIZES, "figures": figures, "table": shown, "files": files}]


def of_steps(conditions: Sequence[Condition], out: Path) -> list[dict[str, object]]:
    """One section if there are checkpoints of two steps or more."""
    table = steps_table(conditions)
    if table.empty:
        return []
    shown = written(table, shown_steps(table), out / "tables" / "steps")
    caption = "Score of the best layer by training step."
    figures = [picture(write_steps(block, stem)[0], caption) for block, stem in blocks(table, out, "steps")]
    files = files_of(out, "tables/steps")
    return [{"title": "Training steps", "note": NOTE_ON_STEPS, "figures": figures, "table": shown, "files": files}]


def written(table: pd.DataFrame, shown: pd.DataFrame, stem: Path) -> pd.DataFrame:
    """Write a table, unrounded and as text; returns the text."""
    write_table(table, shown, stem)
    return shown


def blocks(table: pd.DataFrame, out: Path, name: str) -> Iterator[tuple[pd.DataFrame, Path]]:
    """The lines of each figure of a table, and the file of the figure below ``out``, without its ending."""
    for key, block in table.groupby(BLOCK, sort=False):
        yield block, out / "figures" / file_name("-".join([name, *map(str, key)]))


def of_variance(conditions: Sequence[Condition], out: Path) -> list[dict[str, object]]:
    """One section if runs differ in one choice alone, or have several draws of a control task."""
    table = variance_table(conditions)
    if table.empty:
        return []
    shown = written(table, shown_variance(table), out / "tables" / "variance")
    files = files_of(out, "tables/variance")
    return [{"title": "Sources of variance", "note": NOTE_ON_VARIANCE, "figures": [], "table": shown, "files": files}]


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
