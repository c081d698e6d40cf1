"""What a reader of the results must know, such as that another model was used."""

from collections.abc import Iterable
from typing import NamedTuple

from pipelines.shared.cli import say


class Note(NamedTuple):
    """kind: substituted, left out, …; text: what happened, and what to type to change it."""

    kind: str
    text: str


def announce(notes: Iterable[Note]) -> None:
    """Print what was substituted, before anything is computed."""
    for note in notes:
        if note.kind == "substituted":
            say(f"NOTE  {note.text}", "bold yellow")
