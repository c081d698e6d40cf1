"""The page of one run: what was found, with what certainty, on what, and what it does not show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from probing.report.figures import write_figures
from probing.report.html import Picture, flat, picture, write_html
from probing.report.load import Run, best_layer, heading, load_run, shown_predictions, stand_ins
from probing.report.metric_format import measure, number, scored
from probing.report.section_parts import Section
from probing.report.sections import sections, write_section_tables
from probing.report.tables import BASELINES, NAMES, run_table, write_tables
from probing.report.wrong_items import class_errors, value_errors

CAPTIONS = {
    "layers": "Score by layer with its control task and baselines. The ring marks the best layer.",
    "classes": "F1 of each class in each layer, the most frequent class on top.",
    "confusion": "Where items of each gold class end up at the best layer.",
    "values": "Predicted against gold values at the best layer.",
    "lengths": "Score by sentence length at the best layer.",
}


def write_report(folder: Path) -> list[Path]:
    """Write tables, figures and index.html of a run into its folder, from what the folder holds alone.

    Raises: DataError if ``folder`` does not hold a finished run.
    """
    of_analyses = write_section_tables(load_run(folder), folder / "tables")
    return [*write_tables(folder), *of_analyses, *write_figures(folder), write_page(folder)]


def write_page(folder: Path) -> Path:
    """Write ``folder``/index.html: one file that needs no other and no network.

    It carries the figures that ``folder``/figures holds. Raises: DataError as write_report.
    """
    run = load_run(folder)
    raw, shown = run_table(run)
    best = best_layer(run.rows, run.metric)
    facts = {
        "title": heading(run),
        "probe": run.name("probe"),
        "split": run.split,
        "chosen_on": run.chosen_on,
        "metric": measure(run.metric).label,
        "stand_ins": stand_in_warnings(run),
        "finding": finding(run, raw),
        "tiles": tiles(run, raw),
        "layers": shown,
        "marks": raw["best"].tolist(),
        "figures": pictures(folder / "figures", CAPTIONS),
        "sections": [with_pictures(section, folder / "figures") for section in sections(run)],
        "failed": run.manifest.get("failed", {}),
        "best": best,
        **errors(run, best),
        "notes": run.manifest.get("notes", []),
        "skipped": run.manifest["data"].get("skipped", {}),
        "provenance": provenance(run),
        "selected": selected(run),
        "config": flat(run.manifest["config"]),
    }
    return write_html("page.html", folder / "index.html", facts)


def with_pictures(section: Section, figures: Path) -> dict[str, Any]:
    """A section with its pictures as the page carries them."""
    captions = {figure.name: figure.caption for figure in section.figures}
    return {**vars(section), "pictures": pictures(figures, captions)}


def pictures(folder: Path, captions: Mapping[str, str]) -> list[Picture]:
    """The figures of a run that are there, in the order in which they are read."""
    return [
        picture(folder / f"{name}.png", text) for name, text in captions.items() if (folder / f"{name}.png").is_file()
    ]


def finding(run: Run, table: pd.DataFrame) -> str:
    """One sentence on the layer that dev chose; it says what is decodable, never what the model uses."""
    line, metric = table[table["best"]].iloc[0], run.metric
    score = scored(line["score"], line["ci_low"], line["ci_high"], metric)
    text = (
        f"From layer {line['layer']} of {run.name('model')}, a {run.name('probe')} probe decodes {run.name('task')} "
        f"with {measure(metric).label} {score} on {n_sentences(run):,} sentences of {run.name('data')}"
    )
    margins = [f"{number(gap, metric, signed=True)} against {name}" for name, gap in gaps(table, line).items()]
    return f"{text}: {', '.join(margins)}." if margins else f"{text}."


def gaps(table: pd.DataFrame, line: "pd.Series[Any]") -> dict[str, float]:
    """Score minus control task, baselines and embedding output, where there are any."""
    others = {"the control task": line["control"]} | {NAMES[name]: line[name] for name in BASELINES}
    embedding = table.loc[table["layer"] == 0, "score"]
    if len(embedding) and line["layer"] != 0:
        others["the embedding output"] = embedding.iloc[0]
    return {name: float(line["score"] - value) for name, value in others.items() if pd.notna(value)}


def tiles(run: Run, table: pd.DataFrame) -> dict[str, str]:
    """The few numbers that a reader looks for first."""
    line = table[table["best"]].iloc[0]
    facts = {
        f"best layer, of {len(table)}": str(line["layer"]),
        measure(run.metric).label: number(line["score"], run.metric),
        "95 % interval": scored(line["score"], line["ci_low"], line["ci_high"], run.metric).partition(" ")[2],
        "selectivity": number(line["selectivity"], run.metric, signed=True),
        f"{run.split} sentences": f"{n_sentences(run):,}",
    }
    return {name: value for name, value in facts.items() if value.strip("–")}


def n_sentences(run: Run) -> int:
    """Sentences that the shown scores were measured on."""
    return int(run.shown_rows["n_sentences"].iloc[0])


def stand_in_warnings(run: Run) -> list[str]:
    """A sentence for each part of the run that is not what was asked for."""
    return [
        f"Stand-in: {part}={asked} could not be had here; these are the numbers of {run.name(part)}."
        for part, asked in stand_ins(run.manifest).items()
    ]


def errors(run: Run, best: int | None) -> dict[str, Any]:
    """Examples of errors at the best layer, with a line that says how they were picked."""
    items = shown_predictions(run, best)
    if items.empty:
        return {"errors": [], "errors_note": ""}
    if run.manifest["kind"] == "scalar":
        return {"errors": value_errors(items), "errors_note": "The items farthest from their gold value."}
    wrong = int((items["gold"].astype(str) != items["predicted"].astype(str)).sum())
    note = f"{wrong:,} of {len(items):,} items are wrong. The most frequent confusions, each with its first example."
    return {"errors": class_errors(items), "errors_note": note}


def provenance(run: Run) -> dict[str, str]:
    """Where the numbers come from: command, code, weights, corpus, libraries, time."""
    manifest = run.manifest
    checkpoint, data = manifest["checkpoint"], manifest["data"]
    sizes = ", ".join(f"{split} {n:,}" for split, n in data.get("sentences", {}).items())
    facts = {
        "command": manifest.get("command"),
        "run": manifest["run_id"],
        "commit": manifest.get("commit"),
        "checkpoint": f"{checkpoint['name']} ({checkpoint.get('revision')})",
        "corpus": f"{data['name']} (fingerprint {data.get('fingerprint')}); sentences: {sizes}",
        "libraries": ", ".join(f"{name} {version}" for name, version in manifest.get("versions", {}).items()),
        "seconds": ", ".join(f"{stage} {seconds:,.1f}" for stage, seconds in manifest.get("timings", {}).items()),
        "finished": manifest.get("finished"),
    }
    return {name: str(value) for name, value in facts.items() if value}


def selected(run: Run) -> pd.DataFrame:
    """The hyper-parameters that dev chose for each layer and target, as text."""
    table = pd.DataFrame(run.manifest.get("analyses", {}).get("probes", {}).get("selected", []))
    return pd.DataFrame({name: [_setting(str(name), value, run.metric) for value in table[name]] for name in table})


def _setting(name: str, value: Any, metric: str) -> str:
    if name == "dev":
        return number(value, metric)
    return f"{value:g}" if isinstance(value, float) else str(value)
