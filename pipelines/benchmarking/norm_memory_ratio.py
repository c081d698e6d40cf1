"""Memory of norm-based attention, compared with that of the attention maps that it is made from."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pipelines.benchmarking.bench import Bench, Ratio
from probing.attention.values.norms import Norms, norms
from probing.errors import ModelError
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords

SUBWORDS = 128
MARKS = (1013, 1019)  # bytes that are taken before and after the work: a profile without them is not whole
TRIES = 5


def norm_peak_over_map(bench: Bench) -> Ratio:
    """Peak memory of norm-based attention / the maps of one layer, 128 subwords.

    Measured once: bytes are the same each time.
    """
    found = {n: norm_peak(bench.encoder_with_maps, n) for n in (64, SUBWORDS, 256)}
    reference = f"(H, S, S) float32 at S = {SUBWORDS}; the network's own memory is counted"
    return Ratio([found[SUBWORDS]], reference, details={"by_subwords": found})


def of_length(encoder: Encoder, length: int) -> Subwords:
    """One sentence of ``length`` subwords, each a word; memory does not depend on which."""
    ids = (np.arange(length) % 5 + 5).astype(np.int32)
    return Subwords(ids, np.arange(length, dtype=np.int32), np.array([0, length]), np.array([length], dtype=np.int32))


def norm_peak(encoder: Encoder, length: int, keep: Callable[[Norms], Any] = lambda found: found.heads().sum()) -> float:
    """Most bytes at once that ``norms`` allocates for one sentence over those of its maps in one layer, (H, S, S).

    The whole pass is counted, the network's own allocations with it, and what ``keep`` does: by default it makes every
    head's ‖α f(x)‖, a map of its own.
    """
    subwords = of_length(encoder, length)
    map_bytes = encoder.network.config.num_attention_heads * length**2 * 4
    return float(_peak(encoder, lambda: list(norms(encoder, subwords, keep))) / map_bytes)


def _peak(encoder: Encoder, work: Callable[[], object]) -> int:
    """Most bytes that ``work`` holds at once beyond what was there before, counted by the allocator."""
    import torch

    if encoder.device.startswith("cuda"):
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        work()
        return torch.cuda.max_memory_allocated() - before
    for _ in range(TRIES):
        sizes = _allocator_calls(work)
        if {*MARKS} <= {*sizes}:
            return int(np.cumsum(sizes).max())
    raise ModelError(f"torch's profiler lost calls of the allocator {TRIES} times; type only=norm_peak_over_map")


def _allocator_calls(work: Callable[[], object]) -> list[int]:
    """Bytes that each call of the allocator takes or gives back, in order; MARKS stand before and after ``work``."""
    import torch

    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        torch.empty(MARKS[0], dtype=torch.uint8)
        work()
        torch.empty(MARKS[1], dtype=torch.uint8)
    # The profiler's summed events lose what one operation takes and gives back: these are the allocator's own calls.
    recorder: Any = profile.profiler
    calls = [event for event in recorder.kineto_results.events() if event.name() == "[memory]"]
    return [int(call.nbytes()) for call in sorted(calls, key=lambda call: call.start_ns())]
