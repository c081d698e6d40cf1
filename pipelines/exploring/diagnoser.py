"""Why a typed text gets its answer: a diagnosis of one text after the other, with the files of its pages."""

import mimetypes
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.exploring.classifiers import Classifier, how_to_get_one
from pipelines.exploring.request import RequestError, WhyRequest

if TYPE_CHECKING:
    from pipelines.exploring.typed_diagnosis import Loaded
    from probing.report.diagnosed.diagnosed_record import Diagnosis

KEPT = 8  # diagnoses whose pages can be opened; of more, the latest ones


@dataclass(eq=False)
class Diagnoser:
    """Diagnoses of typed texts, one at a time; whatever they need is loaded when the first one is asked for.

    typed: how the model was asked for, such as ``model=minilm``. device: of the model. n_subwords: the most that a text
    may have. stage: what is being done, while something is. seconds: how long the latest diagnosis took.
    """

    classifiers: Sequence[Classifier]
    typed: str
    device: str = "auto"
    n_subwords: int = 512
    stage: str | None = None
    seconds: float | None = None
    _loaded: "dict[str, Loaded]" = field(default_factory=dict)
    _files: dict[int, dict[str, bytes]] = field(default_factory=dict)

    def status(self) -> dict[str, Any]:
        """What GET /api/model says of it."""
        found = [{"task": one.task, "classes": list(one.classes)} for one in self.classifiers]
        missing = None if found else how_to_get_one(self.typed)
        return {"classifiers": found, "missing": missing, "stage": self.stage, "seconds": self.seconds}

    def why(self, wanted: WhyRequest) -> dict[str, Any]:
        """The diagnosis as JSON, and the address of its page. Raises: RequestError, ProbingError."""
        classifier = self._chosen(wanted.task)
        began = time.perf_counter()
        self.stage = "loading the classifier and its training vectors"
        try:
            from pipelines.exploring.typed_diagnosis import loaded, typed_diagnosis
            from probing.report.diagnosed.diagnosis_files import as_json

            if classifier.task not in self._loaded:
                self._loaded[classifier.task] = loaded(classifier, self.device, self._progress)
            self.stage = "measuring words, heads, layers and minimal pairs"
            found = typed_diagnosis(self._loaded[classifier.task], wanted, self.n_subwords)
            self.stage = "drawing the page"
            page = self._keep(found)
        finally:
            self.stage = None
        self.seconds = round(time.perf_counter() - began, 1)
        return {"diagnosis": as_json(found), "page": page, "seconds": self.seconds}

    def file(self, number: int, name: str) -> tuple[bytes, str] | None:
        """A file of diagnosis ``number``, and its type; None if there is no such file, or not any more."""
        content = self._files.get(number, {}).get(name)
        return None if content is None else (content, mimetypes.guess_type(name)[0] or "application/octet-stream")

    def _chosen(self, task: str | None) -> Classifier:
        if not self.classifiers:
            raise RequestError(400, " ".join(how_to_get_one(self.typed).split()))
        for one in self.classifiers:
            if task in (None, one.task):
                return one
        names = ", ".join(one.task for one in self.classifiers)
        raise RequestError(400, f"task is {task}; the tasks with a classifier are {names}; send one of them")

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
        number = max(self._files, default=0) + 1
        self._files = {**dict([*self._files.items()][1 - KEPT :]), number: files}
        return f"/why/{number}/{page_name(1)}"


def in_a_frame(path: Path) -> bytes:
    """The content of a file; in a page, links to other sites open a tab, because a frame may show this site alone."""
    content, link = path.read_bytes(), b' rel="noreferrer"'
    return content.replace(link, link + b' target="_blank"') if path.suffix == ".html" else content
