"""Statistics of heads, compared with the forward passes that give them their maps."""

import time
from typing import TYPE_CHECKING

from pipelines.benchmarking.bench import Bench, Ratio
from probing.analysis.head_pass import new_statistics
from probing.model.maps import maps

if TYPE_CHECKING:
    from probing.attention.heads.head_statistics import HeadStatistics
    from probing.model.encoder import Encoder
    from probing.model.subwords import Subwords


def head_stats_over_forward(bench: Bench) -> Ratio:
    """All head statistics while maps stream by / the eager forward passes."""
    encoder, dev = bench.encoder_with_maps, bench.dev()
    sentences = dev.splits["dev"]
    subwords = encoder.tokenize([s.words for s in sentences])
    pairs = [
        (
            statistics_seconds(encoder, subwords, new_statistics(encoder, sentences)),
            map_seconds(encoder, subwords),
        )
        for _ in range(min(bench.repeats, 3))
    ]
    reference = f"eager forward passes over {len(sentences):,} sentences of {dev.name}"
    return Ratio([own / forward for own, forward in pairs], reference, details={"seconds": pairs})


def map_seconds(encoder: "Encoder", subwords: "Subwords") -> float:
    """Seconds of the forward passes that give maps, in a stream of their own."""
    began = time.perf_counter()
    for _ in maps(encoder, subwords):
        _wait(encoder.device)
    return time.perf_counter() - began


def statistics_seconds(encoder: "Encoder", subwords: "Subwords", statistics: "HeadStatistics") -> float:
    """Seconds that all statistics take, inside the stream, with the caches as a forward pass leaves them."""
    seconds = 0.0
    for batch in maps(encoder, subwords):
        _wait(encoder.device)
        began = time.perf_counter()
        statistics.add(batch)
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    statistics.finish(), statistics.quantiles()
    return seconds + time.perf_counter() - began


def _wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()
