"""A run from its configuration to its finished folder: found there, or computed analysis by analysis."""

from contextlib import closing
from pathlib import Path

from omegaconf import DictConfig

from pipelines.running.config import PROBES, build
from pipelines.running.identity import identify
from pipelines.running.null_stage import with_nulls
from pipelines.running.one_run import Run, contents, study_of
from pipelines.running.own_folder import apart, clash
from pipelines.running.run_folder import is_done, run_folder
from pipelines.shared.cli import CONSOLE, say
from pipelines.shared.machine import Clock, alone, set_threads
from pipelines.shared.notes import announce
from pipelines.shared.progress import Bars
from pipelines.shared.shortage import missing_below
from pipelines.shared.stand_ins import Load, find_corpus, find_model
from probing.analysis.findings import Findings
from probing.analysis.measured_facts import measured
from probing.analysis.protocol import answer, failures
from probing.axes import Note
from probing.data.corpus import load as load_corpus
from probing.errors import DamagedStoreError, StoreError
from probing.report.look import looking
from probing.result.folder import finish, write_first, write_part
from probing.store.leftovers import clear_leftovers
from probing.store.made_once import discard
from probing.task.word_order import read_by

EXTRACT, NULLS, REPORT = "extract", "nulls", "page and figures"  # stages that are no analyses


def finished(this: Run) -> tuple[Run, bool]:
    """The run in a folder of its own, computed unless it is there; and whether it was there. Raises ProbingError."""
    usual = this.folder
    this = apart(this)
    if this.folder != usual and usual.is_dir():
        say(clash(this, usual), "yellow")
    if is_done(this.folder, this.run_id):
        return this, True
    with alone(this.folder, this.experiment.store.lock):
        if apart(this) == this:
            done = is_done(this.folder, this.run_id)  # another process may have finished it meanwhile
            if not done:
                make(this)
            return this, done
    return finished(this)  # meanwhile another process gave this folder to a run of another checkpoint or corpus


def asked(this: Run) -> dict[str, str]:
    """Model and data as they were asked for."""
    return {"model": this.checkpoint.name, "data": this.corpus.name, **this.experiment.stand_ins}


def prepare(config: DictConfig, choices: dict[str, str], load: Load = load_corpus) -> Run:
    """Find the parts, or their announced stand-ins; ``load`` reads the corpus. Raises ProbingError."""
    experiment, checkpoint, of_model = find_model(build(config, choices))
    experiment, corpus, of_data = find_corpus(experiment, load)
    corpus = read_by(experiment.task, corpus)
    notes = of_model + of_data
    announce(notes)
    folder = run_folder(experiment, corpus.name)
    return Run(experiment, checkpoint, corpus, folder, identify(experiment, checkpoint, corpus), notes)


def make(this: Run) -> None:
    """Compute a run. A store file that is found damaged on the way is deleted and made again, once."""
    store = this.experiment.store
    for line in clear_leftovers(Path(store.folder), store.lock):
        say(line, "yellow")
    rebuilt: tuple[Path, ...] = ()
    notes = this.notes
    while True:
        try:
            return compute(this, notes)
        except (FileNotFoundError, StoreError) as error:
            if not isinstance(error, DamagedStoreError):
                raise_if_deleted(this, error)
                raise
            if error.path in rebuilt:
                raise
            rebuilt += (error.path,)
            notes += (Note("rebuilt", f"{error}; deleted and made again"),)
            say(f"{error}; deleting it and making it again", "yellow")
            discard(error.path, store.lock)


def raise_if_deleted(this: Run, error: Exception) -> None:
    """Raise StoreError, with what to do, if ``error`` came from a file of the store that is not there any more."""
    if lost := missing_below(Path(this.experiment.store.folder), error):
        raise StoreError(
            f"{lost} was deleted while this run needed it; run the same command again: the store makes what is missing"
        ) from error


def compute(this: Run, notes: tuple[Note, ...]) -> None:
    """The analyses of a run, then its tables, figures and page."""
    from probing.report.page import write_report

    settings = this.experiment.settings
    stages = [EXTRACT, *this.experiment.analyses, *([NULLS] if settings.nulls else []), REPORT]
    set_threads(settings.threads)
    with Bars(CONSOLE, stages) as bars:
        analyse(this, notes, bars)
        bars.stage(REPORT)
        with looking(this.experiment.report):
            finish(this.folder, write_report)


def analyse(this: Run, notes: tuple[Note, ...], bars: Bars) -> None:
    """Run one analysis after the other. The findings of each are on disk before the next begins."""
    analyses, strict = this.experiment.analyses, this.experiment.settings.strict
    found: dict[str, Findings] = {}
    failed: dict[str, str] = {}
    with closing(study_of(this, bars)) as study:
        clock = Clock(bars.stage)
        for analysis in analyses.values():
            analysis.check(study)
        with clock.stage(EXTRACT):
            facts = measured(study)
        for name, analysis in analyses.items():
            with clock.stage(name):
                found[name], reason = answer(name, analysis, study, strict or name == PROBES)
            if reason is not None:
                failed[name] = reason
                say(f"{name} failed: {reason}", "bold yellow")
            noted = notes + failures(tuple(failed.items()))
            write = write_first if name == PROBES else write_part
            write(this.folder, contents(this, found, noted, {**facts, "failed": failed, "timings": clock.seconds}))
        if this.experiment.settings.nulls:
            taken = sum(clock.seconds.values())
            with clock.stage(NULLS):
                found = with_nulls(this.experiment, study, found, failed, taken)
            write_part(this.folder, contents(this, found, noted, {**facts, "failed": failed, "timings": clock.seconds}))
