"""Minimal pairs of a text: what the classifier makes of each, and where the difference to the text arises."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.activation_patching import Patched, patch_heads, patch_layers, patch_words
from probing.attention.interventions.aligned_texts import AlignedTexts
from probing.attention.interventions.layer_answers import Answer, layer_answers_of_each
from probing.axes import Sentence, Surface
from probing.data.minimal_pair import Edit
from probing.data.text_edits import text_edits
from probing.data.word_spans import word_spans
from probing.diagnosis.subject import Subject
from probing.diagnosis.taken_out import classes_given
from probing.errors import DataError

POSITIVE = "positive"  # the class for which the rules know words of praise


@dataclass(frozen=True, eq=False)
class EditedText:
    """An edit of the text, and what the classifier says of it.

    expected: class that the edit should have, in the corpus's numbers; None: the rules cannot say, because they know
    praise and blame alone (two classes, one of them ``positive``). predicted: the classifier's. log_probabilities (C,):
    of the classifier, in its own order. answers: of the probe of each layer.
    """

    edit: Edit
    expected: int | None
    predicted: int
    log_probabilities: NDArray[np.float64]
    answers: Sequence[Answer]

    def told_apart(self, answers: Sequence[Answer]) -> list[int]:
        """The layers whose probes give the edit another class than they give the text in ``answers``."""
        of_edit = {answer.layer: answer.predicted for answer in self.answers}
        return [answer.layer for answer in answers if of_edit[answer.layer] != answer.predicted]

    def should_differ(self, label: int) -> bool:
        """Whether the rules are sure that the edit of a text of this class has another one."""
        return self.expected not in (None, label) and self.edit.sure != "open"

    @property
    def as_expected(self) -> bool:
        """Whether the classifier gives the edit the class that it should have."""
        return self.predicted == self.expected


@dataclass(frozen=True, eq=False)
class PatchedPair:
    """Where the text and one of its edits part: states of words, and outputs of heads, put from one into the other.

    layers: states of all words that both have, and of special subwords, of one layer at once.
    """

    edit: Edit
    text: tuple[str, ...]  # the words of the text as edits count them, which ``words.words`` numbers
    words: Patched
    heads: Patched
    layers: Patched


def edited_texts(subject: Subject, sentence: Sentence, label: int) -> list[EditedText]:
    """All edits of a text, with the answers of the classifier and of all probes, each from one call for all edits.

    None of a text without a letter; an edit that no longer fits into one input is left out.
    """
    exact = [] if subject.exact_edits is None else subject.exact_edits(sentence)
    edits = expected_edits(sentence, label, subject.classes, exact)
    if not edits:
        return []
    sentences = [edit.sentence(edit.kind) for edit, _ in edits]
    rows, probes = subject.log_probabilities(sentences), subject.probes([0] * len(edits))
    answers = layer_answers_of_each(subject.encoder, subject.subwords(sentences), probes, subject.errors)
    classes = classes_given(subject, rows)
    return [
        EditedText(edit, expected, int(classes[n]), rows[n], answers[n])
        for n, (edit, expected) in enumerate(edits)
        if answers[n] and np.isfinite(rows[n]).all()
    ]


def expected_edits(
    sentence: Sentence, label: int, classes: Sequence[str], exact: Sequence[Edit] = ()
) -> list[tuple[Edit, int | None]]:
    """The edits of a text of this class, each with the class that it should have; None: the rules cannot say.

    exact: those of its derivation, which take the place of edits by rules over words.
    """
    if not any(map(str.isalnum, as_text(sentence))):
        return []
    positive = classes[label] == POSITIVE if POSITIVE in classes else None
    known = positive is not None and len(classes) == 2  # the rules are about praise and blame, and nothing else
    expected = {True: 1 - label, False: label} if known else {}
    edits = exact or text_edits(as_text(sentence), positive).edits
    return [(edit, expected.get(edit.flips)) for edit in edits]


def as_text(sentence: Sentence) -> str:
    """The text as it is written, or its words between spaces. Raises: DataError for a chat, which has a template."""
    if sentence.surface is not None and sentence.surface.contents is not None:
        raise DataError(f"{sentence.id} is a chat, and only texts are diagnosed; give texts, not messages")
    return " ".join(sentence.words) if sentence.surface is None else sentence.surface.text


def text_sentence(text: str, name: str = "text") -> Sentence:
    """A text as a sentence that models read as it is written; its words are those that edits count."""
    spans = word_spans(text)
    return Sentence(name, tuple(text[start:end] for start, end in spans), surface=Surface(text, tuple(spans)))


def telling_pair(edits: Sequence[EditedText], predicted: int, label: int) -> EditedText | None:
    """The edit to compare the text with: one whose answer differs from that for the text, else one that should."""
    others = [edit for edit in edits if edit.predicted != predicted]
    should = [edit for edit in edits if edit.should_differ(label)]
    return next(iter([*others, *should]), None)


def patched_pair(subject: Subject, sentence: Sentence, edit: Edit, classes: tuple[int, int]) -> PatchedPair:
    """Activation patching between a text (the clean one) and its edit; classes: of the classifier, a and b.

    Raises: ModelError for an architecture whose heads cannot be taken apart.
    """
    known = edit.sure == "exact"  # its words are those of the sentence
    both = [sentence if known else text_sentence(as_text(sentence)), edit.sentence(edit.kind)]
    subwords, readout = subject.read(both, [0, 0])
    given = (subject.encoder, AlignedTexts(subwords, np.array(edit.source)), readout, classes)
    return PatchedPair(edit, both[0].words, patch_words(*given), patch_heads(*given), patch_layers(*given))
