"""Attention flow (Abnar and Zuidema, 2020, section 3): maximum flow from a position of the top layer to each input."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Float64 = NDArray[np.float64]
_UNITS = 2**30  # of capacity: the solver counts in 32-bit integers
_ENOUGH = _UNITS // 4  # a flow of fewer units is solved again in smaller ones, so that its relative error stays small


def flow(capacities: NDArray[np.floating]) -> Float64:
    """Maximum flow for every pair: capacities (L, S, S) -> (S, S), rows positions of layer L, columns inputs.

    ``capacities[l - 1, i, j]`` bounds what position i of layer l takes from position j below it: the augmented maps
    that rollout multiplies (``augmented``). Each pair is solved alone, by Dinic's algorithm, in integer units of at
    most a 2**28th of its flow: an edge is rounded by half a unit (to one unit where that would leave none), and the
    flow by no more than the sum of that over its smallest cut. Raises: ModelError for capacities that are not finite,
    negative or not (L, S, S).
    """
    given: Float64 = np.asarray(capacities, dtype=np.float64)
    if given.ndim != 3 or given.shape[1] != given.shape[2] or not given.size:
        raise ModelError(f"capacities have shape {given.shape}, want (layers, positions, positions)")
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ModelError("capacities must be finite and not negative: give augmented maps")
    if len(given) == 1:
        return np.array(given[0])
    if len(given) == 2:  # each position between carries what both its edges allow
        through = (np.minimum(given[1, :, k, None], given[0, k]) for k in range(given.shape[1]))
        return sum(through, start=np.zeros(given[0].shape))
    graph = _graph(len(given), given.shape[1])
    middle = given[-2:0:-1].ravel()
    return np.array([[_pair(graph, source, middle, sink) for sink in given[0].T] for source in given[-1]])


def flow_by_layer(capacities: NDArray[np.floating]) -> Float64:
    """``flow`` from every layer as the top one: capacities (L, S, S) -> (L, S, S)."""
    return np.stack([flow(capacities[: top + 1]) for top in range(len(capacities))])


def as_distributions(flows: Float64) -> Float64:
    """Rows divided by their sums, as the paper compares them: (..., S, S) -> (..., S, S).

    Raises: ModelError for a position that no flow leaves.
    """
    total = flows.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        place = np.argwhere(~(total[..., 0] > 0))[0].tolist()
        raise ModelError(f"no flow leaves position {place[-1]}: its attention is all zero; leave the sentence out")
    return np.asarray(flows / total, dtype=np.float64)


def _graph(n_layers: int, n: int) -> "csr_array":
    """Edges from one source through n_layers - 1 rows of n positions, top one first, to one sink; no capacities yet.

    Numbered as they stand in ``_pair``: the source's n edges, n * n between each two rows, n to the sink.
    """
    from scipy.sparse import csr_array

    rows = np.arange((n_layers - 2) * n) // n  # of every position that has a row below it
    below = 1 + (rows[:, None] + 1) * n + np.arange(n)
    last = 1 + (n_layers - 1) * n  # the sink
    ends = np.concatenate([1 + np.arange(n), below.ravel(), np.full(n, last)]).astype(np.int32)
    degrees = np.concatenate([[0], np.full(1 + len(rows), n), np.ones(n), [0]])
    edges = np.zeros(len(ends), dtype=np.int32)
    return csr_array((edges, ends, np.cumsum(degrees).astype(np.int32)), shape=(last + 1, last + 1))


def _pair(graph: "csr_array", source: Float64, middle: Float64, sink: Float64) -> float:
    """Maximum flow over ``graph`` with capacities of the source's edges (S,), the middle ones and the sink's (S,)."""
    from scipy.sparse.csgraph import maximum_flow

    exact = np.concatenate([source, middle, sink])
    bound = float(min(source.sum(), sink.sum()))
    while bound > 0:
        # No edge carries more than the bound, so that clipping changes nothing and units can be small. An edge that
        # is there keeps a unit: zero units of flow then mean that no path exists.
        units = np.rint(np.minimum(exact, bound) * (_UNITS / bound))
        np.maximum(units, exact > 0, out=units)
        graph.data[:] = units
        found = int(maximum_flow(graph, 0, graph.shape[0] - 1, method="dinic").flow_value)
        if found == 0 or found >= _ENOUGH:
            return found * (bound / _UNITS)
        bound *= (found + len(exact)) / _UNITS  # rounding hides less than a unit per edge
    return 0.0
