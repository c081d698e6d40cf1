"""The page of one paper on one model: its question, our figure, numbers beside the paper's, and a verdict per claim."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from probing.report.emit import write_table
from probing.report.html import files_of, picture, write_html
from probing.report.load import Run, load_run
from probing.report.metric_format import scored
from probing.report.other_runs import address
from probing.report.published.claim_checks import Asked, Verdict, check
from probing.report.published.numbers_beside import Beside, beside, other_numbers
from probing.report.published.numbers_beside import table as table_of_numbers
from probing.report.published.paper_data import Paper
from probing.report.published.paper_figures import write_figure
from probing.report.published.read_series import Made, Missing, name_of, values_of
from probing.report.published.weighing import FAILS, HOLDS, UNKNOWN
from probing.report.stand_in_notes import stand_in_notes
from probing.result.folder import PAGE

VERDICTS = "verdicts.json"
READING = "our values, with 95 % intervals. Published points are drawn over them only of the same model and data."


@dataclass(frozen=True)
class Reproduction:
    """What a paper's page is made of. runs: the folder of each run, or why there is none.

    command: what makes the page again. decoder: whether the model reads from left to right.
    """

    paper: Paper
    model: str
    runs: Mapping[str, Path | str]
    command: str
    decoder: bool = False


def write_paper_page(wanted: Reproduction, out: Path) -> tuple[Path, list[Verdict]]:
    """Write the page of a paper, its figure and tables, and the verdicts as JSON; returns the page and the verdicts.

    Only files of the run folders are read. Raises: DataError for a damaged run folder.
    """
    paper = wanted.paper
    made = {name: load_run(run) if isinstance(run, Path) else run for name, run in wanted.runs.items()}
    rows = beside(paper, made)
    verdicts = [check(Asked(paper, made, rows, wanted.decoder), one) for one in paper.checks]
    raw, shown = table_of_numbers(rows)
    out.mkdir(parents=True, exist_ok=True)
    clear(out)
    ours = our_numbers(paper, made)
    for name, (table, text) in {"ours": ours, "published": (raw, shown)}.items():
        if not table.empty:
            write_table(table, text, out / "tables" / name)
    pictures = write_figure(paper, made, rows, out / "figures" / "figure", wanted.model)
    facts = {
        "title": f"{paper.cited}: {wanted.model}",
        "paper": paper,
        "model": wanted.model,
        "stand_ins": stand_in_notes((run.manifest, run.asked) for run in runs_of(made)),
        "verdicts": verdicts,
        "counts": counts(verdicts),
        "figure": picture(pictures[0], figure_caption(wanted, rows), READING) if pictures else None,
        "ours": ours[1],
        "published": shown,
        "others": other_numbers(paper, rows),
        "table_files": {name: files_of(out, f"tables/{name}") for name in ("ours", "published")},
        "runs": [run_line(name, run, out, paper) for name, run in wanted.runs.items()],
        "command": wanted.command,
    }
    page = write_html("paper.html", out / PAGE, facts)
    write_verdicts(wanted, verdicts, out / VERDICTS)
    return page, verdicts


def write_verdicts(wanted: Reproduction, verdicts: Sequence[Verdict], path: Path) -> None:
    """Write the claims with their verdicts as JSON, for the overview and for others."""
    paper = wanted.paper
    summary = {
        "paper": paper.name,
        "cited": paper.cited,
        "question": paper.question,
        "model": wanted.model,
        "claims": [asdict(one) for one in verdicts],
    }
    path.write_text(f"{json.dumps(summary, indent=2, ensure_ascii=False)}\n", encoding="utf-8")


def clear(out: Path) -> None:
    """Delete the figure and the tables of an earlier page in this folder: the new one may have none."""
    for old in (*out.glob("tables/ours.*"), *out.glob("tables/published.*"), *out.glob("figures/figure.*")):
        old.unlink()


def name_from(run: Path, out: Path) -> str:
    """The folder of a run as the page in ``out`` names it: from the folder that has both, so that no user is named."""
    common = os.path.commonpath([run.absolute(), out.absolute()])
    return run.absolute().relative_to(common).as_posix()


def runs_of(made: Made) -> list[Run]:
    """The runs that were made."""
    return [run for run in made.values() if isinstance(run, Run)]


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many claims have each verdict, in words."""
    words = {HOLDS: "claims hold", FAILS: "claims do not hold", UNKNOWN: "claims cannot be checked here"}
    return {text: sum(one.verdict == word for one in verdicts) for word, text in words.items()}


def figure_caption(wanted: Reproduction, rows: Sequence[Beside]) -> str:
    """What the figure shows, and whether published points are drawn over ours."""
    said = f"Our figure after {wanted.paper.cited}, for {wanted.model}."
    compared = sum(one.ours is not None for one in rows)
    if compared:
        return f"{said} {compared} published numbers are of the same model and data, and drawn over ours."
    reasons = dict.fromkeys(one.because for one in rows if one.because)
    return f"{said} No published number is drawn over ours" + (f": {next(iter(reasons))}." if reasons else ".")


def our_numbers(paper: Paper, made: Made) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Our values of every series, unrounded and as text: one line for each place."""
    lines, texts = [], []
    for name, series in paper.series.items():
        try:
            values = values_of(paper, name, made)
        except Missing as error:
            texts.append({"series": series.label, "layer or setting": "–", "value": f"none: {error}"})
            continue
        for place, one in enumerate(values.points):
            mark = " *" if place == values.chosen and len(values.points) > 1 else ""
            lines.append({"series": name, "x": one.x, "value": one.value, "ci_low": one.low, "ci_high": one.high})
            where = "–" if one.x != one.x else f"{name_of(one.x)}{mark}"
            value = scored(one.value, one.low, one.high, one.metric)
            texts.append({"series": series.label, "layer or setting": where, "value": value})
    return pd.DataFrame(lines), pd.DataFrame(texts)


def run_line(name: str, run: Path | str, out: Path, paper: Paper) -> dict[str, str]:
    """A run in the list of runs: what it is for, and its page or the reason why there is none."""
    first = name.partition(" ")[0]
    part = paper.runs[first].part if first in paper.runs else ""
    if isinstance(run, str):
        return {"run": name, "part": part, "folder": "", "address": "", "because": run}
    there = run / PAGE
    return {
        "run": name,
        "part": part,
        "folder": name_from(run, out),
        "address": address(there, out) if there.is_file() else "",
        "because": "",
    }
