"""The classifier to diagnose and its probes: from a run of the usual program, made now or found."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from pipelines.diagnosing.diagnosis_settings import Settings
from pipelines.diagnosing.own_phenomena import check_phenomena
from pipelines.diagnosing.typed_texts import check_labels, typed_texts
from pipelines.running.carry_out import finished, prepare
from pipelines.running.composed_run import Composed, composed_run
from pipelines.running.finished_run import verify
from pipelines.running.manifest import TYPED
from pipelines.running.one_run import Run, study_of
from pipelines.shared.cli import CONSOLE, say
from pipelines.shared.progress import Bars
from probing.attention.interventions.prompt_head import answers_of
from probing.data.exact_edits import edits_of
from probing.data.grammar import Grammar
from probing.diagnosis.behaviour_suite_run import check_classes
from probing.diagnosis.diagnosed_tasks import refuse_other_tasks
from probing.diagnosis.probed_subject import probed_subject
from probing.diagnosis.saved_classes import check_saved_head
from probing.diagnosis.subject import Subject
from probing.probe.saved import FILE, from_file
from probing.report.run_files import read_file
from probing.result.folder import ROWS
from probing.result.rows import read_rows


@dataclass(frozen=True, eq=False)
class Trained:
    """A finished run, and the subject that its probes and its model make. bars: for the progress of what follows."""

    run: Run
    subject: Subject
    bars: Bars


@contextmanager
def trained_subject(settings: Settings) -> Iterator[Trained]:
    """Make the run unless it is there, and load its model. Raises ProbingError."""
    this = finished_run(settings)
    saved = from_file(this.folder / FILE)
    rows = read_file(this.folder / ROWS, read_rows)
    with Bars(CONSOLE) as bars, closing(replace(study_of(this, bars), with_head=True)) as study:
        subject = probed_subject(study, saved, rows, settings.as_prompt())
        if settings.errors and isinstance(this.experiment.data, Grammar):  # a typed text is read like any other
            subject = replace(subject, exact_edits=edits_of(this.experiment.data))
        yield Trained(this, subject, bars)


def finished_run(settings: Settings) -> Run:
    """The run that trains a probe on every layer; its analyses of attention are left out."""
    wanted = run_of(settings)
    token = TYPED.set(wanted.typed)
    try:
        this = prepare(wanted.config, wanted.choices)
        task = this.experiment.task
        refuse_other_tasks(task.name, task.level, task.kind, settings.prompt is not None)
        of_words, labels = task.level == "word", task.labels(this.corpus)
        settings.check_level(task.name, task.level)
        check_labels(typed_texts(settings, of_words), labels)
        if (prompt := settings.as_prompt()) is not None:
            answers_of(prompt, labels.classes)  # before anything is trained
        check_saved_head(this.checkpoint, labels.classes, task.level, prompt is not None)
        check_phenomena(settings, this.corpus)
        if settings.behaviour:
            check_classes(labels.classes)
        this, done = finished(this)
        if done:
            verify(this.folder, this.experiment.report)
    finally:
        TYPED.reset(token)
    say(f"probes: {this.folder}")
    return this


def run_of(settings: Settings) -> Composed:
    """Its configuration: task=sentiment and no analysis of attention, unless something else is typed."""
    usual = ["model=minilm", "task=sentiment", "attention=none"]
    typed = {option.partition("=")[0] for option in settings.options}
    kept = [option for option in usual if option.partition("=")[0] not in typed]
    own = [f"strict={settings.strict}", f"outputs={settings.outputs}"]
    return composed_run([*kept, *own, *settings.options])
