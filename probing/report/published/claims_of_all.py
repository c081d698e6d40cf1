"""Claims about all layers, settings or heads of a series: one of them is above a bound, or every one is."""

from collections.abc import Sequence
from dataclasses import replace

from probing.report.metric_format import scored
from probing.report.published.all_at_once import all_at_once
from probing.report.published.asked_claims import Answer, Asked, measured, place_name, point, said
from probing.report.published.paper_data import Check
from probing.report.published.read_series import Missing, Point, Values, name_of
from probing.report.published.weighing import FAILS, HOLDS, UNKNOWN, judged_apart, minus


def somewhere(asked: Asked, wanted: Check) -> Answer:
    """At least one value of a series, or of the difference of two, is above ``by``. Raises: Missing."""
    points, verdicts, how = weighed(asked, wanted)
    clearest = max(points, key=lambda one: one.low)
    verdict = HOLDS if HOLDS in verdicts else FAILS if set(verdicts) == {FAILS} else UNKNOWN
    return verdict, f"{worded(asked, wanted, clearest)}; {counted(verdicts, wanted.by)} (intervals {how})"


def everywhere(asked: Asked, wanted: Check) -> Answer:
    """Every value of a series, or of the difference of two, is above ``by``. Raises: Missing."""
    points, verdicts, how = weighed(asked, wanted)
    lowest = min(points, key=lambda one: one.low)
    verdict = FAILS if FAILS in verdicts else HOLDS if set(verdicts) == {HOLDS} else UNKNOWN
    return verdict, f"{worded(asked, wanted, lowest)}; {counted(verdicts, wanted.by)} (intervals {how})"


def weighed(asked: Asked, wanted: Check) -> tuple[list[Point], list[str], str]:
    """The points with intervals that hold at once, whether each is above ``by``, and how intervals were made."""
    points, how = all_at_once(values(asked, wanted))
    return points, [judged_apart(one.value, one.low, one.high, wanted.by) for one in points], how


def values(asked: Asked, wanted: Check) -> Values:
    """The values of one series, or the differences of two at every place that both have; a place stays as it is.

    Raises: Missing.
    """
    if len(wanted.of) == 1:
        return measured(asked, wanted.of[0])
    first, second = ([point(asked, of)[0]] if "@" in of else measured(asked, of).points for of in wanted.of)
    fixed = len(first) == 1 or len(second) == 1
    same_series = len({of.partition("@")[0] for of in wanted.of}) == 1
    pairs = [(a, b) for a in first for b in second if (fixed or a.x == b.x) and not (same_series and a.x == b.x)]
    if not pairs:
        raise Missing("the two series have no place in common")
    places = [b.x if len(first) == 1 else a.x for a, b in pairs]
    return Values([replace(minus(a, b), x=x) for (a, b), x in zip(pairs, places, strict=True)], ())


def worded(asked: Asked, wanted: Check, one: Point) -> str:
    """The point that decides, in words."""
    if len(wanted.of) == 1:
        return said(asked, wanted.of[0], one)
    labels = [said_series(asked, of) for of in wanted.of]
    ends = scored(one.value, one.low, one.high, one.metric, signed=True)
    where = place_name(asked.paper, asked.paper.series[wanted.of[0].partition("@")[0]])
    return f"{labels[0]} minus {labels[1]} at {where}{name_of(one.x)} {ends}"


def said_series(asked: Asked, of: str) -> str:
    """A series by its label, with the place that it is read at, if it has one."""
    name, _, place = of.partition("@")
    return asked.paper.series[name].label + (f" at {place}" if place else "")


def counted(verdicts: Sequence[str], by: float) -> str:
    """How many values are clearly above a bound, how many are clearly not, and how many are neither, in words."""
    numbers = [verdicts.count(one) for one in (HOLDS, FAILS, UNKNOWN)]
    named = zip(numbers, (f"above {by:g}".replace("-", "−"), "not above it", "not clear"), strict=True)
    return f"of {len(verdicts)}, " + ", ".join(f"{n} {word}" for n, word in named if n)
