"""What a program and the libraries below it report while it runs, as plain lines above a progress bar."""

import logging
import re
from collections.abc import Callable

OWN = ("probing", "pipelines")
WARNINGS = "py.warnings"  # the logger of what libraries give to Python's ``warnings``
_WARNED = re.compile(r".+?:\d+: (\w+): (.*)", re.DOTALL)  # file, line number, category, text
MOST_CHARACTERS = 300  # of a library's message


class Lines(logging.Handler):
    """One plain line for each record, however narrow the terminal; a library's message is shown once.

    ``say`` prints a line, in a style if it warns of something.
    """

    def __init__(self, say: Callable[[str, str | None], None]) -> None:
        super().__init__()
        self._say = say
        self._shown: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage() if record.name.partition(".")[0] in OWN else of_library(record)
        if text in self._shown:
            return
        if record.name.partition(".")[0] not in OWN:
            self._shown.add(text)
        self._say(text, "yellow" if record.levelno >= logging.WARNING else None)


def show_lines(say: Callable[[str, str | None], None]) -> None:
    """From now on every record of this project, and what libraries warn of, is a line of ``say``."""
    for name in OWN:
        logging.getLogger(name).setLevel(logging.INFO)
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, Lines)] + [Lines(say)]
    logging.captureWarnings(True)
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # else it says which weight of a font it has


def of_library(record: logging.LogRecord) -> str:
    """A library's message in one line, without the place in its code."""
    text, source = record.getMessage(), record.name.partition(".")[0]
    if record.name == WARNINGS and (found := _WARNED.match(text)):
        text, source = found[2].partition("\n")[0], found[1]
    line = " ".join(text.split())
    return f"{source}: {line[:MOST_CHARACTERS]}{'…' if len(line) > MOST_CHARACTERS else ''}"
