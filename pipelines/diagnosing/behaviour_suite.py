"""The behaviour suite of the bundled grammar, run on the classifier: its page, and its summary on the terminal."""

from pathlib import Path

from pipelines.diagnosing.diagnosis_folder import provenance, written
from pipelines.diagnosing.diagnosis_settings import SUITE_SEED, Settings
from pipelines.diagnosing.trained_subject import Trained
from pipelines.shared.cli import say
from probing.data.behaviour_cases import CAPABILITIES, behaviour_cases
from probing.data.grammar import LABELS
from probing.diagnosis.behaviour_suite_run import run_suite
from probing.model.class_names import further_classes
from probing.report.diagnosed.behaviour_files import write_behaviour
from probing.report.diagnosed.behaviour_record import Behaviour
from probing.report.diagnosed.behaviour_tables import ALL_TESTS, in_numbers, with_sums, worst
from probing.report.stand_in_notes import notes_of_folders

MOST = 3  # cells whose first failing case is printed


def behaviour_of(trained: Trained, settings: Settings) -> Behaviour:
    """Run the suite. Raises: ConfigError for a classifier without the classes of the suite."""
    subject, run = trained.subject, trained.run
    trained.bars.stage("behaviour suite")
    others = further_classes([*LABELS.values()], dict(enumerate(subject.names)))
    cases = behaviour_cases(settings.behaviour, SUITE_SEED)
    return Behaviour(
        f"{run.checkpoint.name} on {run.corpus.name}, {run.experiment.task.name}: behaviour suite",
        f"{subject.described} of {run.checkpoint.name}",
        run_suite(subject, cases, trained.bars),
        settings.behaviour,
        (f"the classifier also has the classes {', '.join(others)}, which no case has as its label",) if others else (),
        notes_of_folders([run.folder]),
        provenance(trained, settings),
    )


def write(found: Behaviour, folder: Path) -> Path:
    """Write the page and the other files into the folder of the diagnosis; returns the page."""
    return written(folder, lambda half: write_behaviour(found, half))


def summary_of(found: Behaviour) -> None:
    """Print the failure rate of each capability, and what fails most often, with a case of it."""
    rates = found.run.cells
    say(f"classifier: {found.classifier}")
    for line in found.stand_ins:
        say(line, "yellow")
    say(f"{found.run.failed:,} of {found.run.n:,} cases fail")
    sums = with_sums(rates)
    for name in CAPABILITIES:
        if (name, ALL_TESTS) in sums:
            say(f"  {name}: {in_numbers(sums[name, ALL_TESTS])}")
    for one in worst(rates)[:MOST]:
        case = one.failures[0].case
        edited = f" → {case.edited}" if case.edited else ""
        say(f"{one.capability}, {one.test}: {in_numbers(one)}, such as: {case.text}{edited}")
    for note in found.notes:
        say(note, "yellow")
