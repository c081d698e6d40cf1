"""The rules of a verdict on one text: whether each applies, and what was measured for it and against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from probing.analysis.text_parts import Part
from probing.attention.interventions.layer_answers import Answer, settled_from
from probing.data.negation_edits import negations_in
from probing.diagnosis.one_text import TextEvidence
from probing.diagnosis.untold_edits import flipping, moved_by, named, untold

Kind = Literal["right", "unused", "lost", "not told apart", "outweighed", "doubtful label", "undecided"]
NEAR = 0.8  # share of the nearest training sentences that must have the classifier's answer for a doubtful label
SURE = 0.9  # probability that every probe must give to that answer
TOLERATED = 0.02  # a lower probe may err on test so much more often than the one that is read
HEADS = 3  # that speak most for the wrong answer


@dataclass(frozen=True)
class Rule:
    """One explanation: whether it applies, and the measurements that speak for it and against it, as sentences."""

    kind: Kind
    applies: bool
    reasons: tuple[str, ...]
    against: tuple[str, ...] = ()


def name_of(classes: Sequence[str], number: int) -> str:
    """The name of a class of the corpus."""
    return classes[number] if 0 <= number < len(classes) else "a class that the corpus does not have"


def last_right(found: TextEvidence) -> int | None:
    """The highest layer below the one that is read whose probe gives the label and is about as good; None: none is."""
    return max((answer.layer for answer in _right_below(found) if _as_good(answer, found)), default=None)


def _right_below(found: TextEvidence) -> list[Answer]:
    return [answer for answer in found.below[:-1] if answer.predicted == found.label]


def _as_good(answer: Answer, found: TextEvidence) -> bool:
    """Whether a probe errs on test at most TOLERATED more often than the one on the layer that is read."""
    read = found.below[-1].error
    return answer.error is not None and read is not None and answer.error <= read + TOLERATED


def unused(found: TextEvidence, classes: Sequence[str]) -> Rule:
    """The probe on the layer that the classifier reads gives the label."""
    answer, given = found.below[-1], name_of(classes, found.predicted)
    says = f"the probe on layer {answer.layer}, which the classifier reads, says {classes[answer.predicted]}"
    if answer.predicted != found.label:
        return Rule("unused", False, (), (says,))
    against = [] if answer.error is None else [f"this probe is wrong in {100 * answer.error:.0f} % of test"]
    n_same, n_near = _near_as_given(found, classes), len(found.neighbours)
    if n_same > n_near / 2:
        taught = f"{n_same} of the {n_near} nearest training {found.items} are {given}"
        against.append(f"{taught}: the head may answer as it was taught")
    return Rule("unused", True, (says,), tuple(against))


def _near_as_given(found: TextEvidence, classes: Sequence[str]) -> int:
    """How many of the nearest training sentences, or words, have the classifier's answer."""
    return sum(neighbour.label == name_of(classes, found.predicted) for neighbour in found.neighbours)


def lost(found: TextEvidence, classes: Sequence[str]) -> Rule:
    """A probe on a lower layer, about as good on test, gives the label, and the one that is read does not."""
    read, right, layer = found.below[-1], _right_below(found), last_right(found)
    if read.predicted == found.label:
        return Rule("lost", False, (), (f"the probe on layer {read.layer}, which is read, still gives the label",))
    if not right:
        return Rule("lost", False, (), (f"no probe on any layer{found.up_to} gives the label",))
    worse = [answer for answer in right if not _as_good(answer, found)]
    chance = (
        (
            f"{_layers(worse)} the label, but err in up to {_error(worse)} of test, and the one on layer {read.layer} "
            f"in {_error([read])}: this may be chance",
        )
        if worse
        else ()
    )
    if layer is None:
        return Rule("lost", False, (), chance)
    good = [answer for answer in right if answer not in worse]
    reasons = (f"{_layers(good)} the label; {settled(found, classes)}",)
    n_wrong = len(found.below) - len(right)
    doubt = f"{n_wrong} of {len(found.below)} probes are wrong here; {_layers(good)} it and err in up to {_error(good)}"
    return Rule("lost", True, reasons, (f"{doubt} of test", *chance))


def _layers(answers: Sequence[Answer]) -> str:
    one = len(answers) == 1
    listed = ", ".join(str(answer.layer) for answer in answers)
    return f"the probe on layer {listed} gives" if one else f"probes on layers {listed} give"


def _error(answers: Sequence[Answer]) -> str:
    return f"{100 * max(answer.error or 0.0 for answer in answers):.0f} %"


def settled_layer(found: TextEvidence) -> int:
    """The layer from which on the answer of the probes stays the same, up to the one that is read."""
    first = settled_from(found.below, found.below[-1].predicted)
    return found.read_layer if first is None else first


def settled(found: TextEvidence, classes: Sequence[str]) -> str:
    """The same in words."""
    return f"from layer {settled_layer(found)} on the answer stays {classes[found.below[-1].predicted]}"


def not_told_apart(found: TextEvidence, classes: Sequence[str]) -> Rule:
    """An edit that should change the label gets the answer of the text from every probe, and hardly moves any."""
    should, same = flipping(found), untold(found)
    everywhere = f"has the same answer in every layer{found.up_to}"
    reasons = tuple(f"{named(edit)} {everywhere}, and {moved_by(edit, found)}" for edit in same)
    against = []
    for edit in should:
        if layers := edit.told_apart(found.below):
            against.append(f"{named(edit)} has another answer in layers {', '.join(map(str, layers))}")
        elif edit not in same:
            against.append(f"{named(edit)} {everywhere}, but {moved_by(edit, found)}")
    none = "no edit is known that should change the label" if found.word is None else "no edit is made for one word"
    nothing = () if should else (none,)
    return Rule("not told apart", bool(same), reasons, (*against, *nothing))


def outweighed(found: TextEvidence, classes: Sequence[str]) -> Rule:
    """Without one word the classifier gives the label."""
    words = outweighing(found)
    reasons = tuple(f"without “{word}” the classifier gives the label" for word in words)
    doubt = () if found.word is None else ("in a sentence without it, another label of the word may be right",)
    return Rule("outweighed", bool(words), reasons, doubt if words else ("no single word changes the answer",))


def outweighing(found: TextEvidence) -> list[str]:
    """The words without which the classifier gives the label, in the order of the text."""
    return [found.sentence.words[at] for at in _outweighing(found)]


def most_outweighing(found: TextEvidence) -> str:
    """Of these words the one without which the label gets the highest probability."""
    return found.sentence.words[max(_outweighing(found), key=lambda at: float(found.label_without[at]))]


def _outweighing(found: TextEvidence) -> list[int]:
    # without one, the label of a text is another
    negating = {*negations_in(found.sentence.words)} if found.word is None else set()
    return [at for at, given in enumerate(found.shorter) if given == found.label and at not in negating]


def speaking_heads(found: TextEvidence) -> list[Part]:
    """The heads that speak most for the wrong answer, at most HEADS."""
    return [part for part in found.parts if part.head is not None and part.effect > 0][:HEADS]


def doubtful(found: TextEvidence, classes: Sequence[str]) -> Rule:
    """The nearest training sentences, or words, have the classifier's answer, and every probe is sure of it."""
    answer = name_of(classes, found.predicted)
    n_same, n_near = _near_as_given(found, classes), len(found.neighbours)
    share = n_same / max(1, n_near)
    sure = all(found.probability(one, found.predicted) >= SURE for one in found.below[1:])
    neighbours = f"{n_same} of the {n_near} nearest training {found.items} {'is' if n_same == 1 else 'are'} {answer}"
    probes = f"every probe above layer 0{found.up_to} gives {answer} at least {100 * SURE:.0f} %"
    holds = [neighbours] if share >= NEAR else []
    holds += [probes] if sure else []
    fails = [neighbours] if share < NEAR else []
    fails += [] if sure else [f"not {probes}"]
    same = same_word(found)
    many = f"{same} of these {n_near} {'is' if same == 1 else 'are'} the same word"
    fails += [f"{many}, which says only how train labels it"] if same else []
    return Rule("doubtful label", share >= NEAR and sure, tuple(holds), tuple(fails))


def same_word(found: TextEvidence) -> int:
    """How many of the nearest words of train have the form of the word that is classified."""
    form = "" if found.word is None else found.sentence.words[found.word].lower()
    return sum(near.word.lower() == form for near in found.neighbours) if form else 0


RULES = (unused, lost, not_told_apart, outweighed, doubtful)  # in the order in which they are asked
