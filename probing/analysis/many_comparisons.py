"""Rows whose intervals hold for a whole family of measurements at once, beside those that hold for each by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from probing.axes import Tally
from probing.result.bootstrap import Resampled
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.simultaneous import jointly
from probing.result.tally import resampled_tally

ADJUSTED = "_adjusted"  # follows the name of a method in rows whose interval is simultaneous over its family


def adjusted(rows: Sequence[Measurement], found: Sequence[Resampled]) -> list[Measurement]:
    """The same measurements with simultaneous intervals, as ``<method>_adjusted``. found: each at one place.

    All of ``found`` are over the same resamples, so that one may say of every row of the family what its interval says.
    """
    if not rows:
        return []
    joint = jointly(
        np.concatenate([one.value.ravel() for one in found]),
        np.concatenate([one.values.reshape(len(one.values), 1) for one in found], axis=1),
    )
    ends = zip(rows, joint.low.tolist(), joint.high.tolist(), strict=True)
    return [replace(row, probe=f"{row.probe}{ADJUSTED}", ci_low=low, ci_high=high) for row, low, high in ends]


def adjusted_by_layer(
    rows: Iterable[Measurement], tallies: Sequence[Tally], resampling: Resampling
) -> list[Measurement]:
    """``rows`` of ``tallies`` without heads, adjusted: each metric and layer is a family, over all targets."""
    found = {(tally.metric, tally.target): (tally.layers, resampled_tally(tally, resampling)) for tally in tallies}
    made = []
    families = groupby(sorted(rows, key=_family), key=_family)
    for (_, layer), family in families:
        members = [row for row in family if (row.metric, row.target) in found]
        of_layer = []
        for row in members:
            layers, one = found[row.metric, row.target]
            at = [layers.index(layer)]
            of_layer.append(replace(one, value=one.value[at], values=one.values[:, at], items=one.items[:, at]))
        made += adjusted(members, of_layer)
    return made


def _family(row: Measurement) -> tuple[str, int]:
    return row.metric, row.layer or 0
