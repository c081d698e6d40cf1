"""The page of one paper on one model: its question, our figure, numbers beside the paper's, and a verdict per claim."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from probing.report.emit import write_table
from probing.report.html import files_of, picture, write_html
from probing.report.load import labelled, load_run
from probing.report.metric_format import scored
from probing.report.other_runs import address
from probing.report.published.asked_claims import Asked, Verdict
from probing.report.published.claim_checks import check
from probing.report.published.numbers_beside import Beside, beside, other_numbers
from probing.report.published.numbers_beside import table as table_of_numbers
from probing.report.published.paper_data import STATUS, Paper
from probing.report.published.paper_figures import write_figure
from probing.report.published.read_series import Made, Missing, name_of, values_of
from probing.report.published.weighing import FAILS, HOLDS, UNKNOWN
from probing.result.folder import PAGE

VERDICTS = "verdicts.json"
READING = (
    "our values, with 95 % intervals. Published points are drawn over them only of the same model and data. Panels on "
    "the right: the paper's own numbers, of its model and data, on another scale."
)


@dataclass(frozen=True)
class Reproduction:
    """What a paper's page is made of. runs: the folder of each run, or why there is none.

    command: what makes the page again. decoder: whether the model reads from left to right. stands_in_for: the model
    that was asked for, if this one ran in its place. options: of every run, where they are not the usual ones.
    """

    paper: Paper
    model: str
    runs: Mapping[str, Path | str]
    command: str
    decoder: bool = False
    stands_in_for: str = ""
    options: str = ""

    @property
    def shown(self) -> str:
        """The model as pages name it, with what it stands in for and with the options that change its numbers."""
        named = labelled(self.model, self.stands_in_for)
        return f"{named}, {self.options}" if self.options else named

    @property
    def stand_in(self) -> str:
        """What a reader must know of a stand-in; empty if there is none."""
        if not self.stands_in_for:
            return ""
        return (
            f"model={self.stands_in_for} was asked for and could not be loaded; {self.model} stood in for it. All "
            f"numbers are those of {self.model}, and none is of {self.stands_in_for}."
        )


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
    pictures = write_figure(paper, made, rows, out / "figures" / "figure", wanted.shown)
    facts = {
        "title": f"{paper.cited}: {wanted.shown}",
        "paper": paper,
        "model": wanted.shown,
        "stand_in": wanted.stand_in,
        "unverified": unverified(paper),
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
    write_verdicts(wanted, verdicts, out / VERDICTS)
    return write_html("paper.html", out / PAGE, facts), verdicts


def write_verdicts(wanted: Reproduction, verdicts: Sequence[Verdict], path: Path) -> None:
    """Write the claims with their verdicts as JSON, for the overview and for others."""
    paper = wanted.paper
    summary = {
        "paper": paper.name,
        "cited": paper.cited,
        "question": paper.question,
        "model": wanted.shown,
        "stand_in": bool(wanted.stands_in_for),
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


def unverified(paper: Paper) -> str:
    """How many of the paper's numbers could not be verified, and what that means for verdicts; empty if none."""
    found = [one for one in paper.numbers if not one.verified]
    if not found:
        return ""
    ways = " or ".join(dict.fromkeys(STATUS[one.status].removeprefix("not verified: ") for one in found))
    many = f"{len(found):,} of the {len(paper.numbers):,} numbers"
    return f"{many} that we have of this paper are not verified in a source ({ways}): no verdict rests on them."


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many claims have each verdict, in words."""
    words = {  # of one claim, of several
        HOLDS: ("claim holds", "claims hold"),
        FAILS: ("claim does not hold", "claims do not hold"),
        UNKNOWN: ("claim cannot be checked here", "claims cannot be checked here"),
    }
    found = {word: sum(one.verdict == word for one in verdicts) for word in words}
    return {words[word][n != 1]: n for word, n in found.items()}


def figure_caption(wanted: Reproduction, rows: Sequence[Beside]) -> str:
    """What the figure shows, and whether published points are drawn over ours."""
    said = f"Our figure after {wanted.paper.cited}, for {wanted.shown}."
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
