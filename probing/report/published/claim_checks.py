"""A claim of a paper, checked on rows: it holds, does not hold, or cannot be checked here, because …

greater        the first of two values is higher than the second, by more than ``by``
positive       the value is above ``by``
negative       the value is below −``by``
somewhere      in at least one layer (or setting, or head) the value of a series is above ``by``
everywhere     in every layer (or setting, or head) it is; of two series: their difference, at a place or at every one
ascending      each of several values is higher than the one before it
highest        the layer (or setting) with the highest value lies between ``low`` and ``high``, as a share of the layers
lowest         the same of the lowest value
levels_off     the smallest setting within ``by`` of the highest value lies between ``low`` and ``high``, over the
               settings that may be that one
earlier        the first of two series has its expected layer below that of the second
published      every comparable number of the paper is matched within its tolerance

What is said of all layers, settings or heads rests on intervals that hold for all of them at once (``all_at_once``).
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from probing.report.best_layers import listed
from probing.report.metric_format import number, scored
from probing.report.published.asked_claims import Answer, Asked, Verdict, measured, point, said
from probing.report.published.claims_of_all import everywhere, somewhere
from probing.report.published.layer_tests import base_of, enough, expected_layers, layers_that_may_be
from probing.report.published.paper_data import Check
from probing.report.published.read_series import Missing, name_of
from probing.report.published.weighing import FAILS, HOLDS, UNKNOWN, difference, judged, judged_apart

NOT_CLEAR = "the data do not decide: the 95 % interval includes both answers, or there is none"


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


def greater(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    (first, of_first), (second, of_second) = (point(asked, of) for of in wanted.of)
    value, low, high, how = difference(first, second)
    ends = scored(value, low, high, first.metric, signed=True)
    return judged_apart(value, low, high, wanted.by), f"{of_first}; {of_second}; difference {ends} ({how})"


def positive(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    one, text = point(asked, wanted.of[0])
    return judged(one.value, one.low, one.high, wanted.by), text


def negative(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    one, text = point(asked, wanted.of[0])
    return judged(-one.value, -one.high, -one.low, wanted.by), text


def ascending(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    points, texts = zip(*(point(asked, of) for of in wanted.of), strict=True)
    steps = [difference(above, below) for below, above in zip(points, points[1:], strict=False)]
    verdicts = {judged_apart(value, low, high, wanted.by) for value, low, high, _ in steps}
    return next(one for one in (FAILS, UNKNOWN, HOLDS) if one in verdicts), "; ".join(texts)


def inside(places: Sequence[int], shares: Sequence[float], wanted: Check) -> str:
    """Whether all, none or some of the ``places`` are inside of the range, by the share of each."""
    low, high = wanted.low or 0.0, math.inf if wanted.high is None else wanted.high
    within = [low <= shares[place] <= high for place in places]
    return HOLDS if all(within) else UNKNOWN if any(within) else FAILS


def extreme(asked: Asked, wanted: Check, *, lowest: bool) -> Answer:
    """Where a series is highest or lowest, over the layers that cannot be distinguished from that one."""
    values = measured(asked, wanted.of[0])
    xs = [float(one.x) for one in values.points]
    if len(xs) < 3:
        raise Missing("fewer than three layers were measured")
    places = layers_that_may_be(values, lowest=lowest)
    shares = [x / xs[-1] for x in xs]
    best = (min if lowest else max)(values.points, key=lambda one: one.value)
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
    base = base_of(series)
    layers = [expected_layers(one, base) for one in series]
    value, low, high = layers[1].minus(layers[0])
    labels = [asked.paper.series[of.partition("@")[0]].label for of in wanted.of]
    texts = [f"{label} {one.said()}" for label, one in zip(labels, layers, strict=True)]
    apart = f"difference {value:+.2f} [{low:+.2f}, {high:+.2f}]".replace("-", "−")
    return judged(value, low, high, 0.0), f"expected layers: {'; '.join(texts)}; {apart}"


def published(asked: Asked, wanted: Check) -> Answer:
    """See the module."""
    of = {name.partition("@")[0] for name in wanted.of}
    compared = [one for one in asked.beside if one.deviation is not None and one.number.series in of]
    if not compared:
        raise Missing(why_none(asked, of))
    outside = [one for one in compared if not one.within]
    text = "; ".join(one.said() for one in outside or compared)
    return FAILS if outside else HOLDS, f"{len(compared) - len(outside)} of {len(compared)} within tolerance: {text}"


def why_none(asked: Asked, of: Collection[str]) -> str:
    """Why no number of these series is compared: first of the numbers that are of the same data as ours."""
    ours = {run.manifest["data"]["name"] for run in asked.made.values() if not isinstance(run, str)}
    known = [one for one in asked.beside if one.number.series in of and one.because]
    nearest = min(known, key=lambda one: one.number.data not in ours, default=None)
    return "no number that the paper has of this is verified" if nearest is None else nearest.because


KINDS: Mapping[str, Callable[[Asked, Check], Answer]] = {
    "greater": greater,
    "positive": positive,
    "negative": negative,
    "somewhere": somewhere,
    "everywhere": everywhere,
    "ascending": ascending,
    "highest": lambda asked, wanted: extreme(asked, wanted, lowest=False),
    "lowest": lambda asked, wanted: extreme(asked, wanted, lowest=True),
    "levels_off": levels_off,
    "earlier": earlier,
    "published": published,
}
