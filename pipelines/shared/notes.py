"""What a reader of the results must know, such as that another model was used."""

from collections.abc import Iterable

from pipelines.shared.cli import say
from probing.axes import Note


def announce(notes: Iterable[Note]) -> None:
    """Print what was substituted, before anything is computed."""
    for note in notes:
        if note.kind == "substituted":
            say(f"NOTE  {note.text}", "bold yellow")
