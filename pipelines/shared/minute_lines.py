"""Progress where there is no terminal (nohup, Slurm, CI): a line for each stage, and one each minute."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread

MINUTE_S = 60.0


@dataclass
class Step:
    """Part of a stage. began: time of the first report, which said that ``first`` of ``total`` items were done."""

    began: float
    first: int
    done: int
    total: int

    def left(self, now: float) -> float | None:
        """Seconds until all items are done, if they go on as fast as until now; None: not known yet."""
        new = self.done - self.first
        return (now - self.began) / new * (self.total - self.done) if new > 0 else None


class MinuteLines:
    """Says what a program does: ``say`` gets a line when a stage begins, and a line each minute until ``stop``.

    stages: the names of all stages, in order; none where a program has only steps.
    """

    def __init__(self, say: Callable[[str], None], stages: Sequence[str] = ()) -> None:
        self._say, self._stages, self._stage = say, tuple(stages), ""
        self._steps: dict[str, Step] = {}
        self._began = self._stage_began = time.monotonic()
        self._ended = Event()
        self._thread = Thread(target=self._each_minute, daemon=True)

    def start(self) -> None:
        """From now on there is a line each minute."""
        self._thread.start()

    def stop(self) -> None:
        """No further line."""
        self._ended.set()
        self._thread.join()

    def stage(self, name: str) -> None:
        """A stage begins."""
        now = time.monotonic()
        self._steps = {}
        self._stage, self._stage_began = name, now
        place = f" (stage {self._stages.index(name) + 1} of {len(self._stages)})" if name in self._stages else ""
        self._say(f"{clock(now - self._began)}  {name}{place}")

    def step(self, name: str, done: int, total: int) -> None:
        """``done`` of ``total`` items of a step are done."""
        if done >= total:
            self._steps.pop(name, None)
        elif name in self._steps:
            self._steps[name].done = done
        else:
            self._steps[name] = Step(time.monotonic(), done, done, total)

    def line(self) -> str:
        """What is done and left now, the outermost step first."""
        now = time.monotonic()
        steps = [_told(name, step, now) for name, step in [*self._steps.items()]]
        since = f", for {clock(now - self._stage_began)}" if self._stage else ""
        doing = f"{self._stage or 'running'}{since}"
        return f"{clock(now - self._began)}  {': '.join([doing, '; '.join(steps)]) if steps else doing}"

    def _each_minute(self) -> None:
        while not self._ended.wait(MINUTE_S):
            self._say(self.line())


def _told(name: str, step: Step, now: float) -> str:
    left = step.left(now)
    about = f", about {clock(left)} left" if left is not None else ""
    return f"{name}, {step.done:,} of {step.total:,} done{about}"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> clock(3725.4)
    '1:02:05'
    """
    return str(timedelta(seconds=round(seconds)))
