"""The cause of a classifier's errors, by stated rules over its answers, those of probes, and answers without a word.

A cause is the explanation that fits best of those that are listed here. It is not proof: the repair that it names was
not used to find it, and making that repair is the test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from probing.diagnosis.answers import Answers
from probing.diagnosis.compared import ALL, HALF, Comparison, comparisons, kept_groups
from probing.diagnosis.group_means import Estimate, estimates
from probing.result.resampling import Resampling

Kind = Literal["as trained", "outweighed", "unused", "lost", "undecided", "healthy"]
MARGIN = 0.02  # smaller differences of accuracy are no cause, however sure they are
HARD = 0.05  # a group that is harder than the rest by more than this asks for an explanation
GOOD = 0.9  # and so does a classifier that is right less often

Found = Mapping[Comparison, Estimate]


@dataclass(frozen=True)
class Cause:
    """Why a classifier errs, and in which group of sentences.

    layer: of "lost", the first one from which it is lost. instead: the lower layer that still has it. word: what
    outweighs. gain: the accuracy that the repair should add in the group. evidence: all that was measured, for every
    group; too_few: groups that were left out because they are small.
    """

    kind: Kind
    group: str = ALL
    layer: int | None = None
    instead: int | None = None
    word: str | None = None
    gain: Estimate | None = None
    evidence: Found | None = None
    too_few: tuple[str, ...] = ()


def cause(answers: Answers, resampling: Resampling, margin: float = MARGIN) -> Cause:
    """The cause of a classifier's errors on N sentences; ``resampling`` is of these sentences.

    Every difference of two accuracies is measured in every group, and all form one family: its intervals hold together
    with 95 % probability, so that searching groups, layers and words finds no cause where there is none. A difference
    counts if its whole interval lies above ``margin``.

    - as trained: in a group the classifier is surely right less often than by guessing, and less often than in the
      other sentences, and on train it gives the labels there. No probe is right there more often than wrong both here
      and on train: one that is shows that the labels agree.
    - outweighed: without one word the classifier is right more often.
    - unused: a probe on the layer that the classifier reads is right more often than the classifier.
    - lost: a probe on a lower layer is right more often than the one on the layer that is read, and surely more often
      than the classifier: otherwise the classifier does not err because of it.
    - undecided: none of these, but one group is harder than the rest by more than HARD, or the classifier is right
      in less than GOOD of all sentences.
    - healthy: none of these.

    As trained comes first. Of the next three, the one whose repair would mend most errors is named; but a word already
    if it would mend HALF as many, because it is the more specific: a probe with a stronger penalty than the head's may
    escape the word as well. A group is named
    instead of all sentences if HALF of these errors are in it, and if the difference in the other sentences is surely
    less than HALF of that in the group. (It need not be 0 there: a head that learnt wrong labels for some sentences
    becomes worse for the others too.) Of several groups, the one with most of the errors is named.

    The gain is that of the repair over the classifier as it is. unused: a new head, on the same layer. lost: a head on
    the layer ``instead``. outweighed: trained without the word. as trained: labels mended, so that the group becomes as
    easy as the rest.
    """
    groups, too_few = kept_groups(answers.groups)
    found = estimates(comparisons(answers, groups), resampling)
    chance = 1 / max(2, len(np.unique(answers.gold)))
    rules = (_as_trained(found, margin, chance), _largest(found, margin, answers), _hard(found))
    named = next((rule for rule in rules if rule is not None), Cause("healthy"))
    return Cause(**{**vars(named), "evidence": found, "too_few": too_few})


def _as_trained(found: Found, margin: float, chance: float) -> Cause | None:
    agree = {key.group for key, estimate in found.items() if key.what == "agrees" and estimate.low > HALF}
    taught = [
        (group, found[Comparison("weak", group)])
        for (what, group, _), estimate in found.items()
        if what == "trained" and estimate.low > margin and found[Comparison("right", group)].high < chance
        if group != ALL and group not in agree and found[Comparison("weak", group)].low > margin
    ]
    if not taught:
        return None
    group, gain = max(taught, key=lambda pair: pair[1].n)
    return Cause("as trained", group, gain=gain)


def _largest(found: Found, margin: float, answers: Answers) -> Cause | None:
    """The cause, of the three that compare two answers for the same sentences, that explains most errors."""
    held = {
        key: estimate
        for key, estimate in found.items()
        if key.what in ("outweighed", "unused", "lost") and estimate.low > margin
        if key.what != "lost" or found[key._replace(what="instead")].low > 0
    }
    if not held:
        return None
    mended = {key: estimate.value * estimate.n for key, estimate in held.items()}
    most = max(mended, key=lambda key: mended[key])
    words = [key for key in held if key.what == "outweighed" and mended[key] >= HALF * mended[most]]
    most = max(words, key=lambda key: mended[key], default=most)
    instead = [
        key
        for key in held
        if key.what == most.what and mended[key] >= HALF * mended[most] and _mostly_there(found, key)
    ]
    best = max(instead, key=lambda key: mended[key], default=most)
    gain = held[best]
    if best.what == "outweighed":
        return Cause("outweighed", best.group, word=best.detail, gain=gain)
    if best.what == "unused":
        return Cause("unused", best.group, gain=gain)
    layer = first_without(found, best, answers.layers)
    return Cause("lost", best.group, layer=layer, instead=int(best.detail), gain=found[best._replace(what="instead")])


def _mostly_there(found: Found, key: Comparison) -> bool:
    """Whether the same difference was measured in the other sentences, and is surely below HALF of this one there."""
    return key.elsewhere in found and found[key.elsewhere].high < HALF * found[key].value


def first_without(found: Found, best: Comparison, layers: tuple[int, ...]) -> int:
    """The first layer from which on at least half of the loss is there, up to the layer that is read."""
    kept = found[best].value
    above = [layer for layer in layers if layer > int(best.detail)]
    first = layers[-1]
    for layer in reversed(above[:-1]):
        still = found.get(Comparison("lost", best.group, str(layer)))
        if still is None or still.value > kept * HALF:  # this layer is better than the one that is read by as much
            break
        first = layer
    return first


def _hard(found: Found) -> Cause | None:
    """Errors that nothing explains: those of a hard group, else those of all sentences."""
    hard = {key.group: estimate for key, estimate in found.items() if key.what == "weak" and estimate.low > HARD}
    if not hard:
        return None if found[Comparison("right", ALL)].value >= GOOD else Cause("undecided")  # NaN: undecided
    return Cause("undecided", max(hard, key=lambda group: hard[group].value * hard[group].n))
