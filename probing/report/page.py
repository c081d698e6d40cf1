"""The page of one run: results with intervals, the samples they come from, and what they do not show."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from probing.report.baseline_columns import CEILING, SURFACE, margins, names_in, said
from probing.report.best_layers import as_good, chosen, listed, verdict_on_layers
from probing.report.code_length import code_finding
from probing.report.figures import write_figures
from probing.report.html import Picture, flat, picture, write_html
from probing.report.load import PROBES, Run, best_layer, heading, load_run, shown_predictions, stand_ins
from probing.report.metric_format import gap, interval, measure, number, scored
from probing.report.run_provenance import provenance, selected
from probing.report.section_parts import Section
from probing.report.sections import sections, write_section_tables
from probing.report.tables import run_table, write_tables
from probing.report.wrong_items import class_errors, value_errors
from probing.result.gains import GAINS, OVER_LAYER_0
from probing.result.rows import UNTRAINED
from probing.result.score import CODE_LENGTH, MEMORISATION

CAPTIONS = {
    "layers": "Score by layer, with control task and baselines. The ring marks the chosen layer; shaded "
    "layers cannot be told from the best one.",
    "classes": "F1 of each class in each layer, the most frequent class at the top.",
    "confusion": "Confusion matrix at the chosen layer: predicted classes of the items of each gold class.",
    "values": "Predicted against gold values at the chosen layer.",
    "lengths": "Score by sentence length at the chosen layer.",
}


def write_report(folder: Path) -> list[Path]:
    """Write tables, figures and index.html of a run into its folder; returns their paths, the page last.

    Only files of the folder are read. Raises: DataError if ``folder`` does not hold a finished run.
    """
    run = load_run(folder)
    made = sections(run)
    tables = [*write_tables(run), *write_section_tables(made, folder / "tables")]
    return [*tables, *write_figures(run, made), write_page(run, made)]


def write_page(run: Run, of_analyses: Sequence[Section]) -> Path:
    """Write index.html into the run's folder: one file that needs no other file and no network.

    It contains the figures that are in figures/, and the sections ``of_analyses``.
    """
    figures = run.folder / "figures"
    best = best_layer(run.rows, run.metric)
    facts = {
        "title": heading(run),
        "probe": run.name("probe"),
        "split": run.split,
        "resampled": run.facts(PROBES).get("resampled", {}).get(run.split, run.resampled),
        "unit": run.resampled,
        "chosen_on": run.chosen_on,
        "code": run.metric == CODE_LENGTH,
        "metric": measure(run.metric).label,
        "stand_ins": stand_in_warnings(run),
        "sample": f"{n_sentences(run):,} sentences of {run.split}, {n_items(run):,} items",
        **scores_by_layer(run),
        "figures": pictures(figures, CAPTIONS),
        "sections": [with_pictures(section, figures) for section in of_analyses],
        "failed": run.manifest.get("failed", {}),
        "best": best,
        **errors(run, best),
        "notes": run.manifest.get("notes", []),
        "skipped": run.manifest["data"].get("skipped", {}),
        "provenance": provenance(run),
        "selected": selected(run),
        "config": flat(run.manifest["config"]),
    }
    return write_html("page.html", run.folder / "index.html", facts)


def scores_by_layer(run: Run) -> dict[str, object]:
    """The headline, the main numbers and the table of layers, and which of its columns need explaining."""
    raw, shown = run_table(run)
    return {
        "finding": finding(run, raw),
        "tiles": tiles(run, raw),
        "layers": shown,
        "marks": raw["best"].tolist(),
        "banded": bool(as_good(raw)),
        "selective": bool(raw["selectivity"].notna().any()),
        "gains": bool(raw[[*GAINS.values(), OVER_LAYER_0]].notna().any(axis=None)),
        "untrained": bool(raw[UNTRAINED].notna().any()),
        "memorised": bool(raw[MEMORISATION].notna().any()),
        "ceiling": bool(raw[CEILING].notna().any()),
    }


def with_pictures(section: Section, figures: Path) -> dict[str, object]:
    """The fields of a section and its pictures, for the template."""
    captions = {figure.name: figure.caption for figure in section.figures}
    return {**vars(section), "pictures": pictures(figures, captions)}


def pictures(folder: Path, captions: Mapping[str, str]) -> list[Picture]:
    """The figures of ``captions`` (file name -> caption) that are in ``folder``, in that order."""
    return [
        picture(folder / f"{name}.png", text) for name, text in captions.items() if (folder / f"{name}.png").is_file()
    ]


def finding(run: Run, table: pd.DataFrame) -> str:
    """Which layers may be the best, and what is decodable from the one chosen on dev, not what the model uses."""
    line, metric = chosen(table), run.metric
    best = verdict_on_layers(table, metric, run.chosen_on, run.split)
    if metric == CODE_LENGTH:
        return f"{best} {code_finding(run, line, margins(table, line, names_in([run])))}".strip()
    score = scored(line["score"], line["ci_low"], line["ci_high"], metric)
    text = (
        f"{best} From layer {line['layer']} of {run.name('model')}, a {run.name('probe')} probe decodes "
        f"{run.name('task')} with {measure(metric).label} {score} "
        f"on {n_sentences(run):,} sentences of {run.name('data')}"
    )
    over = [said(margin, name, metric) for name, margin in margins(table, line, names_in([run])).items()]
    return (f"{text}: {', '.join(over)}." if over else f"{text}.").strip()


def tiles(run: Run, table: pd.DataFrame) -> dict[str, str]:
    """The main numbers of the run, by name."""
    line, good, names = chosen(table), as_good(table), names_in([run])
    chosen_here = f"layer chosen on {run.chosen_on}, of {len(table)}"
    over = {names[name]: line[GAINS[name]] for name in SURFACE if pd.notna(line[name])}
    facts = {
        ("best layer" if len(good) == 1 else "may be the best layer"): listed(good),
        chosen_here: str(line["layer"]),
        measure(run.metric).label: number(line["score"], run.metric),
        "95 % interval": interval(line["ci_low"], line["ci_high"], run.metric),
        **{f"over {name}": number(gain, run.metric, signed=True) for name, gain in over.items()},
        gap(run.metric): number(line["selectivity"], run.metric, signed=True),
        "control task": number(line["control"], run.metric) if run.metric == CODE_LENGTH else "",
        f"{run.split} sentences": f"{n_sentences(run):,}",
    }
    return {name: value for name, value in facts.items() if value.strip("–")}


def n_sentences(run: Run) -> int:
    """How many sentences the shown scores were measured on."""
    return int(run.shown_rows["n_sentences"].iloc[0])


def n_items(run: Run) -> int:
    """How many items the shown scores were measured on."""
    return int(run.shown_rows["n_items"].iloc[0])


def stand_in_warnings(run: Run) -> list[str]:
    """A sentence for each part of the run that is a stand-in."""
    return [
        f"Stand-in: {part}={asked} could not be loaded; all numbers are those of {run.name(part)}."
        for part, asked in stand_ins(run.manifest).items()
    ]


def errors(run: Run, best: int | None) -> dict[str, object]:
    """Examples of errors at the best layer, and a note that says how they were chosen."""
    items = shown_predictions(run, best)
    if items.empty:
        return {"errors": [], "errors_note": ""}
    if run.manifest["kind"] == "scalar":
        return {
            "errors": value_errors(items),
            "errors_note": "The items whose predicted value is farthest from gold, one per sentence.",
        }
    wrong = int((items["gold"].astype(str) != items["predicted"].astype(str)).sum())
    counts = f"{wrong:,} of {len(items):,} items are wrong"
    note = f"{counts}. The most frequent confusions, each with its count and first example."
    return {"errors": class_errors(items), "errors_note": note}
