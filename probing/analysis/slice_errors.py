"""Which phenomenon fails how often, in a classifier and by layer, and how sure after searching all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.errors import DataError
from probing.result.proportions import newcombe, searched, wilson
from probing.result.statistics import Floats


@dataclass(frozen=True, eq=False)
class SliceErrors:
    """Error rates of P slices in L columns; every array is (P, L), except counts (P,).

    layers: whose answers a column has: those of the probe on a layer, or (None) those of the classifier itself.
    counts: sentences in a slice. rate, low, high: its error rate with Wilson's 95 % interval, by itself. rest: the
    error rate of the other sentences. difference: rate - rest; joint_low, joint_high: Newcombe's interval with the
    critical value for all P x L differences at once; p: adjusted for all of them (``proportions.searched``). NaN: the
    slice, or the rest, is empty. n: all sentences. overall: their error rate, with Wilson's interval, (L,) each.
    Sentences count as independent of each other.
    """

    names: tuple[str, ...]
    layers: tuple[int | None, ...]
    counts: NDArray[np.int64]
    rate: Floats
    low: Floats
    high: Floats
    rest: Floats
    difference: Floats
    joint_low: Floats
    joint_high: Floats
    p: Floats
    n: int
    overall: tuple[Floats, Floats, Floats]

    @property
    def n_differences(self) -> int:
        """How many differences were searched: those that could be measured."""
        return int(np.isfinite(self.p).sum())


def slice_errors(
    names: Sequence[str],
    inside: NDArray[np.bool_],
    wrong: NDArray[np.bool_],
    layers: Sequence[int | None],
    rng: np.random.Generator,
) -> SliceErrors:
    """inside (N, P): which of N sentences, all with a label, are in which slice. wrong (N, L): whose answer is wrong.

    ``rng`` orders the sentences anew. Raises: DataError for arrays of other sizes, and for no sentence.
    """
    hits = np.asarray(wrong, dtype=bool)
    if not len(hits) or hits.shape != (len(inside), len(layers)):
        raise DataError(
            f"errors of shape {hits.shape}; expected: ({len(inside)}, {len(layers)}), for each sentence and column, "
            "and at least one sentence"
        )
    counts, n = inside.sum(axis=0), len(inside)
    within = inside.T.astype(float) @ hits
    one = within, np.broadcast_to(counts[:, None].astype(float), within.shape)
    rest = hits.sum(axis=0) - within, n - one[1]
    everywhere = hits.sum(axis=0, dtype=float), np.full(hits.shape[1], float(n))
    p, critical = searched(inside, hits, rng)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = [np.asarray(k / of) for k, of in (one, rest)]
    apart = rates[0] - rates[1], *newcombe(one, rest, critical), p
    return SliceErrors(
        tuple(names),
        tuple(layers),
        counts,
        rates[0],
        *wilson(*one),
        rates[1],
        *apart,
        n,
        (hits.mean(axis=0), *wilson(*everywhere)),
    )
