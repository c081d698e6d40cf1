"""A behaviour suite run on a subject: how often it fails the tests of each capability."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.analysis.behaviour import Cell, failure_rates
from probing.axes import Progress, Sentence, no_progress
from probing.data.behaviour_cases import Case
from probing.data.grammar import LABELS
from probing.diagnosis.subject import Subject
from probing.errors import ConfigError, DataError
from probing.model.class_names import match_classes

AT_ONCE = 64  # texts between two lines of progress


@dataclass(frozen=True)
class SuiteRun:
    """The failure rates of a suite. left_out: cases with a text that the classifier cannot read."""

    cells: tuple[Cell, ...]
    left_out: int

    @property
    def n(self) -> int:
        """How many cases were run."""
        return sum(cell.n for cell in self.cells)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(cell.failed for cell in self.cells)


def check_classes(classes: Sequence[str]) -> None:
    """Raise ConfigError unless the labels of the suite are among these classes, whatever their case."""
    known = {name.strip().casefold() for name in classes}
    if missing := sorted({*LABELS.values()} - known):
        raise ConfigError(
            f"the behaviour suite has the classes {', '.join(sorted(LABELS.values()))}, and the corpus has no "
            f"{' and no '.join(missing)}, but {', '.join(classes)}; choose a corpus of sentiment, or "
            "name its labels alike"
        )


def run_suite(subject: Subject, cases: Sequence[Case], on_progress: Progress = no_progress) -> SuiteRun:
    """Run the cases; a class of the classifier is a label of the suite if it has its name, whatever its case.

    Raises: ConfigError for a classifier without these classes; DataError if it can read none of the texts.
    """
    check_classes(subject.classes)
    names = [*subject.names]
    for label, number in zip(LABELS.values(), match_classes([*LABELS.values()], dict(enumerate(names))), strict=True):
        names[number] = label
    known = probabilities(subject, cases, on_progress)
    readable = [case for case in cases if case.text in known and (not case.edited or case.edited in known)]
    if not readable:
        raise DataError("the classifier can read none of the texts of the behaviour suite; choose another model")
    cells = failure_rates(readable, lambda texts: np.stack([known[text] for text in texts]), names)
    return SuiteRun(cells, len(cases) - len(readable))


def probabilities(subject: Subject, cases: Sequence[Case], on_progress: Progress) -> dict[str, NDArray[np.float64]]:
    """Of each text of the cases that the classifier can read: (C',) in its own order."""
    texts = sorted({text for case in cases for text in (case.text, case.edited) if text}, key=len)
    found: dict[str, NDArray[np.float64]] = {}
    for start in range(0, len(texts), AT_ONCE):
        on_progress("behaviour suite", start, len(texts))
        some = texts[start : start + AT_ONCE]
        rows = np.exp(subject.log_probabilities([Sentence(text, tuple(text.split())) for text in some]))
        found |= {text: row for text, row in zip(some, rows, strict=True) if np.isfinite(row).all()}
    on_progress("behaviour suite", len(texts), len(texts))
    return found
