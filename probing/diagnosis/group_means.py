"""Means over groups of sentences, and differences of two groups, with intervals that hold for all of them at once."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from probing.result.counts import Counts, n_units_in, totals
from probing.result.resampling import Resampling
from probing.result.simultaneous import jointly
from probing.result.statistics import Floats

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Measured:
    """What is averaged: values (N,), over the sentences ``inside`` (N,); minus the mean over ``less``, if given."""

    values: Floats
    inside: Floats
    less: Floats | None = None


@dataclass(frozen=True)
class Estimate:
    """A mean over the ``n`` sentences of a group, with its simultaneous 95 % interval (NaN: nothing to measure)."""

    value: float
    low: float
    high: float
    n: int


def estimates(family: Mapping[K, Measured], resampling: Resampling) -> dict[K, Estimate]:
    """One estimate per key; the intervals of all of ``family`` hold together with 95 % probability.

    Sentences (or documents) are resampled as ``resampling`` says, the same for every key, so that measurements on the
    same sentences are paired. What has fewer than two units is NaN.
    """
    if not family:
        return {}
    counts, ones = resampling.counts("diagnosis"), np.ones((1, len(resampling.units)), dtype=np.uint8)
    each = [(_mean(ones, one), _mean(counts, one), n_units_in(counts, one.inside)) for one in family.values()]
    value, resampled, n_units = (np.stack(column) for column in zip(*each, strict=True))
    value = np.where(n_units > 1, value[:, 0], np.nan)
    joint = jointly(value, resampled.T, n_units)
    ends = zip(value.tolist(), joint.low.tolist(), joint.high.tolist(), strict=True)
    numbers = zip(family.items(), ends, strict=True)
    return {key: Estimate(*of_key, n=int(one.inside.sum())) for (key, one), of_key in numbers}


def _mean(counts: Counts, one: Measured) -> Floats:
    """The estimate in each resample: counts (R, N) -> (R,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = totals(counts, one.values * one.inside) / totals(counts, one.inside)
        if one.less is not None:
            mean = mean - totals(counts, one.values * one.less) / totals(counts, one.less)
    return mean
