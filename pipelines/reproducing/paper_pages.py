"""Pages of papers from their runs, the overview, and the verdicts in the terminal."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.reproducing.made_runs import Outcome
from pipelines.reproducing.model_kind import Kind
from pipelines.shared.cli import say
from pipelines.shared.machine import alone
from probing.distribution import as_typed
from probing.report.published.asked_claims import Verdict
from probing.report.published.paper_data import Paper
from probing.report.published.paper_page import Reproduction, write_paper_page
from probing.report.published.papers_overview import write_overview
from probing.report.published.weighing import UNKNOWN

STYLES = {"holds": "green", "does not hold": "red"}


@dataclass(frozen=True)
class Pages:
    """Where pages of one model go, and how they are made again.

    folder: of all models. name: of this model's folder in it. typed: the options beside ``paper``. further: those of
    them that change numbers.
    """

    kind: Kind
    folder: Path
    name: str
    typed: Sequence[str]
    further: Sequence[str]


def write_pages(papers: Sequence[Paper], runs: Mapping[str, Mapping[str, Outcome]], asked: Pages) -> None:
    """Write the page of each paper for one model, print its verdicts, and write the overview of all pages there are."""
    kind = asked.kind
    for paper in papers:
        command = as_typed(shlex.join(["python", "-m", "pipelines.reproduce", f"paper={paper.name}", *asked.typed]))
        options = ", ".join(asked.further)
        wanted = Reproduction(paper, kind.name, runs[paper.name], command, kind.decoder, kind.stands_in_for, options)
        page, verdicts = write_paper_page(wanted, asked.folder / asked.name / paper.name)
        show(paper, wanted.shown, verdicts, page)
    with alone(asked.folder / "index.html"):
        overview = write_overview(asked.folder)
    say(f"\noverview: {overview}", "bold")


def show(paper: Paper, model: str, verdicts: Sequence[Verdict], page: Path) -> None:
    """Print the claims of a paper with their verdicts and numbers."""
    say(f"\n{paper.cited}, {model}", "bold")
    for one in verdicts:
        word = f"{one.verdict}, because {one.because}" if one.because else one.verdict
        say(f"  {one.claim}")
        say(f"    {word}", STYLES.get(one.verdict, "yellow"))
        if one.numbers:
            say(f"    {one.numbers}")
    unknown = sum(one.verdict == UNKNOWN for one in verdicts)
    say(f"  page: {page}" + (f" (it says why {unknown} claims cannot be checked here)" if unknown > 1 else ""))
