"""What the benchmark times of head statistics: the statistics, and the forward passes that they follow."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.head_statistics import HeadStatistics
from probing.model.maps import maps
from probing.model.subwords import Subwords


def head_stats_over_forward(
    encoder: Any,
    subwords: Subwords,
    special: Mapping[str, Collection[int]],
    punctuation: Sequence[NDArray[np.bool_]] | None,
) -> tuple[float, float]:
    """Seconds that all head statistics take, and seconds of the eager forward passes alone, over the same batches.

    The statistics are timed inside the stream, with the caches as a forward pass leaves them; the forward passes in a
    stream of their own.
    """
    began = time.perf_counter()
    for _ in maps(encoder, subwords):
        _wait(encoder.device)
    forward_seconds = time.perf_counter() - began

    config = encoder.network.config
    sizes = (len(subwords), config.num_hidden_layers, config.num_attention_heads)
    statistics = HeadStatistics(*sizes, "dev", special, punctuation, encoder.causal)
    statistics_seconds = 0.0
    for batch in maps(encoder, subwords):
        _wait(encoder.device)
        began = time.perf_counter()
        statistics.add(batch)
        statistics_seconds += time.perf_counter() - began
    began = time.perf_counter()
    statistics.finish(), statistics.quantiles()
    return statistics_seconds + time.perf_counter() - began, forward_seconds


def _wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()
