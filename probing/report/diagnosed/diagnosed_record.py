"""What the pages of a diagnosis are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from probing.diagnosis.cause import Cause
from probing.diagnosis.diagnosed_text import DiagnosedText
from probing.diagnosis.split_answers import SplitAnswers


@dataclass(frozen=True, eq=False)
class OfSplit:
    """The answers for a whole split, and the cause of its errors. left_out: of its sentences, those without answers."""

    split: str
    answers: SplitAnswers
    cause: Cause
    left_out: int = 0

    @property
    def items(self) -> str:
        """What was answered: ``sentences`` or ``words``."""
        return "sentences" if self.answers.words is None else "words"

    @property
    def n_wrong(self) -> int:
        """How many answers of the classifier are wrong."""
        return len(self.answers.wrong)


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Everything that was diagnosed at once.

    title: of the overview. classifier: what it is, in words. classes: of the corpus, which ``TextEvidence.label`` and
    ``predicted`` count. names: of the classifier's classes, in its own order. of_split: for errors of a corpus.
    notes: of the whole. stand_ins: sentences. provenance: what identifies it and where its numbers come from, as JSON.
    """

    title: str
    classifier: str
    classes: tuple[str, ...]
    names: tuple[str, ...]
    texts: Sequence[DiagnosedText]
    of_split: OfSplit | None = None
    notes: tuple[str, ...] = ()
    stand_ins: Sequence[str] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
