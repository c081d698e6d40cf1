"""Progress on the terminal: rate and remaining time of every step that takes longer than a second."""

import time
from multiprocessing import current_process
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import ProgressColumn as Column
from rich.progress import Task as Step
from rich.text import Text

PATIENCE_S = 1.0


class _Rate(Column):
    """Items per second."""

    def render(self, task: Step) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


class Bars:
    """A bar for each named step that takes longer than a second.

    Prints nothing if the output is not a terminal, and in a launcher's workers, which would overwrite each other.
    """

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        quiet = not console.is_terminal or current_process().name != "MainProcess"
        self._progress = Progress(*columns, console=console, transient=True, disable=quiet)
        self._started: dict[str, float] = {}
        self._shown: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        """Report ``done`` of ``total`` items of ``step``."""
        began = self._started.setdefault(step, time.monotonic())
        if step not in self._shown:
            if time.monotonic() - began < PATIENCE_S or done >= total:
                return
            self._shown[step] = self._progress.add_task(step, total=total)
        self._progress.update(self._shown[step], completed=done, total=total)
        if done >= total:
            self._progress.remove_task(self._shown.pop(step))
            self._started.pop(step)

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
