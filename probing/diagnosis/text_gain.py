"""What the repair of a verdict on one text should add to the accuracy: measured over dev, on other sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from probing.axes import Note, Progress, Sentence, no_progress
from probing.diagnosis.answers import Answers, Right
from probing.diagnosis.compared import FEWEST
from probing.diagnosis.group_means import Estimate, Measured, estimates
from probing.diagnosis.split_answers import SplitAnswers, plain_answers
from probing.diagnosis.split_items import Integers
from probing.diagnosis.subject import Subject
from probing.diagnosis.taken_out import ABSENT, classes_by, without_words
from probing.diagnosis.text_verdict import Verdict
from probing.result.proportions import wilson
from probing.result.resampling import Resampling

NOT_PREDICTED = {
    "right": "the answer is the label",
    "not told apart": "the repair needs other training data, and was not measured",
    "doubtful label": "the label is in doubt, and not the model",
    "undecided": "no repair is named",
}
OTHER_LABEL = "in a sentence without a word, another label of the word that is classified may be right"


@dataclass(frozen=True)
class TextGain:
    """The gain in accuracy over dev. what: is compared with the classifier as it is.

    estimate: with a 95 % interval, of other sentences than the text, or (``items``) of the words of these sentences.
    None: nothing is predicted, and ``why`` says why. same_layer: of "lost", the gain of the probe on the layer that is
    read, which any new head may bring; None: there is no such gain, because this probe is the classifier.
    """

    what: str = ""
    estimate: Estimate | None = None
    why: str = ""
    same_layer: float | None = None
    items: str = "sentences"


@dataclass(frozen=True, eq=False)
class OnDev:
    """Answers on dev of a subject's classifier, of its probes, and without single words: once for many texts.

    known: those of dev, if they were found before. Everything else is measured when it is first asked for.
    """

    subject: Subject
    known: SplitAnswers | None = None
    on_progress: Progress = no_progress
    _without: dict[str, Integers] = field(default_factory=dict)

    @cached_property
    def found(self) -> SplitAnswers:
        """The answers with their sentences."""
        return self.known if self.known is not None else plain_answers(self.subject, "dev")

    @property
    def notes(self) -> tuple[Note, ...]:
        """On sentences of dev that are not read, or not whole."""
        return self.found.notes

    def gain(self, told: Verdict, text: Sentence) -> TextGain:
        """What the repair of a verdict on ``text``, or on a word of it, should add over dev."""
        if told.kind in NOT_PREDICTED:
            return TextGain(why=NOT_PREDICTED[told.kind])
        if told.kind == "outweighed" and self.subject.of_words:
            return TextGain(why=OTHER_LABEL)
        answers = self.found.answers
        if told.word is not None:
            answers = replace(answers, without={told.word: self.without(told.word)})
        resampling = self.subject.study.resampling("dev", self.found.numbers)
        return text_gain(told, answers, others(self.found.sentences, text), resampling, self.found.items)

    def without(self, word: str) -> Integers:
        """The class that the classifier gives to each sentence of dev without a word, (N,); ABSENT: it is not there."""
        if word not in self._without:
            known = self.found.answers.without.get(word)
            if known is None:
                given = ([word], self.found.sentences, classes_by(self.subject), self.on_progress)
                known = without_words(*given)[word]
            self._without[word] = known.astype(np.int64)
        return self._without[word]


def others(sentences: Sequence[Sentence], text: Sentence) -> Right:
    """Which sentences have other words than the text, (N,): a repair was chosen because it mends the text."""
    words = [*map(str.lower, text.words)]
    return np.array([[*map(str.lower, one.words)] != words for one in sentences], dtype=np.bool_)


def text_gain(
    told: Verdict, answers: Answers, others: Right, resampling: Resampling, items: str = "sentences"
) -> TextGain:
    """The gain of the repair that ``told`` names, from answers on N ``items``, over those in ``others``, (N,).

    unused: right by the probe on the layer that is read, minus right by the classifier. lost: the same with the probe
    on the layer that the verdict names. outweighed: right without the word minus right with it, in the sentences that
    have it. Both of each pair are answers to the same sentence. Absent for fewer than FEWEST sentences.
    """
    if told.kind == "outweighed" and told.word is not None:
        what, classes = f"leaving “{told.word}” out", answers.without[told.word]
    elif told.kind in ("unused", "lost"):
        layer = answers.layers[-1] if told.layer is None else told.layer
        what, classes = (
            f"the probe on layer {layer} in place of the classifier",
            answers.probes[answers.layers.index(layer)],
        )
    else:
        return TextGain(why=NOT_PREDICTED[told.kind])
    inside = others & (classes != ABSENT)
    n = int(inside.sum())
    if n < FEWEST:
        counted = f"{n} other {items if n != 1 else items.removesuffix('s')} of dev"
        kind = f"{counted} with “{told.word}”" if told.word is not None else counted
        return TextGain(what, why=f"{kind}, and at least {FEWEST} are needed")
    gained = (classes == answers.gold) - answers.right
    [estimate] = estimates({what: Measured(gained, inside.astype(np.float64))}, resampling).values()
    estimate = _with_width(estimate, resampling.of(np.flatnonzero(inside)).n_units)
    same = (answers.probes_right[-1] - answers.right)[inside] if told.kind == "lost" else np.zeros(0)
    return TextGain(what, estimate, same_layer=float(same.mean()) if same.any() else None, items=items)


def _with_width(one: Estimate, n_units: int) -> Estimate:
    """Where no resample differs, as where no answer changes, up to the share that so many units can hide."""
    if one.low < one.high:
        return one
    hidden = float(wilson(np.array(0.0), np.array(float(n_units)))[1])
    return replace(one, low=max(-1.0, one.value - hidden), high=min(1.0, one.value + hidden))
