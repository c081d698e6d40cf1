"""Whether a number, or the difference of two, is above a bound: yes, no, or not clear."""

import math

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
    value = first.value - second.value
    if first.statistics is not None and second.statistics is not None:
        base = together([first.statistics, second.statistics])
        both = first.statistics.index.intersection(second.statistics.index)
        if len(both) == len(first.statistics) == len(second.statistics):
            of = [base.resampled(one.statistics, one.metric) for one in (first, second) if one.statistics is not None]
            [found] = scores(of[0] - of[1])
            return value, found.ci_low, found.ci_high, "paired by sentence"
    return (value, *apart(value, first, second))


def apart(value: float, first: Point, second: Point) -> tuple[float, float, str]:
    """The ends of the interval of a difference from those of both, and how it was made.

    A value without an interval counts as fixed, unless neither of them has one: then the difference has none.
    """
    known = [not (math.isnan(one.low) or math.isnan(one.high)) for one in (first, second)]
    if not any(known):
        return math.nan, math.nan, "without an interval"
    ends = [
        (one.value - one.low, one.high - one.value) if there else (0.0, 0.0)
        for one, there in zip((first, second), known, strict=True)
    ]
    below, above = math.hypot(ends[0][0], ends[1][1]), math.hypot(ends[0][1], ends[1][0])
    return value - below, value + above, "from both intervals" if all(known) else "from the only interval"
