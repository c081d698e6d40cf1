"""What the benchmark times of rollout and flow: batches against a plain loop, one solver against another."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from probing.attention.flow.augmented import Rollout, augmented
from probing.attention.flow.maximum_flow import flow
from probing.attention.flow.rollout import by_word, rollout
from probing.model.maps import Maps

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


def rollout_over_numpy(batches: Sequence[Maps], words: bool = True, repeats: int = 3) -> tuple[float, float]:
    """Seconds for the rollout of every layer, batched, and for a plain numpy loop over the same sentences.

    ``words``: from word to word, as the pipeline counts it, against the definition taken literally (sentence by
    sentence the published recursion, then layer by layer and word by word a sum of columns and a mean of rows). Else
    from subword to subword, against the published recursion alone; either side then mostly reads the maps once.
    Both start from maps in memory: batches as the model gives them, and each sentence already cut out of them, which
    is not timed. The best of ``repeats`` in turn, after one that is not counted, so that neither side pays for a
    cold start.
    """
    sentences = [(maps, owners) for batch in batches for _, maps, _, owners in batch.each()]
    options, seconds = Rollout(), np.zeros((1 + repeats, 2))
    for repeat in range(1 + repeats):
        began = time.perf_counter()
        for batch in batches:
            by_word(batch, options) if words else rollout(batch.attention, batch.lengths, options)
        between = time.perf_counter()
        for maps, owners in sentences:
            found = plain_rollout(maps)
            if words:
                plain_words(found, owners)
        seconds[repeat] = between - began, time.perf_counter() - between
    own, reference = seconds[1:].min(axis=0).tolist()
    return own, reference


def plain_rollout(maps: NDArray[np.float32]) -> Float64:
    """The published recursion for one sentence: (L, H, S, S) -> (L, S, S)."""
    mixed = maps.mean(axis=1) + np.eye(maps.shape[-1])
    mixed = mixed / mixed.sum(axis=-1, keepdims=True)
    found = np.zeros(mixed.shape)
    found[0] = mixed[0]
    for layer in range(1, len(mixed)):
        found[layer] = mixed[layer] @ found[layer - 1]
    return found


def plain_words(found: Float64, owners: Int64) -> Float64:
    """Columns summed, rows averaged over a word's subwords: (L, S, S) -> (L, W, 1 + W), special subwords first."""
    n_words = int(owners.max()) + 1
    layers = []
    for layer in found:
        columns = np.stack([layer[:, owners == word].sum(axis=1) for word in range(-1, n_words)], axis=1)
        layers.append(np.stack([columns[owners == word].mean(axis=0) for word in range(n_words)]))
    return np.stack(layers)


def flow_over_networkx(
    batches: Sequence[Maps], pairs: int, rng: np.random.Generator, algorithm: str = "preflow_push"
) -> tuple[float, float]:
    """Seconds for the flow of all pairs of each sentence (first of its batch), and for one networkx call per pair.

    networkx solves ``pairs`` pairs of each sentence, drawn by ``rng``; its seconds are those per pair times all pairs
    of the sentence: an extrapolation. Its graph is built before the clock starts. ``algorithm``: preflow_push, its
    default, or edmonds_karp, which the paper's code calls and which takes several times longer.
    """
    seconds = np.zeros(2)
    for batch in batches:
        maps = augmented(batch.attention, batch.lengths, Rollout())[0]
        n = int(batch.lengths[0])
        capacities = maps[:, :n, :n].double().cpu().numpy()
        flow(capacities[:, :3, :3])  # the first call imports the solver
        began = time.perf_counter()
        flow(capacities)
        seconds[0] += time.perf_counter() - began
        drawn = rng.integers(n, size=(pairs, 2))
        seconds[1] += _networkx(capacities, drawn, algorithm) / pairs * n * n
    own, reference = seconds.tolist()
    return own, reference


def _networkx(capacities: Float64, pairs: Int64, algorithm: str) -> float:
    from networkx import DiGraph, maximum_flow_value
    from networkx.algorithms import flow as algorithms

    n_layers, n, _ = capacities.shape
    graph = DiGraph()
    for (layer, query, key), capacity in np.ndenumerate(capacities):
        graph.add_edge((layer + 1, query), (layer, key), capacity=capacity)
    solver = getattr(algorithms, algorithm)
    began = time.perf_counter()
    for source, sink in pairs.tolist():
        maximum_flow_value(graph, (n_layers, source), (0, sink), flow_func=solver)
    return time.perf_counter() - began
