"""A dry run: what an extraction takes, from the sizes of its batches and the measured time of a few. Writes nothing."""

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.axes import Progress
from probing.store.encoding import checksum_of, encode
from probing.store.extraction_plan import Estimate, Plan

SAMPLED = 10  # batches whose time is measured


@dataclass(frozen=True)
class DryRun:
    """What an extraction takes. flops: floating-point operations of all forward passes, padding included.

    seconds: of one process on this device, with conversion to the stored type and its checksums, without writing.
    sampled: how many of the ``batches`` were measured for it.
    """

    estimate: Estimate
    flops: float
    seconds: float
    sampled: int
    batches: int

    def workers(self, minutes: float) -> int:
        """How many processes on devices like this one, each with a share of the batches, finish in ``minutes``."""
        return max(1, min(self.batches, math.ceil(self.seconds / (60 * minutes))))


def dry_run(plan: Plan, on_progress: Progress) -> DryRun:
    """Measure some batches of an extraction, spread evenly over its operations. Nothing is written."""
    n_batches = len(plan.sizes)
    if not n_batches:
        return DryRun(plan.estimate, 0.0, 0.0, 0, 0)
    flops = _flops(plan)
    middles = np.cumsum(flops) - flops / 2
    wanted = (np.arange(SAMPLED) + 0.5) / SAMPLED * flops.sum()
    sample = np.unique(np.abs(middles - wanted[:, None]).argmin(1))
    seconds = 0.0
    for done, batch in enumerate(sample.tolist()):
        on_progress("measuring batches", done, len(sample))
        began = time.perf_counter()
        for rows, exponents in zip(*encode(plan.rows(batch), plan.content.dtype), strict=True):
            checksum_of(rows, exponents)
        seconds += time.perf_counter() - began
    on_progress("measuring batches", len(sample), len(sample))
    total = float(flops.sum())
    return DryRun(plan.estimate, total, seconds * total / float(flops[sample].sum()), len(sample), n_batches)


def _flops(plan: Plan) -> NDArray[np.float64]:
    """The floating-point operations of each batch (B,), counted in the first batch and in the last.

    A Transformer takes some for each subword and, in attention, some for each pair of subwords of a sentence. The first
    batch has the longest sentences, the last the shortest; if one length is all, they count for each subword. What is
    taken once for a sentence (a pooler) is left out.
    """
    sentences, longest = np.array(plan.sizes, dtype=np.float64).T
    terms = np.stack([sentences * longest, sentences * longest**2], axis=1)  # (B, 2)
    ends = [0, len(terms) - 1]
    counted = np.array([_counted(plan, batch) for batch in ends])
    if longest[0] == longest[-1]:
        return np.asarray(terms[:, 0] * counted[0] / terms[0, 0])
    return np.asarray(terms @ np.linalg.solve(terms[ends], counted))


def _counted(plan: Plan, batch: int) -> int:
    import torch
    from torch.utils.flop_counter import FlopCounterMode, sdpa_flop

    fused = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # the counter knows those of other devices
    with FlopCounterMode(
        display=False, custom_mapping={fused: lambda *of, out_val=None, **_: sdpa_flop(*of[:3])}
    ) as counter:
        plan.rows(batch)
    return int(counter.get_total_flops())
