"""Comparison of any set of runs: between models, between tasks and between layers."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from probing.report.attention_curves import SETTINGS, attention_curves, shown_curves, write_curves
from probing.report.best_layers import beside_the_best
from probing.report.compare_sections import further_sections, runs_table
from probing.report.condition_styles import styles_of
from probing.report.emit import file_name, write_table
from probing.report.gather import Condition, gather
from probing.report.html import files_of, picture, write_html
from probing.report.metric_format import measure, records, scored_in
from probing.report.overlay import write_overlay, write_tasks
from probing.report.pairs import FAMILY, JOINT, pair_layers, pair_models, shown_pairs, shown_steps, verdict
from probing.report.plain_names import probe_in_words, task_in_words
from probing.report.section_parts import sample_of
from probing.report.stand_in_notes import stand_in_notes
from probing.report.summary import shown_models, shown_tasks, summary_table
from probing.result.checksums import UNCHECKED, has_checksums

BLOCK = ["task", "data", "probe", "metric"]

NOT_CLEAR = "No clear difference"
OF_MODELS = (
    "a higher curve is better, except for code lengths; curves whose bands overlap may still differ: the table of "
    "paired differences decides."
)
OF_TASKS = (
    "Layers at which tasks become decodable, by model.",
    "the further to the right a task is, the higher the layers that still raise its score. Compare only tasks of one "
    "model.",
)
OF_ATTENTION = (
    "Attention by layer.",
    "rollout and entropy show where attention goes; only a loss without heads shows what an output depends on.",
)


def compare(folders: Sequence[Path], out: Path) -> Path:
    """Compare the runs in ``folders``; only files of these folders are read. Returns ``out``/index.html.

    Writes ``out``/rows.csv (the rows of all runs), tables/{models,tasks,paired_models,paired_layers,attention} as CSV,
    Markdown and LaTeX, figures as PNG, PDF and CSV, and the page. Runs of one model, data, task and probe that differ
    only in layers or seed make one curve. Paired differences are computed only between runs on the same data.
    Raises: DataError, naming the folder, if one of them holds no finished run.
    """
    conditions, notes = gather(folders)
    pairs, unpaired = pair_models(conditions)
    raw = {"models": summary_table(conditions), "paired_models": pairs, "paired_layers": pair_layers(conditions)}
    raw["tasks"] = raw["models"]
    show = {"models": shown_models, "tasks": shown_tasks, "paired_models": shown_pairs, "paired_layers": shown_steps}
    shown = {name: show[name](table) for name, table in raw.items() if not table.empty}
    out.mkdir(parents=True, exist_ok=True)
    rows = pd.concat(
        [table for one in conditions for run in one.runs for table in (run.rows, run.others, run.nulls)],
        ignore_index=True,
    )
    rows.to_csv(out / "rows.csv", index=False)
    for name, table in shown.items():
        write_table(raw[name], table, out / "tables" / name)
    task_figure = write_tasks(raw["models"], styles_of(conditions), out / "figures" / "tasks")
    facts = {
        "title": f"Comparison of {sum(len(one.runs) for one in conditions):,} runs",
        "findings": findings(records(pairs)),
        "blocks": blocks(conditions, shown, raw, out / "figures"),
        "tasks": shown["tasks"],
        "task_figure": picture(task_figure[0], *OF_TASKS) if task_figure else None,
        "table_files": {name: files_of(out, f"tables/{name}") for name in shown},
        "stand_ins": stand_in_notes((run.manifest, run.asked) for one in conditions for run in one.runs),
        "attention": attention(conditions, out),
        "family": FAMILY,
        "further": further_sections(conditions, out),
        "notes": [*notes_on(conditions), *notes, *unpaired],
        "runs": runs_table(conditions, out),
    }
    return write_html("compare.html", out / "index.html", facts)


def attention(conditions: Sequence[Condition], out: Path) -> dict[str, object] | None:
    """Write table and figure of attention by layer; returns what the page shows of them, None if no run has any."""
    curves = attention_curves(conditions)
    if curves.empty:
        return None
    shown = shown_curves(curves)
    write_table(curves, shown, out / "tables" / "attention")
    figure = write_curves(curves, styles_of(conditions), out / "figures" / "attention")[0]
    return {
        "table": shown,
        "figure": picture(figure, *OF_ATTENTION),
        "samples": attention_samples(conditions),
        "files": files_of(out, "tables/attention"),
    }


def blocks(
    conditions: Sequence[Condition],
    shown: Mapping[str, pd.DataFrame],
    raw: Mapping[str, pd.DataFrame],
    figures: Path,
) -> list[dict[str, object]]:
    """One section per task, data, probe and metric: its figure and its lines of each table."""
    sections: list[dict[str, object]] = []
    styles = styles_of(conditions)
    for key, group in groupby(conditions, key=lambda one: one.block):
        stem = figures / file_name("-".join(key))
        label = measure(key[3]).label
        tables = {}
        for name in {"models", "paired_models", "paired_layers"} & shown.keys():
            inside = (raw[name][BLOCK] == list(key)).all(axis=1)
            part = shown[name][inside].drop(columns=BLOCK).rename(columns={"score": label})
            tables[name] = part.loc[:, (part != "").any()]
        task, probe = task_in_words(key[0]), probe_in_words(key[2]).partition(" ")[2]
        title = f"{task[:1].upper()}{task[1:]} · {key[1]} · {probe}"
        made = picture(
            write_overlay([*group], styles, stem)[0], f"Score ({label}) by layer, a curve per model.", OF_MODELS
        )
        sections.append({"title": title, "figure": made, **tables})
    return sections


def findings(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for each paired difference; those that are clear come first, since a page shows only some."""
    return sorted(map(finding, lines), key=lambda text: text.startswith(NOT_CLEAR))


def finding(line: Mapping[str, Any]) -> str:
    """A paired difference as a sentence; its interval, simultaneous over all pairs of the block, decides."""
    words = ("is predicted better from", "is predicted worse from", "")
    if measure(line["metric"]).lower_is_better:
        words = ("has a longer code from", "has a shorter code from", "")
    what = verdict(line["joint_low"], line["joint_high"], words)
    sides = [f"layer {line[f'{side}_layer']} of {line[side]}" for side in ("first", "second")]
    ends = scored_in(line, JOINT, signed=True)
    task, probe = task_in_words(line["task"]), probe_in_words(line["probe"])
    where = f"({line['data']}, {probe}: {measure(line['metric']).label} {ends})"
    if not what:
        return f"{NOT_CLEAR} for {task} between {sides[0]} and {sides[1]} {where}."
    return f"{task[:1].upper()}{task[1:]} {what} {sides[0]} than from {sides[1]} {where}."


def notes_on(conditions: Sequence[Condition]) -> list[str]:
    """What a reader must know of the runs: bad choices of dev, failed analyses, missing checksums."""
    warned = (
        (one, beside_the_best(one.table, one.metric, one.runs[0].chosen_on, one.runs[0].split)) for one in conditions
    )
    return [
        *(f"{one.model}, {one.task} on {one.data}: {text}" for one, text in warned if text),
        *failure_notes(conditions),
        *unchecked(conditions),
    ]


def failure_notes(conditions: Sequence[Condition]) -> list[str]:
    """A sentence for each analysis that failed in one of the runs, so that a gap in a table is not read as a zero."""
    return [
        f"{name} failed in {run.folder}: {reason}"
        for one in conditions
        for run in one.runs
        for name, reason in run.manifest.get("failed", {}).items()
    ]


def unchecked(conditions: Sequence[Condition]) -> list[str]:
    """A sentence that names the runs without checksums, if there are any."""
    runs = [run for one in conditions for run in one.runs]
    named = [str(run.folder) for run in runs if not has_checksums(run.manifest)]
    return [f"{len(named):,} of {len(runs):,} runs: {UNCHECKED}: {', '.join(named)}"] if named else []


def attention_samples(conditions: Sequence[Condition]) -> list[str]:
    """The sample of each analysis in the figure of attention, with the models that state it."""
    models: dict[str, list[str]] = {}
    for one in conditions:
        for run in one.runs:
            for analysis in SETTINGS:
                if stated := sample_of(run, analysis):
                    models.setdefault(f"{analysis}, {one.task} on {one.data}: {stated}", []).append(one.model)
    return [f"{text} ({', '.join(dict.fromkeys(names))})" for text, names in models.items()]
