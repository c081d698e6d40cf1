"""One diagnosis from its options to its pages and its summary on the terminal."""

from dataclasses import replace
from pathlib import Path

from pipelines.diagnosing.behaviour_suite import behaviour_of, summary_of, write
from pipelines.diagnosing.chosen_texts import Chosen, chosen_texts
from pipelines.diagnosing.diagnosis_folder import folder_of, provenance, written
from pipelines.diagnosing.diagnosis_settings import Settings
from pipelines.diagnosing.terminal_summary import summary
from pipelines.diagnosing.trained_subject import Trained, trained_subject
from pipelines.shared.cli import say
from probing.diagnosis.diagnosed_text import DiagnosedText, diagnosed_text
from probing.diagnosis.head_reference import head_reference
from probing.diagnosis.split_answers import SplitAnswers
from probing.diagnosis.text_gain import OnDev
from probing.errors import DataError
from probing.report.diagnosed.diagnosed_record import Diagnosis
from probing.report.diagnosed.diagnosis_files import write_diagnosis
from probing.report.diagnosed.of_subject import diagnosis_of_texts
from probing.report.stand_in_notes import notes_of_folders


def diagnosed(settings: Settings) -> Path:
    """Diagnose the texts that were asked for, or run the behaviour suite, and write the pages; returns the first one.

    Raises ProbingError.
    """
    with trained_subject(settings) as trained:
        folder = folder_of(trained, settings)
        if settings.behaviour:
            behaviour = behaviour_of(trained, settings)
            page = write(behaviour, folder)
            summary_of(behaviour)
            say(f"wrote: {page}")
            return page
        chosen = chosen_texts(trained, settings)
        found = diagnosis_of(trained, chosen, settings)
        trained.bars.stage("pages")
        page = written(folder, lambda half: write_diagnosis(found, half, trained.bars))
    summary(found)
    say(f"wrote: {page}")
    return page


def diagnosis_of(trained: Trained, chosen: Chosen, settings: Settings) -> Diagnosis:
    """Measure every text, and put together what the pages say."""
    subject, run = trained.subject, trained.run
    texts, notes = texts_of(trained, chosen)
    shown = f"errors of {settings.split}" if chosen.of_split is not None else None
    stand_ins = notes_of_folders([run.folder])
    found = diagnosis_of_texts(subject, texts, provenance(trained, settings), shown=shown, stand_ins=stand_ins)
    return replace(found, of_split=chosen.of_split, notes=(*found.notes, *notes))


def texts_of(trained: Trained, chosen: Chosen) -> tuple[list[DiagnosedText], tuple[str, ...]]:
    """Every text with its verdict; of errors of a corpus, a note on each that the classifier cannot read whole."""
    subject, n_texts = trained.subject, len(chosen.texts)
    found: list[DiagnosedText] = []
    notes = []
    trained.bars.stage("texts")
    means, on_dev = head_reference(subject), OnDev(subject, known_on_dev(chosen))
    for number, one in enumerate(chosen.texts):
        trained.bars("texts", number, n_texts)
        try:
            found.append(diagnosed_text(subject, one.sentence, one.label, means, on_dev, word=one.word))
        except DataError as error:
            if chosen.of_split is None:
                raise
            notes.append(f"{one.sentence.id}: {error}")
    trained.bars("texts", n_texts, n_texts)
    return found, tuple(notes)


def known_on_dev(chosen: Chosen) -> SplitAnswers | None:
    """The answers on dev, if its errors are diagnosed."""
    return chosen.of_split.answers if chosen.of_split is not None and chosen.of_split.split == "dev" else None
