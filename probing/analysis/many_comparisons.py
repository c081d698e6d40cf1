"""Rows whose intervals hold for a whole family of measurements at once, beside those that hold for each by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from probing.axes import Tally
from probing.result.bootstrap import Resampled, degrees
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.simultaneous import ADJUSTED, jointly
from probing.result.tally import resampled_tally


def adjusted(rows: Sequence[Measurement], found: Sequence[Resampled]) -> list[Measurement]:
    """The same measurements with simultaneous intervals, as ``<method>_adjusted``. found: each at one place.

    All of ``found`` are over the same resamples, so that one may say of every row of the family what its interval says.
    """
    if not rows:
        return []
    value, n_units = (np.concatenate([getattr(one, name) for one in found]) for name in ("value", "n_units"))
    freedom = np.concatenate([degrees(one) for one in found])
    joint = jointly(value, np.concatenate([one.values for one in found], axis=1), n_units, freedom)
    least, most = np.array([one.limits for one in found]).T  # an accuracy cannot be above 1, nor a gain
    ends = zip(rows, np.maximum(joint.low, least).tolist(), np.minimum(joint.high, most).tolist(), strict=True)
    return [replace(row, probe=f"{row.probe}{ADJUSTED}", ci_low=low, ci_high=high) for row, low, high in ends]


def adjusted_heads(rows: Iterable[Measurement], tally: Tally, resampling: Resampling) -> list[Measurement]:
    """The rows of single heads of ``tally``, (N, L, H), adjusted: all heads are one family."""
    wanted = [row for row in rows if (row.probe, row.target) == (tally.probe, tally.target) and row.head is not None]
    found = resampled_tally(tally, resampling)
    return adjusted(wanted, [_at(found, tally.layers.index(row.layer or 0), row.head or 0) for row in wanted])


def adjusted_by_layer(
    rows: Iterable[Measurement], tallies: Sequence[Tally], resampling: Resampling
) -> list[Measurement]:
    """The rows of ``tallies``, (N, L) each, adjusted: each metric and layer is a family, over all targets."""
    found = {(tally.metric, tally.target): (tally.layers, resampled_tally(tally, resampling)) for tally in tallies}
    wanted = sorted((row for row in rows if (row.metric, row.target) in found), key=_family)
    made = []
    for _, grouped in groupby(wanted, key=_family):
        family = [*grouped]
        of_rows = [(found[row.metric, row.target], row.layer or 0) for row in family]
        made += adjusted(family, [_at(one, layers.index(layer)) for (layers, one), layer in of_rows])
    return made


def _at(found: Resampled, *place: int) -> Resampled:
    """One place alone, as an axis of length 1."""
    at: tuple[int | slice, ...] = (slice(None), *place)
    value, n_units = found.value[place][None], found.n_units[place][None]
    return replace(
        found, value=value, values=found.values[at][:, None], items=found.items[at][:, None], n_units=n_units
    )


def _family(row: Measurement) -> tuple[str, int]:
    return row.metric, row.layer or 0
