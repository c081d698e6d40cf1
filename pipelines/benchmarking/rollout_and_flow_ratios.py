"""Rollout and flow, compared with a plain loop and with another solver."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.benchmarking.bench import Bench, Ratio
from probing.attention.flow.attention_rollout import by_word, rollout
from probing.attention.flow.augmented import Rollout, augmented
from probing.attention.flow.maximum_flow import flow
from probing.distribution import need
from probing.errors import UnavailableError
from probing.model.maps import Maps, maps
from probing.rng import generator

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
FLOW_SENTENCES, FLOW_PAIRS, FLOW_SUBWORDS = 5, 5, (16, 30)  # pairs that networkx solves per sentence


def rollout_over_numpy(bench: Bench) -> Ratio:
    """A plain numpy loop over sentences and words / batched rollout of words (times faster).

    Beside it, from subword to subword, where both sides spend most of their time on reading the maps.
    """
    encoder, dev = bench.encoder_with_maps, bench.dev((bench.sentences + 1) // 2)
    sentences = dev.splits["dev"]
    batches = list(maps(encoder, encoder.tokenize([s.words for s in sentences])))
    recursion = f"the published recursion in numpy, sentence by sentence; {len(sentences)} sentences of {dev.name}"
    by_words, by_subwords = (
        [rollout_seconds(batches, words=words) for _ in range(bench.repeats)] for words in (True, False)
    )
    return Ratio(
        [reference / own for own, reference in by_words],
        f"{recursion}; then word by word sums of columns and means of rows",
        beside={"subwords_only": Ratio([reference / own for own, reference in by_subwords], recursion)},
        details={"seconds": by_words},
    )


def flow_over_networkx(bench: Bench) -> Ratio:
    """One networkx call per pair of top and input token / ours for all pairs (times faster).

    Raises UnavailableError if no sentence of dev has the right length.
    """
    encoder, dev, (least, most) = bench.encoder_with_maps, bench.dev(bench.sentences), FLOW_SUBWORDS
    subwords = encoder.tokenize([s.words for s in dev.splits["dev"]])
    lengths = np.diff(subwords.offsets)
    chosen = np.flatnonzero((lengths >= least) & (lengths <= most))[:FLOW_SENTENCES]
    if not len(chosen):
        raise UnavailableError(
            f"none of the first {len(lengths)} sentences of {dev.name} has {least} to {most} subwords; type a larger "
            "sentences=…, or choose another corpus with data=…"
        )
    batches = [next(maps(encoder, subwords, [int(i)])) for i in chosen]
    rng = generator(0, "flow benchmark")
    pairs = [flow_seconds(batches, FLOW_PAIRS, rng) for _ in range(min(bench.repeats, 3))]
    reference = (
        f"networkx.maximum_flow_value (preflow_push), one call per pair, {FLOW_PAIRS} pairs of each of {len(batches)} "
        f"sentences of {least} to {most} subwords, extrapolated to all pairs"
    )
    return Ratio([reference_s / own_s for own_s, reference_s in pairs], reference, details={"seconds": pairs})


def rollout_seconds(batches: Sequence[Maps], words: bool, repeats: int = 3) -> tuple[float, float]:
    """Seconds for the rollout of every layer, batched, and for a plain numpy loop over the same sentences.

    ``words``: from word to word, as in the pipeline; the loop follows the definition literally: sentence by sentence
    the published recursion, then layer by layer and word by word a sum of columns and a mean of rows. Otherwise from
    subword to subword, and the loop is the published recursion. Both start from maps in memory: batches as the model
    gives them, and sentences already cut out of them. The lowest of ``repeats`` in turn, after one that is not
    counted, so that neither side pays for a cold start.
    """
    sentences = [(attention, owners) for batch in batches for _, attention, _, owners in batch.each()]
    options, seconds = Rollout(), np.zeros((1 + repeats, 2))
    for repeat in range(1 + repeats):
        began = time.perf_counter()
        for batch in batches:
            by_word(batch, options) if words else rollout(batch.attention, batch.lengths, options)
        between = time.perf_counter()
        for attention, owners in sentences:
            found = plain_rollout(attention)
            if words:
                plain_words(found, owners)
        seconds[repeat] = between - began, time.perf_counter() - between
    own, reference = seconds[1:].min(axis=0).tolist()
    return own, reference


def plain_rollout(attention: NDArray[np.float32]) -> Float64:
    """The published recursion for one sentence: (L, H, S, S) -> (L, S, S)."""
    mixed = attention.mean(axis=1) + np.eye(attention.shape[-1])
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


def flow_seconds(batches: Sequence[Maps], pairs: int, rng: np.random.Generator) -> tuple[float, float]:
    """Seconds for the flow of all pairs of each sentence (first of its batch), and for one networkx call per pair.

    networkx solves ``pairs`` pairs of each sentence, drawn by ``rng``; its seconds per pair are multiplied by the
    number of all pairs: an extrapolation. Its graph is built before its time begins.
    """
    seconds = np.zeros(2)
    for batch in batches:
        mixed = augmented(batch.attention, batch.lengths, Rollout())[0]
        n = int(batch.lengths[0])
        capacities = mixed[:, :n, :n].double().cpu().numpy()
        flow(capacities[:, :3, :3])  # the first call imports the solver
        began = time.perf_counter()
        flow(capacities)
        seconds[0] += time.perf_counter() - began
        drawn = rng.integers(n, size=(pairs, 2))
        seconds[1] += _networkx(capacities, drawn) / pairs * n * n
    own, reference = seconds.tolist()
    return own, reference


def _networkx(capacities: Float64, pairs: Int64) -> float:
    need("networkx")
    from networkx import DiGraph, maximum_flow_value
    from networkx.algorithms.flow import preflow_push

    n_layers, _, _ = capacities.shape
    graph = DiGraph()
    for (layer, query, key), capacity in np.ndenumerate(capacities):
        graph.add_edge((layer + 1, query), (layer, key), capacity=capacity)
    began = time.perf_counter()
    for source, sink in pairs.tolist():
        maximum_flow_value(graph, (n_layers, source), (0, sink), flow_func=preflow_push)
    return time.perf_counter() - began
