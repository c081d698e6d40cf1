"""Why a classifier gets texts right or wrong: what ``diagnose`` returns, as a table, as files, and as a page."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from probing.diagnosis.diagnosed_text import DiagnosedText
from probing.diagnosis.one_text import TextEvidence
from probing.diagnosis.text_verdict import Verdict
from probing.errors import ConfigError
from probing.report.diagnosed.diagnosed_record import Diagnosis
from probing.report.diagnosed.diagnoses_overview import write_diagnoses_overview
from probing.report.diagnosed.diagnosis_files import all_rows, as_json, as_table, write_diagnosis
from probing.report.diagnosed.text_page import write_text_page
from probing.report.diagnosed.toned_table import percent
from probing.report.style import short
from probing.view.notebook import NotebookPage

HEIGHT_PX = 760
LONGEST = 100  # characters of a text where it is only named
_ELSEWHERE = re.compile(r'<a href="(?!#|https?:)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)  # to a file beside the page


@dataclass(frozen=True, eq=False)
class TextDiagnoses:
    """The diagnosis of one text, or of several: ``found[0]`` is that of the first one.

    record: everything that was measured, as the pages of ``python -m pipelines.diagnose`` are made of it.
    """

    record: Diagnosis

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.record.texts)

    def __getitem__(self, place: int) -> "TextDiagnoses":
        """The diagnosis of one text alone. Raises: IndexError."""
        return replace(self, record=replace(self.record, texts=[self.record.texts[place]]))

    def __iter__(self) -> "Iterator[TextDiagnoses]":
        """The diagnosis of each text."""
        return (self[place] for place in range(len(self)))

    @property
    def text(self) -> str:
        """The text. Raises: ConfigError if there are several, as all that is said of one text."""
        return self._only.text

    @property
    def label(self) -> str:
        """Its right label."""
        return self.record.classes[self._only.evidence.label]

    @property
    def answer(self) -> str:
        """The class that the classifier gives it."""
        return self._only.answer

    @property
    def confidence(self) -> float:
        """The probability that the classifier gives to this answer."""
        return self._only.confidence

    @property
    def verdict(self) -> Verdict:
        """``kind``, ``says``, ``repair``, and all ``rules`` with what speaks for and against each."""
        return self._only.verdict

    @property
    def evidence(self) -> TextEvidence:
        """What was measured, as arrays: answers of each layer's probe, words, heads, near sentences, minimal pairs."""
        return self._only.evidence

    def to_frame(self) -> pd.DataFrame:
        """One line per number, as in the rows.csv of the command line; ``text`` counts from 1."""
        return as_table(all_rows(self.record))

    def to_dict(self) -> dict[str, Any]:
        """What the diagnosis.json of the command line holds."""
        return as_json(self.record)

    def save(self, folder: str | Path) -> Path:
        """Write a page per text, an overview, rows.csv and diagnosis.json into a new folder; returns the overview.

        Raises: ConfigError for a folder that holds something.
        """
        target = Path(folder).expanduser()
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ConfigError(f"{target} holds something; name a new folder, or delete that one")
        return write_diagnosis(self.record, target)

    def __repr__(self) -> str:
        """For each text its label, the answer to it, and the verdict."""
        return "\n".join(one._in_words() for one in self)

    def _in_words(self) -> str:
        verdict = self.verdict
        answers = f"label {self.label}, answer {self.answer} ({percent(self.confidence)})"
        repair = "" if self.label == self.answer else f"\n  repair to try: {verdict.repair}"
        return f"“{short(self.text, LONGEST)}”: {answers}\n  verdict: {verdict.kind}. {verdict.says}{repair}"

    def _repr_html_(self) -> str:
        """The page of the text, or the overview of several, in a frame of its own; its links to files are left out."""
        with tempfile.TemporaryDirectory(prefix="probing-") as folder:
            if len(self) == 1:
                page = write_text_page(1, self.record, Path(folder))
            else:
                page = write_diagnoses_overview(self.record, Path(folder))
            html = _ELSEWHERE.sub(r"\1", page.read_text(encoding="utf-8"))
        html = html.replace('href="#', 'href="about:srcdoc#')  # a bare # would lead to the notebook's own address
        return NotebookPage(html, self.record.title, HEIGHT_PX)._repr_html_()

    @property
    def _only(self) -> DiagnosedText:
        if len(self) != 1:
            raise ConfigError(f"these are {len(self)} texts; choose one, as in found[0].verdict")
        return self.record.texts[0]
