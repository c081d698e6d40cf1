"""At which layers a curve is highest, and its expected layer, with what resampled sentences say of both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.report.metric_format import measure
from probing.report.published.read_series import Missing, Values
from probing.report.sentence_scores import side_by_side, together
from probing.result.bootstrap import Resampled
from probing.result.simultaneous import best_places

ENDS = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Expected:
    """An expected layer: its value, and the same in each of R resamples; none where sentences are not known."""

    value: float
    values: NDArray[np.float64] | None

    def said(self) -> str:
        """With its interval, as text."""
        if self.values is None:
            return f"{self.value:.2f}"
        low, high = np.percentile(self.values, ENDS)
        return f"{self.value:.2f} [{low:.2f}, {high:.2f}]"

    def minus(self, other: "Expected") -> tuple[float, float, float]:
        """The difference and its interval: resamples are independent, so that it is too wide rather than too narrow."""
        value = self.value - other.value
        if self.values is None or other.values is None:
            return value, float("nan"), float("nan")
        low, high = np.percentile(self.values - other.values, ENDS)
        return value, float(low), float(high)


def resampled_points(values: Values) -> Resampled | None:
    """All points of a series on the same resamples; None where one of them has no statistics per sentence."""
    tables = [one.statistics for one in values.points if one.statistics is not None]
    if len(tables) < len(values.points):
        return None
    base = together(tables)
    return side_by_side([base.resampled(table, values.points[0].metric) for table in tables])


def layers_that_may_be(values: Values, *, lowest: bool) -> list[int]:
    """The places of the points that cannot be told from the highest (or lowest) one.

    By paired resamples where there are any, else by intervals that overlap with that of the extreme point; a point
    without an interval stands for itself.
    """
    of = resampled_points(values)
    if of is not None:
        down = lowest != measure(values.points[0].metric).lower_is_better
        return [int(i) for i in np.flatnonzero(best_places(of.value, of.values, lower_is_better=down).members)]
    return overlapping(values, lowest=lowest)


def overlapping(values: Values, *, lowest: bool) -> list[int]:
    """The places of the points whose intervals reach that of the extreme point."""
    at = [(one.value, one.low, one.high) for one in values.points]
    scored = [(-value, -high, -low) if lowest else (value, low, high) for value, low, high in at]
    top, low, _ = max(scored)
    return [i for i, (value, _, high) in enumerate(scored) if value == top or high >= low]


def enough(values: Values, by: float) -> list[int]:
    """The places that may be the first one within ``by`` of the highest value.

    Those are the places up to the first that surely is, by paired resamples, without those that surely are not; where
    sentences are not known, the first one by its value.
    """
    scored = np.array([one.value for one in values.points])
    of = resampled_points(values)
    if of is None:
        return [int(np.argmax(scored >= scored.max() - by))]
    low, high = np.percentile(of.values[:, [scored.argmax()]] - of.values, ENDS, axis=0)
    return [place for place in range(int(np.argmax(high <= by)) + 1) if low[place] <= by]


def expected_layers(values: Values) -> Expected:
    """Σ ℓ·Δ(ℓ) ⁄ Σ Δ(ℓ) over ℓ ≥ 1, Δ(ℓ) = S(ℓ) − S(ℓ−1): Tenney et al. 2019. Raises: Missing for single layers."""
    xs = [float(one.x) for one in values.points]
    if xs != list(range(len(xs))) or len(xs) < 3:
        raise Missing("an expected layer needs the scores of all layers")
    of = resampled_points(values)
    if of is not None and np.percentile(of.values[:, -1] - of.values[:, 0], ENDS[0]) <= 0:
        raise Missing("the layers above 0 add nothing that is sure, so that there is no expected layer")
    value = center(np.array([one.value for one in values.points]))
    return Expected(float(value), None if of is None else center(of.values))


def center(scored: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of scores (…, L) the expected layer (…); NaN where nothing is gained from layer 0 to the last."""
    gains = np.diff(scored, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[np.float64] = (gains * np.arange(1, gains.shape[-1] + 1)).sum(-1) / gains.sum(-1)
    return found
