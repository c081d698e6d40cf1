"""The page of one run: results with intervals, the samples they come from, and what they do not show."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from probing.report import numbering
from probing.report.figures import write_figures
from probing.report.headline import finding, stand_in_warnings, tiles
from probing.report.html import Picture, files_of, flat, picture, write_html
from probing.report.layer_notes import reading
from probing.report.load import Run, best_layer, heading, load_run, shown_predictions
from probing.report.measured_on import population, smaller_populations
from probing.report.other_runs import other_runs
from probing.report.run_provenance import provenance, selected
from probing.report.section_parts import Section
from probing.report.sections import about_analyses, sections, write_section_tables
from probing.report.tables import banded, run_table, write_tables
from probing.report.view_command import BEFORE_ID, view_command
from probing.report.wrong_items import NAME, class_errors, legend, value_errors, write_wrong_items
from probing.result.score import CODE_LENGTH

CAPTIONS = {  # name of the file: caption, and how to read the figure
    "layers": (
        "Score by layer, with control task and baselines.",
        "the higher the blue curve above the control task and the baselines, the more of the score comes from the "
        "vectors and not from the words. The ring marks the layer chosen on dev; shaded layers cannot be "
        "distinguished from the best one.",
    ),
    "classes": (
        "F1 of each class in each layer, the most frequent class at the top.",
        "dark cells are classes that the probe finds; follow a row to see from which layer on.",
    ),
    "values": (
        "Predicted against gold values at the chosen layer.",
        "items on the dashed line are right; where the red curve is flatter than that line, large values are "
        "underestimated and small ones overestimated.",
    ),
    "lengths": (
        "Score by sentence length at the chosen layer.",
        "a falling curve means that long sentences are harder; the number of sentences is below each point.",
    ),
    "confusion": (
        "Confusion matrix at the chosen layer: what the items of each gold class are predicted as.",
        "each row adds up to 1; the diagonal is right, and a dark cell next to it is a frequent confusion.",
    ),
}
CODE_READING = (
    "the lower the blue curve below the control task, the easier the labels are to learn from the vectors. The ring "
    "marks the chosen layer; shaded layers cannot be distinguished from the best one."
)


def write_report(folder: Path) -> list[Path]:
    """Write tables, figures and index.html of a run into its folder; returns their paths, the page last.

    Only files of the folder are read. The page names the place of the folder (in the command that shows a sentence)
    and links to the runs beside it, so that a copy elsewhere has another page. Raises: DataError if ``folder`` does not
    hold a finished run.
    """
    run = load_run(folder)
    made, table = sections(run), banded(run)
    tables = [*write_tables(run, table), *write_section_tables(made, folder / "tables")]
    wrong = write_wrong_items(run, best_layer(run.rows, run.metric))
    return [*tables, *wrong, *write_figures(run, made, table), write_page(run, made, table)]


def write_page(run: Run, of_analyses: Sequence[Section], table: pd.DataFrame) -> Path:
    """Write index.html into the run's folder: one file that needs no other file and no network.

    It contains the figures that are in figures/, and the sections ``of_analyses``. table: that of ``banded``.
    """
    figures = run.folder / "figures"
    best = best_layer(run.rows, run.metric)
    facts = {
        "title": heading(run),
        "probe": run.name("probe"),
        "split": run.split,
        "unit": run.resampled,
        "code": run.metric == CODE_LENGTH,
        "stand_ins": stand_in_warnings(run),
        "population": population(run),
        "smaller": list(smaller_populations(run)),
        "numbering": {"layers": numbering.LAYERS},
        **scores_by_layer(run, table),
        "figures": figures_by_place(run, figures),
        "sections": [with_files(section, run.folder) for section in of_analyses],
        "of_analyses": about_analyses(run, of_analyses),
        "failed": run.manifest.get("failed", {}),
        "best": best,
        **errors(run, best),
        "notes": run.manifest.get("notes", []),
        "skipped": run.manifest["data"].get("skipped", {}),
        "others": other_runs(run),
        "provenance": provenance(run),
        "selected": selected(run),
        "config": flat(run.manifest["config"]),
    }
    return write_html("page.html", run.folder / "index.html", facts)


def scores_by_layer(run: Run, table: pd.DataFrame) -> dict[str, object]:
    """The headline, the main numbers and the table of layers, and how to read it."""
    raw, shown = run_table(run, table)
    return {
        "finding": finding(run, raw),
        "tiles": tiles(run, raw),
        "layers": shown,
        "layer_files": files_of(run.folder, "tables/layers"),
        "marks": raw["best"].tolist(),
        "reading": reading(run, raw),
    }


def figures_by_place(run: Run, folder: Path) -> dict[str, list[Picture]]:
    """The figures of scores, and those of predictions; a code length is better the lower it is."""
    own = CAPTIONS | ({"layers": (CAPTIONS["layers"][0], CODE_READING)} if run.metric == CODE_LENGTH else {})
    return {
        "scores": pictures(folder, {"layers": own["layers"]}),
        "predictions": pictures(folder, {name: text for name, text in own.items() if name != "layers"}),
    }


def with_files(section: Section, folder: Path) -> dict[str, object]:
    """The fields of a section, its pictures, and the links to the files of its tables, for the template."""
    captions = {figure.name: (figure.caption, figure.reading) for figure in section.figures}
    files = {table.name: files_of(folder, f"tables/{table.name}") for table in section.tables}
    return {**vars(section), "pictures": pictures(folder / "figures", captions), "files": files}


def pictures(folder: Path, captions: Mapping[str, tuple[str, str]]) -> list[Picture]:
    """The figures of ``captions`` (file name -> caption and how to read it) that are in ``folder``, in that order."""
    there = {name: texts for name, texts in captions.items() if (folder / f"{name}.png").is_file()}
    return [picture(folder / f"{name}.png", *texts) for name, texts in there.items()]


def errors(run: Run, best: int | None) -> dict[str, object]:
    """Examples of errors at the best layer, a note that says how they were chosen, and links to all of them."""
    items = shown_predictions(run, best)
    page = f"tables/{NAME}.html"
    facts: dict[str, object] = {
        "errors": [],
        "errors_note": "",
        "all_errors": page if (run.folder / page).is_file() else "",
        "error_files": files_of(run.folder, f"tables/{NAME}"),
        "before_id": f"{command}{BEFORE_ID}" if (command := view_command(run)) else "",
    }
    if items.empty:
        return facts
    if run.manifest["kind"] == "scalar":
        note = "The items whose predicted value is farthest from gold, one per sentence."
        return facts | {"errors": value_errors(items), "errors_note": note}
    wrong = int((items["gold"].astype(str) != items["predicted"].astype(str)).sum())
    note = (
        f"{wrong:,} of {len(items):,} items ({100 * wrong / len(items):.1f} %) are wrong. The most frequent "
        "confusions, each with its count and first example."
    )
    return facts | {"errors": class_errors(items), "errors_note": note + legend(items)}
