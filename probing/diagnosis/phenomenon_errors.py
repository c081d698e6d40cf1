"""Which phenomena a classifier and the probes below it get wrong, and after which layer a phenomenon is lost."""

from dataclasses import dataclass

import numpy as np

from probing.analysis.slice_errors import SliceErrors, slice_errors
from probing.diagnosis.answers import Answers
from probing.diagnosis.cause import MARGIN, Cause, first_without
from probing.diagnosis.group_means import Estimate


@dataclass(frozen=True)
class Loss:
    """A group whose sentences are told apart on a layer and no longer above.

    layer: the first one from which on most of the loss is there. instead: the lower layer that still has it. by: the
    accuracy of that layer's probe minus that of the probe on the layer that is read.
    """

    group: str
    layer: int
    instead: int
    by: Estimate


def phenomenon_errors(answers: Answers, rng: np.random.Generator) -> SliceErrors:
    """Errors of the classifier (column None) and of each layer's probe in every group; rng: for p-values."""
    wrong = np.column_stack([answers.model != answers.gold, (answers.probes != answers.gold).T])
    return slice_errors(answers.groups.names, answers.groups.inside, wrong, (None, *answers.layers), rng)


def losses(cause: Cause, layers: tuple[int, ...]) -> tuple[Loss, ...]:
    """Every group where a lower layer's probe surely beats that on the last of ``layers`` by more than MARGIN.

    The intervals are those of the cause: they hold together for all groups, layers and words.
    """
    found = cause.evidence or {}
    held = {key: one for key, one in found.items() if key.what == "lost" and one.low > MARGIN}
    kept = []
    for group in dict.fromkeys(key.group for key in found if key.what == "right"):
        here = {key: one for key, one in held.items() if key.group == group}
        if here:
            best = max(here, key=lambda key: here[key].value)
            kept.append(Loss(group, first_without(found, best, layers), int(best.detail), here[best]))
    return tuple(kept)
