"""At which layers a curve is highest, and its expected layer, with what resampled sentences say of both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.report.metric_format import measure
from probing.report.published.all_at_once import all_at_once, measured_of, resampled_points
from probing.report.published.of_sentences import tables_of
from probing.report.published.read_series import Missing, Values
from probing.report.sentence_scores import Together, together
from probing.result.simultaneous import best_places, jointly

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
        """The difference and its interval: paired where both are of the same resamples."""
        value = self.value - other.value
        if self.values is None or other.values is None:
            return value, float("nan"), float("nan")
        low, high = np.percentile(self.values - other.values, ENDS)
        return value, float(low), float(high)


def layers_that_may_be(values: Values, *, lowest: bool) -> list[int]:
    """The places of the points that cannot be told from the highest (or lowest) one, for all points at once.

    By paired resamples where there are any, else by intervals that hold at once and overlap with that of the extreme
    point; a point without an interval stands for itself.
    """
    of = resampled_points(values.points)
    if of is not None:
        down = lowest != measure(values.points[0].metric).lower_is_better
        return [int(i) for i in np.flatnonzero(best_places(of.value, of.values, lower_is_better=down).members)]
    return overlapping(values, lowest=lowest)


def overlapping(values: Values, *, lowest: bool) -> list[int]:
    """The places of the points whose intervals, all at once, reach that of the extreme point."""
    at = [(one.value, one.low, one.high) for one in all_at_once(values)[0]]
    scored = [(-value, -high, -low) if lowest else (value, low, high) for value, low, high in at]
    top, low, _ = max(scored)
    return [i for i, (value, _, high) in enumerate(scored) if value == top or high >= low]


def enough(values: Values, by: float) -> list[int]:
    """The places that may be the first one within ``by`` of the highest value.

    Those are the places up to the first that surely is, by paired resamples of all pairs at once, without those that
    surely are not; where sentences are not known, the first one by its value.
    """
    scored = np.array([one.value for one in values.points])
    of = resampled_points(values.points)
    if of is None:
        return [int(np.argmax(scored >= scored.max() - by))]
    n = len(scored)
    ahead = (of.values[:, None, :] - of.values[:, :, None]).reshape(len(of.values), -1)  # of place i by place j
    units = np.minimum(of.n_units[:, None], of.n_units)
    joint = jointly((of.value - of.value[:, None]).ravel(), ahead, units.ravel())
    low, high = (end.reshape(n, n) for end in (joint.low, joint.high))
    last = next((place for place in range(n) if high[place].max() <= by), n - 1)
    return [place for place in range(last + 1) if low[place].max() <= by]


def base_of(several: Sequence[Values]) -> Together | None:
    """All sentences of several series, to be resampled together; None where a point has no statistics per sentence."""
    found = [measured_of(values.points) for values in several]
    tables = [table for one in found if one is not None for table in tables_of(one)]
    return together(tables) if all(one is not None for one in found) else None


def expected_layers(values: Values, base: Together | None) -> Expected:
    """Σ ℓ·Δ(ℓ) ⁄ Σ Δ(ℓ) over ℓ ≥ 1, Δ(ℓ) = S(ℓ) − S(ℓ−1): Tenney et al. 2019. base: the sentences to resample.

    Raises: Missing for single layers.
    """
    xs = [float(one.x) for one in values.points]
    if xs != list(range(len(xs))) or len(xs) < 3:
        raise Missing("an expected layer needs the scores of all layers")
    of = resampled_points(values.points, base)
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
