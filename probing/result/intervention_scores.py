"""Scores of interventions on a concept: completeness, selectivity, and their harmonic mean, reliability.

The three, and validation probes, are those of Canby et al. 2024 (arXiv 2408.15510). The formulas below follow its
definitions in words and were not held against its text or its code; dividing by the frequencies of classes is ours.
They are read by validation probes: probes of unchanged vectors that were not used to build the intervention. All
distances between distributions are total variation distances, half of sum |p - q|.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from probing.axes import Tally
from probing.errors import ProbingError
from probing.result.bootstrap import Sums
from probing.result.statistics import Floats

RELIABILITY = "reliability"


def balanced(logits: Floats, frequencies: Floats) -> Floats:
    """Probabilities (N, C) of a probe as if all classes were equally frequent in training. frequencies: (C,).

    A probe that knows nothing gives the frequencies of the classes; here it gives 1 / C to each, which is what a
    removal should reach, however skewed the classes are.
    """
    return np.asarray(softmax(log_softmax(logits, axis=1) - np.log(frequencies), axis=1))


def removed(probabilities: Floats) -> Floats:
    """Completeness of a removal, (N, C) -> (N,): 1 if all C classes are equally probable, 0 if one of them is certain.

    1 - TV(p, uniform) * C / (C - 1).
    """
    n_classes = probabilities.shape[1]
    apart = np.abs(probabilities - 1 / n_classes).sum(axis=1) / 2
    return np.asarray(1 - apart * n_classes / (n_classes - 1))


def reached(probabilities: Floats, wanted: NDArray[np.int64]) -> Floats:
    """Completeness of a counterfactual, (N,): 1 - TV(p, the wanted class), which is that class's probability."""
    return np.asarray(probabilities[np.arange(len(wanted)), wanted])


def unchanged(before: Floats, after: Floats) -> Floats:
    """Selectivity for one other property, (N, C) each -> (N,): 1 - TV(before, after) / the largest it can be.

    The largest distance from a distribution is that to its least probable class.
    """
    apart = np.abs(before - after).sum(axis=1) / 2
    return np.asarray(1 - apart / (1 - before.min(axis=1)))


def harmonic_mean(one: Floats, other: Floats) -> Floats:
    """2ab / (a + b); 0 where both are 0, or where either is negative."""
    one, other = np.maximum(one, 0), np.maximum(other, 0)
    total = one + other
    return np.asarray(np.where(total > 0, 2 * one * other / np.where(total > 0, total, 1), 0))


def reliability(completeness: Tally, selectivity: Tally) -> Sums:
    """The harmonic mean of both means, to be resampled: its interval counts that they vary together.

    Raises: ProbingError if they are not of the same sentences and layers.
    """
    if completeness.sums.shape != selectivity.sums.shape:
        raise ProbingError(
            f"completeness has sums of shape {completeness.sums.shape}, selectivity of {selectivity.sums.shape}; "
            "score both on the same sentences and layers"
        )
    items = np.broadcast_to(completeness.items.reshape(len(completeness.items), -1), completeness.sums.shape)
    others = np.broadcast_to(selectivity.items.reshape(len(selectivity.items), -1), selectivity.sums.shape)
    columns = (completeness.sums, items, selectivity.sums, others)
    return Sums(RELIABILITY, columns, _of_sums, np.minimum(items, others), (0.0, 1.0))


def _of_sums(completeness: Floats, items: Floats, selectivity: Floats, others: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return harmonic_mean(completeness / items, selectivity / others)
