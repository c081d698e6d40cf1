"""Why the classifier gets one text wrong: stated rules over what was measured, with reasons for and against each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from probing.data.negation_edits import negations_in
from probing.diagnosis.edited_texts import EditedText
from probing.diagnosis.one_text import TextEvidence

Kind = Literal["right", "unused", "lost", "not told apart", "outweighed", "doubtful label", "undecided"]
NEAR = 0.8  # share of the nearest training sentences that must have the classifier's answer for a doubtful label
SURE = 0.9  # probability that every probe must give to that answer


@dataclass(frozen=True)
class Rule:
    """One explanation: whether it applies, and the measurements that speak for it and against it, as sentences."""

    kind: Kind
    applies: bool
    reasons: tuple[str, ...]
    against: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The first rule that applies, what it says, the repair to try, and all rules with their reasons.

    repair: an intervention that was not used to reach the verdict. One text has no interval: how much a repair should
    add is told by ``cause``, over many sentences.
    """

    kind: Kind
    says: str
    repair: str
    rules: tuple[Rule, ...]


def verdict(found: TextEvidence, classes: Sequence[str], own_head: bool) -> Verdict:
    """The verdict on one text. classes: of the corpus. own_head: the classifier is the model's own head, no probe."""
    label, predicted = classes[found.label], name_of(classes, found.predicted)
    if found.is_right:
        return Verdict("right", f"The classifier says {label}, as the label does.", "none is needed", ())
    rules = tuple(rule(found, classes) for rule in (_unused, _lost, _not_told_apart, _outweighed, _doubtful))
    rules = rules if own_head else rules[1:]
    first = next((rule for rule in rules if rule.applies), None)
    if first is None:
        settle = "probes that are not linear, or more texts of this kind"
        says = f"The classifier says {predicted}; none of the rules explains why."
        return Verdict("undecided", says, f"{settle} would settle it", rules)
    says, repair = _SAYS[first.kind](found, classes)
    return Verdict(first.kind, says, repair, rules)


def name_of(classes: Sequence[str], number: int) -> str:
    """The name of a class of the corpus."""
    return classes[number] if 0 <= number < len(classes) else "a class that the corpus does not have"


def last_right(found: TextEvidence) -> int | None:
    """The highest layer up to the one that is read whose probe gives the label; None: no layer's does."""
    return max((answer.layer for answer in found.below if answer.predicted == found.label), default=None)


def _unused(found: TextEvidence, classes: Sequence[str]) -> Rule:
    answer = found.below[-1]
    says = f"the probe on layer {answer.layer}, which the classifier reads, says {classes[answer.predicted]}"
    right = answer.predicted == found.label
    error = "" if answer.error is None else f"this probe is wrong in {100 * answer.error:.0f} % of test"
    return Rule("unused", right, (says,) if right else (), (error,) if right and error else () if right else (says,))


def _lost(found: TextEvidence, classes: Sequence[str]) -> Rule:
    layer = last_right(found)
    if layer is None:
        return Rule("lost", False, (), ("no probe on any layer gives the label",))
    read = found.below[-1].layer
    if layer == read:
        return Rule("lost", False, (), (f"the probe on layer {read}, which is read, still gives the label",))
    right = [answer for answer in found.below if answer.predicted == found.label]
    listed = ", ".join(str(answer.layer) for answer in right)
    n_wrong = len(found.below) - len(right)
    reasons = (f"probes on layers {listed} give the label, and none from layer {layer + 1} on",)
    worst = max(answer.error or 0.0 for answer in right)
    doubt = (
        f"{n_wrong} of {len(found.below)} probes are wrong here; the others err in up to {100 * worst:.0f} % of test"
    )
    return Rule("lost", True, reasons, (doubt,))


def _not_told_apart(found: TextEvidence, classes: Sequence[str]) -> Rule:
    flipping = [edit for edit in found.edits if edit.should_differ(found.label)]
    same = [edit for edit in flipping if not edit.told_apart(found.below)]
    told = [edit for edit in flipping if edit.told_apart(found.below)]
    reasons = tuple(f"{_named(edit)} has the same answer in every layer" for edit in same)
    against = tuple(
        f"{_named(edit)} has another answer in layers {', '.join(map(str, edit.told_apart(found.below)))}"
        for edit in told
    )
    none = "no edit is known that should change the label" if found.word is None else "no edit is made for one word"
    nothing = () if flipping else (none,)
    return Rule("not told apart", bool(same), reasons, against + nothing)


def _named(edit: EditedText) -> str:
    return f"“{edit.edit.text}” ({edit.edit.kind})"


def _outweighed(found: TextEvidence, classes: Sequence[str]) -> Rule:
    words = outweighing(found)
    reasons = tuple(f"without “{word}” the classifier gives the label" for word in words)
    doubt = () if found.word is None else ("in a sentence without it, another label of the word may be right",)
    return Rule("outweighed", bool(words), reasons, doubt if words else ("no single word changes the answer",))


def outweighing(found: TextEvidence) -> list[str]:
    """The words without which the classifier gives the label."""
    words = found.sentence.words
    negating = {*negations_in(words)} if found.word is None else set()  # without one, the text's label is another
    given = zip(words, found.shorter, strict=True)
    return [word for at, (word, shorter) in enumerate(given) if shorter == found.label and at not in negating]


def _doubtful(found: TextEvidence, classes: Sequence[str]) -> Rule:
    answer = name_of(classes, found.predicted)
    near = [neighbour.label == answer for neighbour in found.neighbours]
    share = sum(near) / max(1, len(near))
    sure = all(found.probability(one, found.predicted) >= SURE for one in found.below[1:])
    neighbours = f"{sum(near)} of the {len(near)} nearest training {found.items} are {answer}"
    probes = f"every probe above layer 0 gives {answer} at least {100 * SURE:.0f} %"
    holds = [neighbours] if share >= NEAR else []
    holds += [probes] if sure else []
    fails = [neighbours] if share < NEAR else []
    fails += [] if sure else [f"not every probe above layer 0 gives {answer} at least {100 * SURE:.0f} %"]
    same = _same_word(found)
    fails += [f"{same} of these {len(near)} are the same word, and say only how train labels it"] if same else []
    return Rule("doubtful label", share >= NEAR and sure, tuple(holds), tuple(fails))


def _same_word(found: TextEvidence) -> int:
    """How many of the nearest words of train have the form of the word that is classified."""
    form = "" if found.word is None else found.sentence.words[found.word].lower()
    return sum(near.word.lower() == form for near in found.neighbours) if form else 0


def _says_unused(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    layer = found.below[-1].layer
    return (
        f"A probe on layer {layer}, which the head reads, gives the label, and the head does not.",
        "train the head again on the same training sentences, and measure it on test",
    )


def _says_lost(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    layer = last_right(found) or 0
    return (
        f"The probe on layer {layer} gives the label, and none from layer {layer + 1} on does.",
        f"read layer {layer} instead, or put its state back into layer {layer + 1} (patching)",
    )


def _says_not_told_apart(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    edit = next(e.edit for e in found.edits if e.should_differ(found.label) and not e.told_apart(found.below))
    return (
        f"The probes give this text and “{edit.text}” the same answer in every layer, although the labels should "
        "differ: in no layer does the difference change what a linear probe of this task says.",
        f"train the model on pairs of this kind ({edit.kind}); a linear head on the same training data should not help",
    )


def _says_outweighed(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    words = ", ".join(f"“{word}”" for word in outweighing(found))
    heads = [part.name for part in found.parts if part.kind == "head" and part.effect > 0][:3]
    through = f"remove the heads that speak most for the wrong answer ({', '.join(heads)})" if heads else ""
    training = "train on texts in which this word stands with the other label"
    if found.word is not None:
        training = f"train on more sentences in which this word is near one with the label {classes[found.label]}"
    return f"The rest of the text speaks for the label and is outweighed by {words}.", through or training


def _says_doubtful(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    repair = f"let a second person label the {found.item} and its nearest training {found.items}"
    if _same_word(found):
        stands = f"add training sentences in which “{found.sentence.words[found.word or 0]}” is {classes[found.label]}"
        repair = f"{repair}; if the label stands, {stands}"
    return (
        f"The model answers as its training data do for {found.item}s of this kind; the label of this {found.item} is "
        "in doubt.",
        repair,
    )


Says = Callable[[TextEvidence, Sequence[str]], tuple[str, str]]
_SAYS: dict[Kind, Says] = {
    "unused": _says_unused,
    "lost": _says_lost,
    "not told apart": _says_not_told_apart,
    "outweighed": _says_outweighed,
    "doubtful label": _says_doubtful,
}
