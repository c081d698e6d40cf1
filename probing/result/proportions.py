"""Shares of independent items with their intervals, also for few items, and for many shares that are searched at once.

The bootstrap gives no width to a share of 0 or 1. Wilson's interval (1927) does, and Newcombe's interval (1998, method
10) of a difference of two shares is made of two of them.
"""

import numpy as np
from numpy.typing import NDArray

from probing.result.confidence import Z
from probing.result.statistics import Floats

LEVEL = 0.95
_PERMUTED = 1000  # orders of the sentences


def wilson(successes: Floats, n: Floats, z: float = Z) -> tuple[Floats, Floats]:
    """Lower and upper end of the interval of successes / n, of any shape; NaN where n is 0. z: 1.96 for 95 %."""
    n = np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = successes / n
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def newcombe(one: tuple[Floats, Floats], other: tuple[Floats, Floats], z: float = Z) -> tuple[Floats, Floats]:
    """The interval of the difference of two shares of different items, each given as (successes, n)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [np.asarray(k / n) for k, n in (one, other)]
    (low, high), (other_low, other_high) = wilson(*one, z), wilson(*other, z)
    apart = shares[0] - shares[1]
    below = np.sqrt((shares[0] - low) ** 2 + (other_high - shares[1]) ** 2)
    above = np.sqrt((high - shares[0]) ** 2 + (shares[1] - other_low) ** 2)
    return apart - below, apart + above


def searched(inside: NDArray[np.bool_], hits: NDArray[np.bool_], rng: np.random.Generator) -> tuple[Floats, float]:
    """p-values of P x L differences of shares, adjusted for all of them, (P, L), and the critical z of the largest.

    inside (N, P): which of N sentences are in a slice. hits (N, L): what is counted in them, e.g. errors of L layers.
    A difference is the share of hits inside minus the share outside, divided by its deviation if both shares are alike.
    The largest of all is compared with that of 1,000 random orders of the sentences (Westfall & Young 1993, one step):
    the slices and the layers stay as they overlap, and what is exact for two shares stays so for few sentences.
    NaN where a slice has no sentence, or all.
    """
    found = _deviations(inside, hits)
    largest = np.array([_largest(inside, hits[rng.permutation(len(hits))]) for _ in range(_PERMUTED)])
    p = (1 + (largest[:, None, None] >= np.abs(found) - 1e-12).sum(axis=0)) / (1 + _PERMUTED)
    return np.where(np.isnan(found), np.nan, p), float(np.quantile(largest, LEVEL, method="higher"))


def _largest(inside: NDArray[np.bool_], hits: NDArray[np.bool_]) -> float:
    return float(np.nanmax(np.abs(_deviations(inside, hits)), initial=0.0))


def _deviations(inside: NDArray[np.bool_], hits: NDArray[np.bool_]) -> Floats:
    """The difference of each slice and column in deviations, (P, L); 0 where nothing, or everything, is a hit."""
    n, within = len(hits), inside.sum(axis=0, dtype=float)[:, None]
    total, share = hits.sum(axis=0, dtype=float), hits.mean(axis=0)
    hit = inside.T.astype(float) @ hits
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = hit / within - (total - hit) / (n - within)
        deviation = np.sqrt(share * (1 - share) * (1 / within + 1 / (n - within)))
    return np.asarray(
        np.where(np.isnan(apart), np.nan, np.where(deviation > 0, apart / np.where(deviation > 0, deviation, 1), 0.0))
    )
