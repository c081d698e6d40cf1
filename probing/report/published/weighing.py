"""Whether a number, or the difference of two, is above a bound: yes, no, or not clear."""

import math
from dataclasses import replace

from probing.report.published.read_series import Missing, Point
from probing.report.sentence_scores import together
from probing.result.bootstrap import scores

HOLDS, FAILS, UNKNOWN = "holds", "does not hold", "cannot be checked here"


def judged(value: float, low: float, high: float, by: float) -> str:
    """Whether a number with this interval is above ``by``; without an interval by its value alone. Raises: Missing."""
    if math.isnan(value):
        raise Missing("a value is not a number")
    if math.isnan(low) or math.isnan(high):
        return HOLDS if value > by else FAILS
    return HOLDS if low > by else FAILS if high <= by else UNKNOWN


def judged_apart(value: float, low: float, high: float, by: float) -> str:
    """As ``judged``, of a difference: without an interval it may be chance, so it is not clear. Raises: Missing."""
    verdict = judged(value, low, high, by)
    return UNKNOWN if math.isnan(low) or math.isnan(high) else verdict


def difference(first: Point, second: Point) -> tuple[float, float, float, str]:
    """first − second with its 95 % interval, and how the interval was made: paired where both have sentences."""
    of = minus(first, second).measured
    if of is None:
        return (first.value - second.value, *apart(first, second))
    [found] = scores(of.over(together(of.tables)))
    alike = of.draws[0].index.isin(of.minus[-1].draws[0].index).any()
    how = "paired by sentence" if alike else "of different sentences"
    return first.value - second.value, found.ci_low, found.ci_high, how


def minus(first: Point, second: Point) -> Point:
    """first − second at the place of ``first``: with the ends of ``apart``, and, if both have it, by sentence."""
    low, high, _ = apart(first, second)
    both = first.measured is not None and second.measured is not None and first.metric == second.metric
    of = first.measured.less(second.measured) if both and first.measured and second.measured else None
    return replace(first, value=first.value - second.value, low=low, high=high, measured=of)


def apart(first: Point, second: Point) -> tuple[float, float, str]:
    """The ends of the interval of a difference from those of both, and how it was made.

    Both are mostly of the same sentences, and nothing says how they vary together: the interval is as wide as it can
    be, so that it leaves out 0 only where the two intervals do not overlap. A value without an interval counts as
    fixed, unless neither of them has one: then the difference has none.
    """
    known = [not (math.isnan(one.low) or math.isnan(one.high)) for one in (first, second)]
    if not any(known):
        return math.nan, math.nan, "without an interval"
    (low, high), (least, most) = (
        (one.low, one.high) if there else (one.value, one.value)
        for one, there in zip((first, second), known, strict=True)
    )
    how = "unpaired: clear only if the two intervals do not overlap" if all(known) else "from the only interval"
    return low - most, high - least, how
