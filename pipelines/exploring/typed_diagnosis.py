"""The diagnosis of one typed text, from a finished run. Apart from ``diagnoser``: importing this takes a second."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.exploring.classifiers import Classifier
from pipelines.exploring.request import RequestError, WhyRequest
from pipelines.running.finished_study import finished_study, run_in
from pipelines.shared.hide_folders import without_folders
from pipelines.shared.option_files import CONF
from pipelines.shared.versions import code_version, versions
from probing.analysis.text_parts import Reference
from probing.axes import Progress
from probing.diagnosis.diagnosed_text import diagnosed_text
from probing.diagnosis.head_reference import head_reference
from probing.diagnosis.probed_subject import check_label, probed_subject, whole_text
from probing.diagnosis.subject import Subject
from probing.diagnosis.text_gain import OnDev
from probing.probe.saved import FILE, from_file
from probing.report.diagnosed.diagnosed_record import Diagnosis
from probing.report.diagnosed.of_subject import diagnosis_of_texts
from probing.report.run_files import read_file
from probing.report.stand_in_notes import notes_of_folders
from probing.result.folder import ROWS, parsed_manifest
from probing.result.rows import read_rows


class Loaded(NamedTuple):
    """What a diagnosis by one classifier needs, loaded once."""

    subject: Subject
    means: Reference
    on_dev: OnDev
    stand_ins: Sequence[str]
    provenance: dict[str, Any]


def loaded(one: Classifier, device: str, on_progress: Progress) -> Loaded:
    """Load a classifier: its probes, its training vectors, and its model, with the run's options and its own head.

    Raises: as ``run_in``; DataError for a damaged file.
    """
    saved, rows = from_file(one.folder / FILE), read_file(one.folder / ROWS, read_rows)
    subject = probed_subject(finished_study(run_in(one.folder, device), on_progress), saved, rows)
    _ = subject.train_vectors
    means, on_dev = head_reference(subject), OnDev(subject, on_progress=on_progress)
    return Loaded(subject, means, on_dev, notes_of_folders([one.folder]), provenance(one.folder))


def typed_diagnosis(of: Loaded, wanted: WhyRequest, n_subwords: int) -> Diagnosis:
    """The diagnosis of a text of at most ``n_subwords``. Raises: RequestError, ConfigError, DataError, ModelError."""
    subject = of.subject
    check_label("label", wanted.label, subject.study.labels)
    sentence = whole_text(subject, wanted.text)
    if (n := len(subject.subwords([sentence]).ids)) > n_subwords:
        raise RequestError(413, f"the text has {n:,} subwords; at most {n_subwords:,} are accepted; shorten it")
    one = diagnosed_text(subject, sentence, subject.classes.index(wanted.label), of.means, of.on_dev)
    return diagnosis_of_texts(subject, [one], of.provenance, stand_ins=of.stand_ins)


def provenance(folder: Path) -> dict[str, Any]:
    """Where the numbers come from, as far as pages may say it."""
    manifest = parsed_manifest(folder)
    return {
        **{name: manifest[name] for name in ("run_id", "checkpoint", "data")},
        "commit": code_version(CONF.parent),
        "versions": versions(),
        "probes": without_folders(folder.as_posix()),
        "commit_of_probes": manifest["commit"],
    }
