"""The benchmark's ratios for the attention stage."""

from itertools import islice
from typing import Any

import numpy as np

from pipelines.benchmarking.flow_timings import flow_over_networkx as flow_seconds
from pipelines.benchmarking.flow_timings import rollout_over_numpy as rollout_seconds
from pipelines.benchmarking.head_timings import head_stats_over_forward as head_seconds
from pipelines.benchmarking.norm_memory import norm_peak_over_map as norm_peak
from pipelines.benchmarking.ratio import Bench, summary
from pipelines.benchmarking.timings import only_dev
from pipelines.running.heads import of_heads
from pipelines.shared.machine import device_of
from probing.axes import Sentence
from probing.model.checkpoint import resolve
from probing.model.maps import maps
from probing.rng import generator

FLOW_SENTENCES, FLOW_PAIRS, SUBWORDS = 5, 5, 128


def rollout_over_numpy(bench: Bench) -> dict[str, Any]:
    """From word to word; and, beside it, from subword to subword, where both sides mostly read the maps once."""
    encoder, sentences = with_maps(bench)
    batches = list(maps(encoder, encoder.tokenize([s.words for s in sentences])))
    pairs = [rollout_seconds(batches) for _ in range(bench.repeats)]
    plain = [rollout_seconds(batches, words=False) for _ in range(bench.repeats)]
    found = summary([reference / own for own, reference in pairs])
    found["reference"] = (
        f"the published recursion in numpy, sentence by sentence, then word by word sums of columns and means of rows; "
        f"{len(sentences)} sentences of {bench.corpus.name} dev"
    )
    found["seconds"] = pairs
    found["subwords_only"] = summary([reference / own for own, reference in plain])
    return found


def flow_over_networkx(bench: Bench) -> dict[str, Any]:
    """All pairs of a few sentences against networkx's time for some of their pairs."""
    encoder, sentences = with_maps(bench)
    subwords = encoder.tokenize([s.words for s in sentences])
    middling = np.flatnonzero((np.diff(subwords.offsets) >= 16) & (np.diff(subwords.offsets) <= 30))
    batches = [next(maps(encoder, subwords, [int(i)])) for i in islice(middling, FLOW_SENTENCES)]
    rng = generator(0, "flow benchmark")
    found = summary([b / a for a, b in (flow_seconds(batches, FLOW_PAIRS, rng) for _ in range(min(bench.repeats, 3)))])
    found["reference"] = (
        f"networkx.maximum_flow_value (preflow_push), one call per pair, {FLOW_PAIRS} pairs of each of {len(batches)} "
        f"sentences of 16 to 30 subwords, extrapolated to all pairs"
    )
    return found


def head_stats_over_forward(bench: Bench) -> dict[str, Any]:
    """Everything that is said of heads, over all of dev."""
    encoder, sentences = with_maps(bench, everything=True)
    subwords = encoder.tokenize([s.words for s in sentences])
    statistics = of_heads(encoder, sentences, encoder.n_layers - 1, int(encoder.network.config.num_attention_heads))
    pairs = [
        head_seconds(encoder, subwords, statistics.special, statistics.punctuation)
        for _ in range(min(bench.repeats, 3))
    ]
    reference = f"eager forward passes over {len(sentences):,} sentences of {bench.corpus.name} dev"
    return {**summary([own / forward for own, forward in pairs]), "reference": reference, "seconds": pairs}


def norm_peak_over_map(bench: Bench) -> dict[str, Any]:
    """Bytes, not seconds: the same each time."""
    encoder, _ = with_maps(bench)
    found = {n: norm_peak(encoder, n) for n in (64, SUBWORDS, 256)}
    reference = f"(H, S, S) float32 at S = {SUBWORDS}; the network's own memory is counted"
    return {**summary([found[SUBWORDS]]), "reference": reference, "by_subwords": found}


def with_maps(bench: Bench, everything: bool = False) -> tuple[Any, tuple[Sentence, ...]]:
    """The encoder that gives maps, and sentences of dev."""
    from probing.model import encoder

    model = bench.experiment.model
    found = encoder.load(model, resolve(model), device_of(bench.experiment.settings.device), maps=True)
    return found, only_dev(bench.corpus, None if everything else bench.sentences // 2).splits["dev"]
