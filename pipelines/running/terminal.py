"""What a run prints at its end: its table of scores, and notes on what was skipped, sampled or substituted."""

from itertools import accumulate
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from pipelines.shared.cli import CONSOLE, say


def show(folder: Path) -> None:
    """Print the table of a finished run, and its notes."""
    from probing.report.load import heading, load_run
    from probing.report.tables import run_table

    found = load_run(folder)
    _, text = run_table(found)
    CONSOLE.print(terminal_table(text, heading(found)))
    for reason, count in found.manifest["data"]["skipped"].items():
        say(f"{reason}: {count:,}")
    for note in found.manifest["notes"]:
        say(f"{note['kind']}: {note['text']}", "bold yellow" if note["kind"] == "failed" else None)


def terminal_table(text: pd.DataFrame, title: str) -> Table:
    """The first columns of ``text``, as many as fit into the terminal; all of them are in tables/layers.md."""
    # each column is followed by two spaces and an invisible line
    widths = [max(map(len, [str(c), *text[c].astype(str)])) + 3 for c in text.columns]
    fitting = [c for c, end in zip(text.columns, accumulate(widths), strict=True) if end < CONSOLE.width]
    more = "" if len(fitting) == len(widths) else "; further columns: tables/layers.md"
    table = Table(title=title, caption=f"* best layer on dev; scores on test{more}", box=SIMPLE_HEAD, padding=(0, 1))
    for column in fitting:
        table.add_column(str(column), justify="right")
    for line in text[fitting].itertuples(index=False):
        table.add_row(*map(str, line), style="bold" if "*" in str(line[0]) else None)
    return table
