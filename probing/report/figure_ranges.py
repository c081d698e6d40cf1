"""From where to where the axes and colours of figures go, also where all values are the same."""

import numpy as np
from numpy.typing import NDArray


def lowest(scores: NDArray[np.float64]) -> float:
    """Where the colours of F1 begin: the tenth below the lowest score, but at most 0.9, so that there is a range."""
    known = scores[~np.isnan(scores)]
    return min(0.9, float(np.floor(known.min(initial=1) * 10) / 10))


def span(values: NDArray[np.float64]) -> tuple[float, float]:
    """Lowest and highest value, wide enough apart to be divided into bins, also where all values are the same."""
    low, high = float(values.min()), float(values.max())
    least = max(1e-6 * max(abs(low), abs(high)), 1e-6)
    return (low, high) if high - low > least else (low - least, high + least)
