"""What a run prints at its end: its table of scores, and notes on what was skipped, sampled or substituted."""

from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from textwrap import fill

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from pipelines.shared.cli import CONSOLE, say

HEAD = 8  # characters of a line in the head of a column


def show(folder: Path, stand_ins: Mapping[str, str]) -> None:
    """Print the table of a finished run, and its notes. stand_ins: per part, what was asked for in its place."""
    from probing.report.baseline_columns import CEILING, NAMES
    from probing.report.best_layers import verdict_on_layers
    from probing.report.layer_notes import without_spread
    from probing.report.load import heading, load_run
    from probing.report.measured_on import population
    from probing.report.tables import banded, run_table

    found = load_run(folder)
    raw, text = run_table(found, banded(found))
    print_table(text, heading(found, stand_ins), marks(text, found.chosen_on, found.split))
    if best := verdict_on_layers(raw, found.metric, found.chosen_on, found.split):
        say(best)
    if flat := without_spread(found, raw):
        say(flat)
    say(f"measured on {population(found)}")
    ceiling = NAMES[CEILING]
    if ceiling in text:
        said = "the score of looking up the random label of each word type that train has"
        say(f"{ceiling}: {text[ceiling].iloc[0]}, {said}")
    for reason, count in found.manifest["data"]["skipped"].items():
        say(f"{reason}: {count:,}")
    for note in found.manifest["notes"]:
        say(f"{note['kind']}: {note['text']}", "bold yellow" if note["kind"] == "failed" else None)


def marks(text: pd.DataFrame, chosen_on: str, split: str) -> str:
    """What the marks beside the layers mean."""
    good = "; ≈ may be the best" if text.iloc[:, 0].str.contains("≈").any() else ""
    return f"* chosen on {chosen_on}{good}; scores on {split}"


def print_table(text: pd.DataFrame, title: str, caption: str) -> None:
    """Print the table and its ``caption``; where the terminal is too narrow for layer and score, one line per layer."""
    first = text[text.columns[:2]]
    if sum(widths(first)) < CONSOLE.width:
        CONSOLE.print(terminal_table(text, title, caption))
        return
    say(title)
    for line in first.itertuples(index=False):
        say(", ".join(f"{name} {value}" for name, value in zip(first.columns, line, strict=True)))


def widths(text: pd.DataFrame) -> list[int]:
    """The characters of each column: each is followed by two spaces and an invisible line."""
    return [max(map(len, [*wrapped(c).split("\n"), *text[c].astype(str)])) + 3 for c in text.columns]


def wrapped(name: object) -> str:
    """The head of a column on lines of at most HEAD characters, so that a long name takes no more width than scores."""
    return fill(str(name), HEAD, break_long_words=False)


def terminal_table(text: pd.DataFrame, title: str, caption: str) -> Table:
    """The first columns of ``text``, as many as fit into the terminal; all of them are in tables/layers.md."""
    ends = accumulate(widths(text))
    fitting = [c for c, end in zip(text.columns, ends, strict=True) if end < CONSOLE.width]
    more = "" if len(fitting) == len(text.columns) else "; further columns: tables/layers.md"
    table = Table(title=title, caption=f"{caption}{more}", box=SIMPLE_HEAD, padding=(0, 1))
    for column in fitting:
        table.add_column(wrapped(column), justify="right")
    for line in text[fitting].itertuples(index=False):
        table.add_row(*map(str, line), style="bold" if "*" in str(line[0]) else None)
    return table
