"""Making the runs of papers one after the other: what each gave, or why it gave nothing, and how long is left."""

import time
from collections.abc import Sequence
from pathlib import Path

from pipelines.reproducing.needed_runs import Job, composed, reason_of
from pipelines.reproducing.paper_files import minutes
from pipelines.running.carry_out import asked, finished, prepare
from pipelines.running.composed_run import Composed
from pipelines.running.finished_run import verify
from pipelines.running.manifest import TYPED
from pipelines.shared.cli import say
from pipelines.shared.stand_ins import Load
from probing.axes import Corpus
from probing.data.corpus import Source
from probing.data.corpus import load as load_corpus
from probing.errors import ConfigError, ProbingError
from probing.result.asked_for import note_names
from probing.result.folder import parsed_manifest

Outcome = Path | str  # the folder of a run, or why there is none
KEPT = 2  # corpora in memory


def remembering() -> Load:
    """``load_corpus`` that keeps the last corpora: many runs of a paper read the same one."""
    kept: dict[str, Corpus] = {}

    def load(source: Source, text: str) -> Corpus:
        key = f"{source!r} {text}"
        if key not in kept:
            while len(kept) >= KEPT:
                kept.pop(next(iter(kept)))
            kept[key] = load_corpus(source, text)
        return kept[key]

    return load


def make_all(jobs: Sequence[Job], strict: bool) -> list[Outcome]:
    """The outcome of each job. A run that several papers share is made once. Raises: ProbingError with ``strict``.

    Raises ConfigError if no job has options that exist: then they are mistyped.
    """
    plans = [plan(job, strict) for job in jobs]
    wrong = [one for one in plans if isinstance(one, str)]
    if wrong and len(wrong) == len(plans):
        raise ConfigError(wrong[0])
    load, progress, done = remembering(), Progress(jobs), dict[tuple[str, ...], Outcome]()
    found = []
    for job, one in zip(jobs, plans, strict=True):
        if job.overrides not in done:
            progress.begin(job)
            done[job.overrides] = one if isinstance(one, str) else made(one, load, strict)
            progress.end(job)
        found.append(done[job.overrides])
    return found


def plan(job: Job, strict: bool) -> Composed | str:
    """The configuration of a job, or why it has none. Raises: ConfigError with ``strict``."""
    try:
        return composed(job.overrides)
    except ConfigError as error:
        if strict:
            raise
        return reason_of(error)


def made(wanted: Composed, load: Load, strict: bool) -> Outcome:
    """The folder of a run, computed unless it is there; or why it cannot be made. Raises: ProbingError, if strict."""
    token = TYPED.set(wanted.typed)
    try:
        this, done = finished(prepare(wanted.config, wanted.choices, load))
        if done:
            verify(this.folder, this.experiment.report)
        note_names(this.folder, parsed_manifest(this.folder), asked(this))
    except ProbingError as error:
        if strict:
            raise
        say(f"not made: {error}", "bold yellow")
        return reason_of(error)
    finally:
        TYPED.reset(token)
    say(f"{'already done' if done else 'wrote'}: {this.folder}")
    return this.folder


class Progress:
    """Which run is being made, and about how long the rest takes: the stated times, by the rate so far."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        """Nothing is made yet."""
        self._jobs = list({job.overrides: job for job in jobs}.values())
        self._place, self._expected, self._taken, self._began = 0, 0.0, 0.0, 0.0

    def begin(self, job: Job) -> None:
        """Say what begins."""
        self._place, self._began = self._place + 1, time.monotonic()
        left = sum(one.seconds for one in self._jobs[self._place - 1 :])
        rate = self._taken / self._expected if self._expected else 1.0
        about = f"about {minutes(left * rate)} min left" if left * rate > 1 else "almost done"
        say(f"\nrun {self._place} of {len(self._jobs)}, {job.paper}: {job.name} ({about})", "bold")

    def end(self, job: Job) -> None:
        """Note how long it took."""
        self._taken += time.monotonic() - self._began
        self._expected += job.seconds
