"""Why the classifier gets one text wrong: stated rules over what was measured, with reasons for and against each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from probing.diagnosis.one_text import TextEvidence
from probing.diagnosis.text_rules import (
    RULES,
    Kind,
    Rule,
    last_right,
    most_outweighing,
    name_of,
    outweighing,
    same_word,
    settled,
)
from probing.diagnosis.untold_edits import MOVED, untold


@dataclass(frozen=True)
class Verdict:
    """The first rule that applies, what it says, the repair to try, and all rules with their reasons.

    repair: an intervention that was not used to reach the verdict; ``text_gain`` says what it should add over dev.
    layer: of "lost", the one that still gives the label. word: of "outweighed", the one that counts most, lower-cased.
    """

    kind: Kind
    says: str
    repair: str
    rules: tuple[Rule, ...]
    layer: int | None = None
    word: str | None = None


def verdict(found: TextEvidence, classes: Sequence[str], own_head: bool) -> Verdict:
    """The verdict on one text. classes: of the corpus. own_head: the classifier is the model's own head, no probe."""
    label, predicted = classes[found.label], name_of(classes, found.predicted)
    if found.is_right:
        return Verdict("right", f"The classifier says {label}, as the label does.", "none is needed", ())
    rules = tuple(rule(found, classes) for rule in RULES)
    rules = rules if own_head else rules[1:]
    first = next((rule for rule in rules if rule.applies), None)
    if first is None:
        settle = "probes that are not linear, or more texts of this kind"
        says = f"The classifier says {predicted}; none of the rules explains why."
        return Verdict("undecided", says, f"none yet; {settle} would settle it", rules)
    says, repair = _SAYS[first.kind](found, classes)
    layer = last_right(found) if first.kind == "lost" else None
    word = most_outweighing(found).lower() if first.kind == "outweighed" else None
    return Verdict(first.kind, says, repair, rules, layer, word)


def _says_unused(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    layer = found.below[-1].layer
    return (
        f"A probe on layer {layer}, which the head reads, gives the label, and the head does not.",
        f"train the head again on the same training {found.items}, as the probe on layer {layer} was trained",
    )


def _says_lost(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    layer = last_right(found) or 0
    return (
        f"The probe on layer {layer} gives the label, and errs on test about as rarely as the one on layer "
        f"{found.read_layer}, which is read; {settled(found, classes)}.",
        f"read layer {layer} instead of layer {found.read_layer}, with a head that is trained as the probe there",
    )


def _says_not_told_apart(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    edit = untold(found)[0].edit
    return (
        f"The probes give this text and “{edit.text}” the same answer in every layer{found.up_to}, although the "
        f"labels should differ: what differs counts for the label by at most {MOVED:g} nat in any of them.",
        f"train the model on pairs of this kind ({edit.kind}); a linear head on one of these layers, with the same "
        "training data, should not help",
    )


def _says_outweighed(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    words, most = ", ".join(f"“{word}”" for word in outweighing(found)), most_outweighing(found)
    each = "" if len(outweighing(found)) == 1 else " each of"
    repair = f"leave “{most}” out of what is read, or train on texts in which it stands with the other label too"
    if found.word is not None:
        repair = f"train on more sentences in which “{most}” is near a word with the label {classes[found.label]}"
    return f"The rest of the text speaks for the label and is outweighed by{each} {words}.", repair


def _says_doubtful(found: TextEvidence, classes: Sequence[str]) -> tuple[str, str]:
    repair = f"let a second person label the {found.item} and its nearest training {found.items}"
    if same_word(found):
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
