"""Why a typed text gets its answer: a diagnosis of one text after the other, with the files of its pages."""

import mimetypes
import tempfile
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.exploring.classifiers import Classifier, how_to_get_one
from pipelines.exploring.finished_study import finished_study
from pipelines.exploring.request import RequestError, WhyRequest
from pipelines.shared.hide_folders import without_folders
from pipelines.shared.option_files import CONF
from pipelines.shared.versions import code_version, versions
from probing.diagnosis.diagnosed_text import diagnosed_text
from probing.diagnosis.probed_subject import check_label, means_of, probed_subject, whole_text
from probing.probe.saved import FILE, from_file
from probing.report.run_files import read_file
from probing.report.stand_in_notes import notes_of_folders
from probing.result.folder import ROWS, parsed_manifest
from probing.result.rows import read_rows

if TYPE_CHECKING:
    from probing.analysis.text_parts import Reference
    from probing.diagnosis.subject import Subject
    from probing.report.diagnosed.diagnosed_record import Diagnosis

KEPT = 8  # diagnoses whose pages can be opened; of more, the latest ones


class Loaded(NamedTuple):
    """What a diagnosis by one classifier needs, loaded once."""

    subject: "Subject"
    means: "Reference"
    stand_ins: Sequence[str]
    provenance: dict[str, Any]


@dataclass(eq=False)
class Diagnoser:
    """Diagnoses of typed texts, one at a time. device: of the model. n_subwords: the most that a text may have.

    typed: how the model was asked for, such as ``model=minilm``. stage: what is being done, while something is.
    seconds: how long the latest diagnosis took.
    """

    classifiers: Sequence[Classifier]
    typed: str
    device: str = "auto"
    n_subwords: int = 512
    stage: str | None = None
    seconds: float | None = None
    _loaded: dict[str, Loaded] = field(default_factory=dict)
    _files: OrderedDict[int, dict[str, bytes]] = field(default_factory=OrderedDict)
    _made: int = 0

    def status(self) -> dict[str, Any]:
        """What GET /api/model says of it."""
        found = [{"task": one.task, "classes": list(one.classes)} for one in self.classifiers]
        missing = None if found else how_to_get_one(self.typed)
        return {"classifiers": found, "missing": missing, "stage": self.stage, "seconds": self.seconds}

    def why(self, wanted: WhyRequest) -> dict[str, Any]:
        """The diagnosis as JSON, and the address of its page. Raises: RequestError, ProbingError."""
        from probing.report.diagnosed.diagnosis_files import as_json

        began = time.perf_counter()
        try:
            found = self._diagnosis(wanted)
            self.stage = "drawing the page"
            address = self._keep(found)
        finally:
            self.stage = None
        self.seconds = round(time.perf_counter() - began, 1)
        return {"diagnosis": as_json(found), "page": address, "seconds": self.seconds}

    def file(self, number: int, name: str) -> tuple[bytes, str] | None:
        """A file of diagnosis ``number``, and its type; None if there is no such file, or not any more."""
        content = self._files.get(number, {}).get(name)
        return None if content is None else (content, mimetypes.guess_type(name)[0] or "application/octet-stream")

    def _diagnosis(self, wanted: WhyRequest) -> "Diagnosis":
        from probing.report.diagnosed.of_subject import diagnosis_of_texts

        classifier = self._chosen(wanted.task)
        self.stage = "loading the classifier and its training vectors"
        loaded = self._loaded.get(classifier.task) or self._load(classifier)
        subject = loaded.subject
        check_label("label", wanted.label, subject.study.labels)
        sentence = whole_text(subject, wanted.text)
        if (n := len(subject.subwords([sentence]).ids)) > self.n_subwords:
            raise RequestError(
                413, f"the text has {n:,} subwords; at most {self.n_subwords:,} are accepted; shorten it"
            )
        self.stage = "measuring words, heads, layers and minimal pairs"
        one = diagnosed_text(subject, sentence, subject.classes.index(wanted.label), loaded.means)
        return diagnosis_of_texts(subject, [one], loaded.provenance, stand_ins=loaded.stand_ins)

    def _chosen(self, task: str | None) -> Classifier:
        if not self.classifiers:
            raise RequestError(400, how_to_get_one(self.typed))
        for one in self.classifiers:
            if task in (None, one.task):
                return one
        names = ", ".join(one.task for one in self.classifiers)
        raise RequestError(400, f"task is {task}; the tasks with a classifier are {names}; send one of them")

    def _load(self, one: Classifier) -> Loaded:
        """The probes and the study of a classifier; its model is loaded again, with the run's options and its head."""
        saved, rows = from_file(one.folder / FILE), read_file(one.folder / ROWS, read_rows)
        subject = probed_subject(finished_study(one.folder, self.device, self._progress), saved, rows)
        _ = subject.train_vectors
        found = Loaded(subject, means_of(subject), notes_of_folders([one.folder]), provenance(one.folder))
        self._loaded[one.task] = found
        return found

    def _progress(self, stage: str, done: int, total: int) -> None:
        self.stage = f"{stage}, {done:,} of {total:,}"

    def _keep(self, found: "Diagnosis") -> str:
        """Keep the files of a diagnosis in memory; returns the address of its page."""
        from probing.report.diagnosed.diagnosis_files import write_diagnosis
        from probing.report.diagnosed.text_page import page_name

        with tempfile.TemporaryDirectory(prefix="probing-") as folder:
            write_diagnosis(found, Path(folder))
            paths = [path for path in Path(folder).rglob("*") if path.is_file()]
            files = {path.relative_to(folder).as_posix(): in_a_frame(path) for path in paths}
        self._made += 1
        self._files[self._made] = files
        while len(self._files) > KEPT:
            self._files.popitem(last=False)
        return f"/why/{self._made}/{page_name(1)}"


def in_a_frame(path: Path) -> bytes:
    """The content of a file; in a page, links to other sites open a tab, because a frame may show this site alone."""
    content = path.read_bytes()
    return (
        content.replace(b' rel="noreferrer"', b' rel="noreferrer" target="_blank"')
        if path.suffix == ".html"
        else content
    )


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
