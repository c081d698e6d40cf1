"""The benchmark's ratio for the live explorer."""

import time
from typing import Any

from pipelines.bench_attention import with_maps
from pipelines.looker import SHORT, ModelLooker, Ready
from pipelines.ratio import Bench, summary
from probing.view.look import Options

TEXT = "The quick brown fox saw that a light watch on her table could not have moved while she slept ."
LIMITS = {"characters": 5000, "subwords": SHORT}


def explore_over_forward(bench: Bench) -> dict[str, Any]:
    """Seconds of a live answer beyond the forward pass, for a sentence of 20 words, as the explorer gives it.

    Beside it the seconds of both, and of an answer with flow, which is not given unasked.
    """
    import torch

    encoder, _ = with_maps(bench)
    ready = Ready(encoder, Options(), torch.get_num_threads())
    looker = ModelLooker(lambda _: ready, LIMITS, TEXT, encoder.checkpoint.name)
    looker.load(lambda _: None)
    quick, flow = ([_seconds(looker, parts) for _ in range(3 + bench.repeats)][3:] for parts in (None, ["flow"]))
    found = summary([beyond / forward for forward, beyond in quick])
    header, _arrays = looker.view(TEXT, None, None)
    found["reference"] = (
        f"the forward pass of the same answer, one sentence of {len(header['forms'])} words, "
        f"{len(header['tokens'])} subwords"
    )
    found["seconds_beyond"] = summary([beyond for _, beyond in quick])
    found["forward_seconds"] = [forward for forward, _ in quick]
    found["seconds_beyond_with_flow"] = summary([beyond for _, beyond in flow])
    return found


def _seconds(looker: ModelLooker, parts: list[str] | None) -> tuple[float, float]:
    """Of the forward pass, and of everything else until the arrays are packed."""
    began = time.perf_counter()
    header, _ = looker.view(TEXT, None, parts)
    forward = header["timings_ms"]["forward"] / 1000
    return forward, time.perf_counter() - began - forward
