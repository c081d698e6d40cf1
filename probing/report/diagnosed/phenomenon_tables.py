"""How often a classifier and the probe of each layer fail by phenomenon, as tables, sentences and rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from probing.analysis.slice_errors import SliceErrors
from probing.diagnosis.compared import ALL
from probing.diagnosis.phenomenon_errors import Loss
from probing.report.diagnosed.measurement import PROBABILITY, SHARE, Measurement
from probing.report.diagnosed.toned_table import NONE, Cell, Toned, one_break, percent, signed, text

Place = tuple[int, int]  # of a phenomenon and a column


def columns(found: SliceErrors) -> list[str]:
    """Whose errors each column has."""
    return ["classifier" if layer is None else f"layer {layer}" for layer in found.layers]


def group_name(group: str, items: str) -> str:
    """The name of a group for readers: all items are called what they are."""
    return f"all {items}" if group == ALL else group


def error_table(found: SliceErrors) -> Toned:
    """Phenomenon by classifier and layer: how many answers are wrong; below, in all sentences."""
    rows = [
        [text(name), Cell(f"{n:,}"), *(error_cell(found, (row, column)) for column in range(len(found.layers)))]
        for row, (name, n) in enumerate(zip(found.names, found.counts.tolist(), strict=True))
    ]
    everywhere = [rate_cell(*ends) for ends in zip(*(part.tolist() for part in found.overall), strict=True)]
    return Toned(["phenomenon", "sentences", *columns(found)], rows, [[text(ALL), Cell(f"{found.n:,}"), *everywhere]])


def difference_table(found: SliceErrors) -> Toned:
    """The same minus the errors in all other sentences."""
    rows = [
        [text(name), *(difference_cell(found, (row, column)) for column in range(len(found.layers)))]
        for row, name in enumerate(found.names)
    ]
    return Toned(["phenomenon", *columns(found)], rows)


def error_cell(found: SliceErrors, at: Place) -> Cell:
    """An error rate with its own interval, coloured if it is surely not that of the rest."""
    rate, low, high = (float(part[at]) for part in (found.rate, found.low, found.high))
    return rate_cell(rate, low, high, tone_of(found, at))


def rate_cell(rate: float, low: float, high: float, tone: str = "") -> Cell:
    """An error rate with its interval in per cent."""
    if not np.isfinite(rate):
        return Cell(NONE)
    return Cell(one_break(f"{percent(rate)} [{100 * low:.1f}, {100 * high:.1f}]"), tone)


def difference_cell(found: SliceErrors, at: Place) -> Cell:
    """A difference of error rates with its joint interval."""
    if not np.isfinite(found.difference[at]):
        return Cell(NONE)
    return Cell(one_break(said(found, at)), tone_of(found, at))


def tone_of(found: SliceErrors, at: Place) -> str:
    """Coloured where the joint interval of the difference excludes 0."""
    return "for3" if found.joint_low[at] > 0 else "against3" if found.joint_high[at] < 0 else ""


def said(found: SliceErrors, at: Place) -> str:
    """A difference with its joint interval, in percentage points."""
    value, low, high = (
        signed(100 * float(part[at]), 1) for part in (found.difference, found.joint_low, found.joint_high)
    )
    return f"{value} [{low}, {high}]"


def failing(found: SliceErrors) -> str:
    """Where the classifier is surely wrong more often than elsewhere, in words; empty: nowhere."""
    column = found.layers.index(None)
    rows = [row for row in range(len(found.names)) if found.joint_low[row, column] > 0]
    rows.sort(key=lambda row: -float(found.difference[row, column]))
    if not rows:
        return ""
    listed = ", ".join(f"{found.names[row]} {said(found, (row, column))}" for row in rows)
    return (
        f"The classifier is wrong more often than in the other sentences in: {listed} (percentage points; intervals "
        f"corrected for all {found.n_differences} differences)."
    )


def lost_in(lost: Sequence[Loss], group: str) -> str:
    """From which layer on a group is lost; empty: it is not."""
    return next((f"from layer {one.layer} on" for one in lost if one.group == group), "")


def losses_in_words(lost: Sequence[Loss], items: str = "sentences") -> str:
    """Which groups are lost after which layer, in words; empty: none."""
    listed = "; ".join(
        f"{group_name(one.group, items)} from layer {one.layer} on (layer {one.instead} is right more often by "
        f"{signed(one.by.value, 3)} [{signed(one.by.low, 3)}, {signed(one.by.high, 3)}])"
        for one in lost
    )
    return f"Lost between layers: {listed}." if listed else ""


def phenomena_as_json(found: SliceErrors, lost: Sequence[Loss], rules: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each phenomenon with its rule, its number of sentences, and where it is lost; its rates are measurements."""
    where = {one.group: {"layer": one.layer, "instead": one.instead, **vars(one.by)} for one in lost}
    return [
        {"name": name, "rule": rules.get(name, ""), "n": n, **({"lost": where[name]} if name in where else {})}
        for name, n in zip(found.names, found.counts.tolist(), strict=True)
    ]


def rows_of_phenomena(found: SliceErrors) -> Iterator[Measurement]:
    """Error rates, their differences from the rest, and p-values."""
    for row in range(len(found.names)):
        for column in range(len(found.layers)):
            yield from _rows_of(found, (row, column))


def rows_of_losses(lost: Sequence[Loss], items: str = "sentences") -> Iterator[Measurement]:
    """The layers from which on phenomena are lost."""
    for one in lost:
        yield Measurement(
            what="lost from this layer on",
            method=f"layer {one.instead} instead",
            layer=one.layer,
            name=group_name(one.group, items),
            value=one.by.value,
            low=one.by.low,
            high=one.by.high,
            n=one.by.n,
            unit=SHARE,
        )


def _rows_of(found: SliceErrors, at: Place) -> Iterator[Measurement]:
    layer = found.layers[at[1]]
    about: dict[str, Any] = {
        "method": "classifier" if layer is None else "probe",
        "layer": layer,
        "name": found.names[at[0]],
        "n": int(found.counts[at[0]]),
    }
    rate, apart = (found.rate, found.low, found.high), (found.difference, found.joint_low, found.joint_high)
    for what, ends in (("error rate", rate), ("error rate minus that of the rest", apart)):
        value, low, high = (float(each[at]) for each in ends)
        yield Measurement(what=what, unit=SHARE, value=value, low=low, high=high, **about)
    yield Measurement(what="adjusted p of that difference", value=float(found.p[at]), unit=PROBABILITY, **about)
