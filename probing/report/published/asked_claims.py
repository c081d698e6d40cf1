"""What a check of a claim reads: a point or the values of a series, and how they are said."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from probing.report.metric_format import scored
from probing.report.published.numbers_beside import Beside
from probing.report.published.paper_data import EACH, Paper, Series
from probing.report.published.read_series import Made, Missing, Point, Values, name_of, values_of

Answer = tuple[str, str]  # verdict, and the numbers behind it or the reason


@dataclass(frozen=True)
class Verdict:
    """What a check found. verdict: HOLDS, FAILS or UNKNOWN. because: the reason of UNKNOWN, else empty."""

    claim: str
    verdict: str
    numbers: str
    because: str = ""


@dataclass(frozen=True)
class Asked:
    """What a check may read. beside: published numbers and ours. decoder: the model reads from left to right."""

    paper: Paper
    made: Made
    beside: Sequence[Beside]
    decoder: bool


def point(asked: Asked, of: str) -> tuple[Point, str]:
    """The point that ``uuas@best`` names, and what it is, in words; without a place that at the best layer.

    Raises: Missing.
    """
    name, _, place = of.partition("@")
    values = values_of(asked.paper, name, asked.made)
    found = values.at(place or "best")
    return found, said(asked, of, found, values.why if place in ("", "best") else "")


def said(asked: Asked, of: str, one: Point, why: str = "") -> str:
    """A point with its interval in words. why: it is at this place, if that is not in its name."""
    name, _, place = of.partition("@")
    series = asked.paper.series[name]
    where = f" at {place_name(asked.paper, series)}{name_of(one.x)}{f' ({why})' if why else ''}"
    if place == "mean" or (isinstance(one.x, float) and math.isnan(one.x)):
        where = " (mean)" if place == "mean" else ""
    return f"{series.label}{where}: {scored(one.value, one.low, one.high, one.metric)}"


def place_name(paper: Paper, series: Series) -> str:
    """What the places of a series are: layers, values of an option, relations, heads or numbers of heads."""
    if series.relations:
        return ""
    if series.heads == EACH:
        return "head "
    if series.numbered:
        return "number "
    option = next(iter(paper.runs[series.run].sweep), "layer")
    return f"{option.rpartition('.')[2].replace('_', ' ')} "


def measured(asked: Asked, of: str) -> Values:
    """The values of the series that ``of`` names. Raises: Missing, also if one of them is no number."""
    values = values_of(asked.paper, of.partition("@")[0], asked.made)
    if any(math.isnan(one.value) for one in values.points):
        raise Missing("a value of the curve is not a number")
    return values
