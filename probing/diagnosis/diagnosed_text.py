"""One text with all that was measured on it, its verdict, and where its difference to a minimal pair is."""

from dataclasses import dataclass

import numpy as np

from probing.analysis.text_parts import Reference
from probing.axes import Note, Sentence
from probing.diagnosis.edited_texts import PatchedPair, as_text, patched_pair, telling_pair
from probing.diagnosis.one_text import TextEvidence, text_evidence
from probing.diagnosis.subject import Subject
from probing.diagnosis.text_gain import OnDev, TextGain
from probing.diagnosis.text_verdict import Verdict, verdict
from probing.diagnosis.tried_repair import Tried, tried_repair
from probing.errors import DataError, ModelError


@dataclass(frozen=True, eq=False)
class DiagnosedText:
    """One text with its verdict. patched: the text and one of its edits; None: ``notes`` say why there is none.

    gain: what the repair of the verdict should add over dev. tried: an intervention on the model for this text.
    """

    evidence: TextEvidence
    verdict: Verdict
    patched: PatchedPair | None = None
    notes: tuple[Note, ...] = ()
    gain: TextGain = TextGain()
    tried: Tried | None = None

    @property
    def text(self) -> str:
        """The text as it is written."""
        return as_text(self.evidence.sentence)

    @property
    def word(self) -> str:
        """The word that is classified, with its number from 1: ``watch (word 2)``; empty where the text is."""
        at = self.evidence.word
        return "" if at is None else f"{self.evidence.sentence.words[at]} (word {at + 1})"

    @property
    def answer(self) -> str:
        """The name of the class that the classifier gives, which the corpus may not have."""
        return self.evidence.explained[0]

    @property
    def confidence(self) -> float:
        """The probability that the classifier gives to its answer."""
        return float(np.exp(self.evidence.log_probabilities.max()))


def diagnosed_text(
    subject: Subject,
    sentence: Sentence,
    label: int,
    means: Reference,
    on_dev: OnDev | None = None,
    word: int | None = None,
) -> DiagnosedText:
    """Diagnose one text. label: its class in the corpus's numbers. means: what replaces heads (``head_reference``).

    on_dev: give the same one for all texts of a subject; without it, dev is read again for each text that needs it.
    word: for a classifier of words, the place of the word that has the label, from 0. Raises: DataError for a text that
    the classifier cannot read whole.
    """
    found = text_evidence(subject, sentence, label, means, word)
    told = verdict(found, subject.classes, subject.has_own_head)
    gain = (on_dev or OnDev(subject)).gain(told, sentence)
    pair, of_pair = patched(subject, found)
    tried, notes = None, [*of_pair]
    try:
        tried = tried_repair(subject, found, told, means)
    except ModelError as error:
        notes.append(Note("skipped", f"the intervention on this text left out: {error}"))
    return DiagnosedText(found, told, pair, tuple(notes), gain, tried)


def patched(subject: Subject, found: TextEvidence) -> tuple[PatchedPair | None, tuple[Note, ...]]:
    """Activation patching between the text and its most telling edit, or a note that says why there is none."""
    pair = telling_pair(found.edits, found.predicted, found.label)
    if pair is None:
        return None, (Note("skipped", "patching left out: no edit is known that has, or should have, another answer"),)
    one, other = (subject.names.index(name) for name in found.explained)
    try:
        return patched_pair(subject, found.sentence, pair.edit, (one, other)), ()
    except (DataError, ModelError) as error:
        return None, (Note("skipped", f"patching left out: {error}"),)
