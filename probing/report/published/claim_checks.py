"""A claim of a paper, checked on rows: it holds, does not hold, or cannot be checked here, because …

greater        the first of two values is higher than the second, by more than ``by``
positive       the value is above ``by``
negative       the value is below −``by``
ascending      each of several values is higher than the one before it
highest        the layer (or setting) with the highest value lies between ``low`` and ``high``, as a share of the layers
lowest         the same of the lowest value
levels_off     the smallest setting within ``by`` of the highest value lies between ``low`` and ``high``, over the
               settings that may be that one
earlier        the first of two series has its expected layer below that of the second
published      every comparable number of the paper is matched within its tolerance
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from probing.report.best_layers import listed
from probing.report.metric_format import number, scored
from probing.report.published.layer_tests import enough, expected_layers, layers_that_may_be
from probing.report.published.numbers_beside import Beside
from probing.report.published.paper_data import Check, Paper, Series
from probing.report.published.read_series import Made, Missing, Point, Values, name_of, values_of
from probing.report.published.weighing import FAILS, HOLDS, UNKNOWN, difference, judged, judged_apart

NOT_CLEAR = "the data do not decide: the 95 % interval includes both answers, or there is none"
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


def check(asked: Asked, wanted: Check) -> Verdict:
    """The verdict on one claim."""
    if wanted.encoders and asked.decoder:
        return Verdict(wanted.claim, UNKNOWN, "", f"the model reads from left to right: {wanted.encoders}")
    try:
        verdict, text = KINDS[wanted.kind](asked, wanted)
    except Missing as error:
        return Verdict(wanted.claim, UNKNOWN, "", str(error))
    because = NOT_CLEAR if verdict == UNKNOWN else ""
    return Verdict(wanted.claim, verdict, text, because)


def point(asked: Asked, of: str) -> Point:
    """The point that ``uuas@best`` names; without a place that at the best layer. Raises: Missing."""
    name, _, place = of.partition("@")
    return values_of(asked.paper, name, asked.made).at(place or "best")


def said(asked: Asked, of: str, one: Point) -> str:
    """A point with its interval in words."""
    name, _, place = of.partition("@")
    series = asked.paper.series[name]
    where = f" at {place_name(asked.paper, series)}{name_of(one.x)}"
    if place == "mean" or (isinstance(one.x, float) and math.isnan(one.x)):
        where = " (mean)" if place == "mean" else ""
    return f"{series.label}{where} {scored(one.value, one.low, one.high, one.metric)}"


def place_name(paper: Paper, series: Series) -> str:
    """What the places of a series are: layers, values of an option, relations or numbers of heads."""
    if series.relations:
        return ""
    if series.numbered:
        return "number "
    option = next(iter(paper.runs[series.run].sweep), "layer")
    return f"{option.rpartition('.')[2].replace('_', ' ')} "


def greater(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    points = [point(asked, of) for of in wanted.of]
    value, low, high, how = difference(*points)
    texts = [said(asked, of, one) for of, one in zip(wanted.of, points, strict=True)]
    ends = scored(value, low, high, points[0].metric, signed=True)
    return judged_apart(value, low, high, wanted.by), f"{texts[0]}; {texts[1]}; difference {ends} ({how})"


def positive(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    one = point(asked, wanted.of[0])
    return judged(one.value, one.low, one.high, wanted.by), said(asked, wanted.of[0], one)


def negative(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    one = point(asked, wanted.of[0])
    return judged(-one.value, -one.high, -one.low, wanted.by), said(asked, wanted.of[0], one)


def ascending(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    points = [point(asked, of) for of in wanted.of]
    steps = [difference(above, below) for below, above in zip(points, points[1:], strict=False)]
    verdicts = {judged_apart(value, low, high, wanted.by) for value, low, high, _ in steps}
    texts = "; ".join(said(asked, of, one) for of, one in zip(wanted.of, points, strict=True))
    return next(one for one in (FAILS, UNKNOWN, HOLDS) if one in verdicts), texts


def inside(places: Sequence[int], shares: Sequence[float], wanted: Check) -> str:
    """Whether all, none or some of the ``places`` are inside of the range, by the share of each."""
    low, high = wanted.low or 0.0, math.inf if wanted.high is None else wanted.high
    within = [low <= shares[place] <= high for place in places]
    return HOLDS if all(within) else UNKNOWN if any(within) else FAILS


def measured(asked: Asked, of: str) -> Values:
    """The values of the series that ``of`` names. Raises: Missing, also if one of them is no number."""
    values = values_of(asked.paper, of.partition("@")[0], asked.made)
    if any(math.isnan(one.value) for one in values.points):
        raise Missing("a value of the curve is not a number")
    return values


def extreme(asked: Asked, wanted: Check, *, lowest: bool) -> Answer:
    """Where a series is highest or lowest, over the layers that cannot be distinguished from that one."""
    values = measured(asked, wanted.of[0])
    xs = [float(one.x) for one in values.points]
    if len(xs) < 3:
        raise Missing("fewer than three layers were measured")
    places = layers_that_may_be(values, lowest=lowest)
    shares = [x / xs[-1] for x in xs]
    best = values.at("lowest" if lowest else "highest")
    named = listed([int(xs[place]) for place in places])
    text = f"{said(asked, wanted.of[0], best)}, of {xs[-1]:g}; may be {'lowest' if lowest else 'highest'}: {named}"
    return inside(places, shares, wanted), text


def levels_off(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    values = measured(asked, wanted.of[0])
    places = enough(values, wanted.by)
    xs = [float(one.x) for one in values.points]
    curve = ", ".join(f"{name_of(one.x)}: {number(one.value, one.metric)}" for one in values.points)
    first = " or ".join(f"{xs[place]:g}" for place in places)
    return inside(places, xs, wanted), f"within {wanted.by:g} of the highest from {first} on ({curve})"


def earlier(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    series = [measured(asked, of) for of in wanted.of]
    layers = [expected_layers(one) for one in series]
    value, low, high = layers[1].minus(layers[0])
    labels = [asked.paper.series[of.partition("@")[0]].label for of in wanted.of]
    texts = [f"{label} {one.said()}" for label, one in zip(labels, layers, strict=True)]
    return judged(
        value, low, high, 0.0
    ), f"expected layers: {'; '.join(texts)}; difference {value:+.2f} [{low:+.2f}, {high:+.2f}]"


def published(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    of = {name.partition("@")[0] for name in wanted.of}
    compared = [one for one in asked.beside if one.deviation is not None and one.number.series in of]
    if not compared:
        reasons = dict.fromkeys(one.because for one in asked.beside if one.number.series in of and one.because)
        raise Missing(next(iter(reasons), "no number that the paper has of this is verified"))
    outside = [one for one in compared if not one.within]
    text = "; ".join(one.said() for one in outside or compared)
    return FAILS if outside else HOLDS, f"{len(compared) - len(outside)} of {len(compared)} within tolerance: {text}"


KINDS: Mapping[str, Callable[[Asked, Check], Answer]] = {
    "greater": greater,
    "positive": positive,
    "negative": negative,
    "ascending": ascending,
    "highest": lambda asked, wanted: extreme(asked, wanted, lowest=False),
    "lowest": lambda asked, wanted: extreme(asked, wanted, lowest=True),
    "levels_off": levels_off,
    "earlier": earlier,
    "published": published,
}
