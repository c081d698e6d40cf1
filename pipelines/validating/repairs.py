"""The repair that a cause names, made for real, and what it adds on test, which no verdict has seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.validating.linear_heads import Classes, Head, trained_head
from pipelines.validating.planted_faults import Faulty
from probing.diagnosis.cause import Cause
from probing.diagnosis.compared import ALL
from probing.diagnosis.group_means import Estimate

Z = 1.96  # standard errors of a 95 % interval


@dataclass(frozen=True)
class Gain:
    """What a repair was predicted to add to the accuracy in the cause's group, and what it added there on test.

    error: standard error of ``measured``, from the ``n`` sentences of test. low, high: the predicted interval, each
    side widened by the sampling error of test: both errors are independent, so that their squares add up.
    """

    predicted: Estimate
    measured: float
    error: float
    n: int

    @property
    def low(self) -> float:
        """The lower end of the widened interval."""
        return self.predicted.value - float(np.hypot(self.predicted.value - self.predicted.low, Z * self.error))

    @property
    def high(self) -> float:
        """The upper end of the widened interval."""
        return self.predicted.value + float(np.hypot(self.predicted.high - self.predicted.value, Z * self.error))

    @property
    def is_sure(self) -> bool:
        """Whether the predicted interval, without that of test, is on one side of 0, so that it predicts a sign."""
        return self.predicted.low > 0 or self.predicted.high < 0

    @property
    def sign_is_right(self) -> bool:
        """Whether the repair helps as predicted, or harms as predicted."""
        return self.measured * self.predicted.value > 0

    @property
    def covered(self) -> bool:
        """Whether the measured gain lies in the widened interval."""
        return self.low <= self.measured <= self.high


def gain_of(faulty: Faulty, cause: Cause, rng: np.random.Generator) -> Gain | None:
    """Make the repair and measure it on test; None if the cause predicts no gain, or its group is not in test."""
    if cause.gain is None:
        return None
    layer, head = repaired(faulty, cause, rng)
    test, inside = faulty.parts["test"], inside_of(faulty, cause)
    vectors = faulty.reader.vectors(test.sentences)
    before, after = faulty.head.classes(vectors[-1]), head.classes(vectors[layer])
    return measured_gain(cause.gain, test.gold[inside], before[inside], after[inside])


def measured_gain(predicted: Estimate, gold: Classes, before: Classes, after: Classes) -> Gain | None:
    """What a repair added to the accuracy on N sentences of test, (N,) each; None for fewer than two."""
    gained = (after == gold).astype(np.float64) - (before == gold)
    if len(gained) < 2:
        return None
    return Gain(predicted, float(gained.mean()), float(gained.std(ddof=1) / np.sqrt(len(gained))), len(gained))


def repaired(faulty: Faulty, cause: Cause, rng: np.random.Generator) -> tuple[int, Head]:
    """The layer that is read after the repair, and a new head for it, trained on train.

    unused: another head. lost: it reads the layer that still has it. outweighed: train without the sentences that have
    the word. as trained: with mended labels.
    """
    train = faulty.parts["train"]
    labels = faulty.mended if cause.kind == "as trained" else train.gold
    kept = np.array([cause.word is None or cause.word not in map(str.lower, s.words) for s in train.sentences])
    layer = -1 if cause.instead is None else cause.instead
    vectors = faulty.reader.vectors(train.sentences)[layer]
    return layer, trained_head(vectors[kept], labels[kept], faulty.n_classes, rng)


def inside_of(faulty: Faulty, cause: Cause) -> NDArray[np.bool_]:
    """Which sentences of test are in the cause's group, (N,)."""
    test = faulty.parts["test"]
    if cause.word is not None:
        return np.array([cause.word in map(str.lower, one.words) for one in test.sentences])
    if cause.group == ALL:
        return np.ones(len(test.gold), dtype=bool)
    found: NDArray[np.bool_] = test.groups.inside[:, test.groups.names.index(cause.group)]
    return found
