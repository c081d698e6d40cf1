"""Progress: on a terminal a bar for every step that takes longer than a second, elsewhere lines (minute_lines)."""

import time
from collections.abc import Sequence
from functools import partial
from multiprocessing import current_process
from types import TracebackType

from hydra.core.hydra_config import HydraConfig
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import ProgressColumn as Column
from rich.progress import Task as Step
from rich.text import Text

from pipelines.shared.minute_lines import MinuteLines

PATIENCE_S = 1.0


class _Rate(Column):
    """Items per second."""

    def render(self, task: Step) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


class Bars:
    """A bar for each named step that takes longer than a second; if the output is not a terminal, MinuteLines.

    Nothing on a terminal in a launcher's workers, which would overwrite each other; in a log, their lines begin with
    the options of the job. ``stages``: all stages of the program, in order.
    """

    def __init__(self, console: Console, stages: Sequence[str] = ()) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        of_worker = current_process().name != "MainProcess"
        quiet = not console.is_terminal or of_worker
        where = f"{job_name()}: " if of_worker else ""
        say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
        self._lines = None if console.is_terminal else MinuteLines(lambda text: say(where + text), stages)
        self._progress = Progress(*columns, console=console, transient=True, disable=quiet)
        self._started: dict[str, float] = {}
        self._shown: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        """Report ``done`` of ``total`` items of ``step``."""
        if self._lines is not None:
            self._lines.step(step, done, total)
            return
        began = self._started.setdefault(step, time.monotonic())
        if step not in self._shown:
            if time.monotonic() - began < PATIENCE_S or done >= total:
                return
            self._shown[step] = self._progress.add_task(step, total=total)
        self._progress.update(self._shown[step], completed=done, total=total)
        if done >= total:
            self._progress.remove_task(self._shown.pop(step))
            self._started.pop(step)

    def stage(self, name: str) -> None:
        """A stage begins."""
        if self._lines is not None:
            self._lines.stage(name)

    def __enter__(self) -> "Bars":
        self._progress.start()
        if self._lines is not None:
            self._lines.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if self._lines is not None:
            self._lines.stop()


def job_name() -> str:
    """The options of the job of a sweep that this process computes."""
    return " ".join(HydraConfig.get().overrides.task) if HydraConfig.initialized() else ""
