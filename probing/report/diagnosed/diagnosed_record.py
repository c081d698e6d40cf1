"""What the pages of a diagnosis are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from probing.analysis.slice_errors import SliceErrors
from probing.diagnosis.cause import Cause
from probing.diagnosis.diagnosed_text import DiagnosedText
from probing.diagnosis.phenomenon_errors import Loss, losses
from probing.diagnosis.split_answers import SplitAnswers


@dataclass(frozen=True, eq=False)
class OfSplit:
    """The answers for a whole split, the cause of its errors, and its errors by phenomenon.

    phenomena: of sentences; None for words. left_out: of its sentences, or words, those without answers. rules: by
    which a sentence has a phenomenon, by its name.
    """

    split: str
    answers: SplitAnswers
    cause: Cause
    phenomena: SliceErrors | None
    left_out: int = 0
    rules: Mapping[str, str] = field(default_factory=dict)

    @property
    def items(self) -> str:
        """What was answered: ``sentences`` or ``words``."""
        return self.answers.items

    @property
    def n_wrong(self) -> int:
        """How many answers of the classifier are wrong."""
        return len(self.answers.wrong)

    @property
    def lost(self) -> tuple[Loss, ...]:
        """The phenomena that are lost between layers."""
        return losses(self.cause, self.answers.answers.layers)


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Everything that was diagnosed at once.

    title: of the overview. classifier: what it is, in words. classes: of the corpus, which ``TextEvidence.label`` and
    ``predicted`` count. names: of the classifier's classes, in its own order. of_split: for errors of a corpus.
    notes: what was left out. stand_ins: sentences. provenance: what identifies it and where its numbers come from, as
    JSON. caveats: what a reader must know of the classifier.
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
    caveats: tuple[str, ...] = ()
