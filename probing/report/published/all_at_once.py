"""Intervals that hold for all points of a series at once, so that a claim may be about every layer or head."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from probing.report.published.of_sentences import OfSentences, resampled_together, tables_of
from probing.report.published.read_series import Point, Values
from probing.report.sentence_scores import Together, together
from probing.result.bootstrap import Resampled
from probing.result.simultaneous import LEVEL, jointly

SHARES = ("mass_", "attention_share", "norm_share")  # how metrics between 0 and 1 begin that have no statistics


def measured_of(points: Sequence[Point]) -> list[OfSentences] | None:
    """The scores of all points, sentence by sentence; None where one of them has no statistics."""
    found = [one.measured for one in points if one.measured is not None]
    return found if found and len(found) == len(points) else None


def resampled_points(points: Sequence[Point], base: Together | None = None) -> Resampled | None:
    """All points on the same resamples, (K,) and (R, K); None where one of them has no statistics per sentence.

    base: the sentences to resample; those of the points, if it is not given.
    """
    found = measured_of(points)
    if found is None:
        return None
    return resampled_together(found, together(tables_of(found)) if base is None else base)


def all_at_once(values: Values) -> tuple[list[Point], str]:
    """The points with 95 % intervals that all hold with that probability, and how they were made, in words.

    From shared resamples (the largest of their studentised deviations); where sentences are not known, each interval by
    itself is widened to the level of Bonferroni, as that of a normal deviate.
    """
    points, n = [*values.points], len(values.points)
    if values.at_once or n == 1:
        return points, said_at_once(n)
    of = resampled_points(points)
    if of is None:
        times = float(ndtri(1 - (1 - LEVEL) / (2 * n)) / ndtri((1 + LEVEL) / 2))
        return [widened(one, times) for one in points], f"{said_at_once(n)}, by Bonferroni"
    joint = jointly(of.value, of.values, of.n_units)
    least, most = of.limits
    ends = zip(np.maximum(joint.low, least).tolist(), np.minimum(joint.high, most).tolist(), strict=True)
    return [replace(one, low=low, high=high) for one, (low, high) in zip(points, ends, strict=True)], said_at_once(n)


def widened(one: Point, times: float) -> Point:
    """A point whose ends are ``times`` as far from its value; shares keep to 0 and 1."""
    if math.isnan(one.low) or math.isnan(one.high):
        return one
    low, high = (one.value + times * (end - one.value) for end in (one.low, one.high))
    share = one.metric.startswith(SHARES)
    return replace(one, low=max(low, 0.0) if share else low, high=min(high, 1.0) if share else high)


def said_at_once(n: int) -> str:
    """In words what the intervals hold for."""
    return f"for all {n} at once" if n > 1 else "for the only one"
