"""Attention flow (Abnar and Zuidema 2020, section 3): maximum flow from each position of a layer to each input."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]
_UNITS = 2**30  # of capacity: the solver counts in 32-bit integers
_ENOUGH = _UNITS // 4  # a flow of fewer units is solved again with smaller units, so that its relative error is small
_EDGES = 16_000  # per call: with fewer the fixed cost dominates, with more all pairs wait for the slowest
_DEEP = 6  # above this number of layers, the widest edges alone usually carry the maximum flow
_WIDE = 0.35  # this share of a position's edges is then tried first


def flow(capacities: NDArray[np.floating]) -> Float64:
    """Maximum flow for every pair: capacities (L, S, S) -> (S, S), rows positions of layer L, columns inputs.

    ``capacities[l - 1, i, j]`` limits the flow to position i of layer l from position j of the layer below: give
    augmented maps (``augmented``), as for rollout. Raises: ModelError for capacities that are not finite, negative, or
    not of shape (L, S, S).

    Dinic's algorithm solves many pairs in one call, each in its own copy of the network, in integer units of at most
    2**-28 of its flow. Each edge is rounded by at most half a unit, so the error of a flow is at most the sum of these
    over its smallest cut, or one unit per position.
    """
    given: Float64 = np.asarray(capacities, dtype=np.float64)
    if given.ndim != 3 or given.shape[1] != given.shape[2] or not given.size:
        raise ModelError(f"capacities have shape {given.shape}; give (layers, positions, positions)")
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ModelError("some capacities are negative or not finite; give augmented maps")
    found = _bound(given)
    if len(given) <= 2:
        return found
    pairs = np.argwhere(found > 0)
    limit = found[found > 0]
    if len(given) > _DEEP:
        short = _solved(given, _widest(given[-2:0:-1]), pairs, limit) < _UNITS - given.shape[1]
        pairs, limit = pairs[short], limit[short]  # the flow of the others is their bound
    every = np.ones(given[1:-1].shape, dtype=np.bool_)
    while len(pairs):
        units = _solved(given, every, pairs, limit)
        found[tuple(pairs.T)] = limit * (units / _UNITS)
        limit = limit * ((units + given.size) / _UNITS)  # rounding loses less than one unit per edge
        again = (units < _ENOUGH) & (limit > 0)
        pairs, limit = pairs[again], limit[again]
    return found


def flow_by_layer(capacities: NDArray[np.floating]) -> Float64:
    """``flow`` with each layer in turn as the top one: capacities (L, S, S) -> (L, S, S)."""
    return np.stack([flow(capacities[: top + 1]) for top in range(len(capacities))])


def as_distributions(flows: Float64) -> Float64:
    """Rows divided by their sums, as in the paper: (..., S, S) -> (..., S, S).

    Raises: ModelError for a position whose flow to all inputs is 0.
    """
    total = flows.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        place = np.argwhere(~(total[..., 0] > 0))[0].tolist()
        raise ModelError(
            f"the flow from position {place[-1]} is 0 to all inputs: its attention is all zero; remove the sentence"
        )
    return np.asarray(flows / total, dtype=np.float64)


def _bound(given: Float64) -> Float64:
    """An upper bound of each flow, exact for one or two layers: (L, S, S) -> (S, S), 0 where there is no path.

    Each position in between passes on the minimum of its upper edge and of what it could deliver if it had the network
    to itself; computed once from the inputs up, and once from the top down.
    """
    up, down = given[0].copy(), given[-1]
    for above in given[1:]:
        up = _through(above, up)
    for below in given[-2::-1]:
        down = _through(down, below)
    return np.asarray(np.minimum(up, down))


def _through(above: Float64, below: Float64) -> Float64:
    """Sum over k of min(above[i, k], below[k, j]): (S, S), (S, S) -> (S, S)."""
    each = (np.minimum(above[:, k, None], below[k]) for k in range(len(below)))
    return sum(each, start=np.zeros(below.shape))


def _widest(maps: Float64) -> Mask:
    """The largest ``_WIDE`` of every row and of every column: (L - 2, S, S) -> the same."""
    rank = maps.shape[-1] - math.ceil(_WIDE * maps.shape[-1])
    rows, columns = (np.partition(maps, rank, axis=axis).take([rank], axis=axis) for axis in (2, 1))
    return np.asarray((maps >= rows) | (maps >= columns))


def _solved(given: Float64, kept: Mask, pairs: Int64, limit: Float64) -> Int64:
    """Maximum flows of ``pairs`` (P, 2) over the edges ``kept`` (L - 2, S, S), top map first: (P,).

    Each pair has its own unit, ``limit / _UNITS``, where ``limit`` (P,) is an upper bound of its flow.
    """
    from scipy.sparse.csgraph import maximum_flow

    n, middle = given.shape[1], given[-2:0:-1][kept]
    copies = max(1, min(len(pairs), _EDGES // (len(middle) + 2 * n)))
    graph = _graph(kept, copies)
    first, inner = graph.data[:copies], graph.data[copies:].reshape(copies, -1)
    found = np.zeros(len(pairs), dtype=np.int64)
    for at in range(0, len(pairs), copies):
        some, unit = pairs[at : at + copies], limit[at : at + copies, None]
        leaving, entering = _units(given[-1, some[:, 0]], unit), _units(given[0, :, some[:, 1]], unit)
        first[: len(some)] = np.minimum(np.minimum(leaving.sum(axis=1), entering.sum(axis=1)), _UNITS)
        first[len(some) :] = 0  # in the last call some copies may be unused
        inner[: len(some), :n], inner[: len(some), -n:] = leaving, entering
        inner[: len(some), n:-n] = _units(middle, unit)
        carried = maximum_flow(graph, 0, graph.shape[0] - 1, method="dinic").flow
        found[at : at + copies] = carried.data[: len(some)]
    return found


def _units(capacities: Float64, limit: Float64) -> Float64:
    """Capacities in units of ``limit / _UNITS``; at most ``_UNITS``, because no edge carries more than the limit."""
    with np.errstate(over="ignore"):
        return np.asarray(np.rint(np.minimum(capacities / limit, 1) * _UNITS))


def _graph(kept: Mask, copies: int) -> "csr_array":
    """Copies of the network side by side between one source and one sink; all capacities are 0.

    Edges are in the order in which ``_solved`` fills them: one to the source of each copy, whose capacity stops the
    search in a copy that can carry no more; then for each copy S edges to its top row, the edges ``kept``
    (L - 2, S, S) between its rows, top row first, and S edges from its last row to the sink.
    """
    from scipy.sparse import csr_array

    gaps, n, _ = kept.shape
    size = 1 + (gaps + 1) * n  # positions of a copy; its source is the first
    gap, _, below = np.nonzero(kept)
    starts, sink = 1 + size * np.arange(copies)[:, None], 1 + size * copies
    within = np.concatenate([1 + np.arange(n), 1 + (gap + 1) * n + below])
    ends = np.concatenate([starts.ravel(), np.hstack([starts + within, np.full((copies, n), sink)]).ravel()])
    each = np.concatenate([[n], kept.sum(axis=2).ravel(), np.ones(n, dtype=np.int64)])  # edges out of each position
    borders = np.cumsum(np.concatenate([[0, copies], np.tile(each, copies), [0]]))
    edges = np.zeros(len(ends), dtype=np.int32)
    return csr_array((edges, ends.astype(np.int32), borders.astype(np.int32)), shape=(sink + 1, sink + 1))
