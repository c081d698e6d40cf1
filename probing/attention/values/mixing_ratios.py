"""Norm-based attention over a corpus: the share of a vector that comes from its context, and from special subwords."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from probing.attention.values.norms import Norms, fitting, norm_blocks, norms
from probing.axes import Progress, Split, Tally, no_progress
from probing.model.encoder import Encoder
from probing.model.maps import SPECIAL
from probing.model.subwords import Subwords


def mixing_ratios(
    encoder: Encoder,
    subwords: Subwords,
    split: Split,
    chosen: Sequence[int] | None = None,
    on_progress: Progress = no_progress,
) -> list[Tally]:
    """Mixing ratios and the shares of special subwords: tallies over all subwords of the chosen sentences as queries.

    mixing_ratio, sums (N, L), by target: attn_w and attnres_w from weights averaged over heads (the latter averaged
    with the identity); attn_n, attnres_n and attnresln_n from vectors (Kobayashi et al. 2021), the last one only for
    blocks that normalise after attention. norm_share_special, sums (N, L, H): the share of a query's Σ_j ‖α f(x_j)‖
    that comes from special subwords. attention_share_special: the share of its weight (Kobayashi et al. 2020 compare
    the two). Models without special subwords have neither. Sentences are in ascending order; if none is usable, the
    list is empty. Raises: as ``norms``.
    """
    sums: dict[tuple[str, str, str], list[NDArray[np.float64]]] = {}
    lengths: list[int] = []
    sentences = fitting(encoder, subwords, chosen)
    numbers = tuple(block.number for block in norm_blocks(encoder))
    for _, layers in norms(encoder, subwords, _sums, sentences):
        for name in layers[0][0]:
            sums.setdefault(name, []).append(np.stack([layer[name] for layer, _ in layers]))
        lengths.append(layers[0][1])
        on_progress("norms", len(lengths), len(sentences))
    items = np.array(lengths, dtype=np.float64)
    special = bool((subwords.words == SPECIAL).any())
    return [
        Tally(metric, target, probe, split, numbers, np.stack(rows), items)
        for (metric, target, probe), rows in sums.items()
        if special or not metric.endswith("share_special")
    ]


def _sums(found: Norms) -> tuple[dict[tuple[str, str, str], NDArray[np.float64]], int]:
    """Sums over the queries of one sentence, by metric, target and probe; and the number of queries."""
    import torch

    special = torch.from_numpy(found.words == SPECIAL).to(found.attention.device)
    lengths = found.transformed[..., None]  # (H, S, 1)
    weight, on_special = found.attention[..., special], lengths[:, special]
    share = (weight @ on_special) / (found.attention @ lengths).clamp_min(1e-30)  # (H, S, 1)
    sums = {("mixing_ratio", name, "norm"): ratio.sum() for name, ratio in found.mixing.items()}
    sums["norm_share_special", "all", "norm"] = share.sum(dim=(1, 2))
    sums["attention_share_special", "all", "attention"] = weight.sum(dim=(1, 2))
    return {name: value.double().cpu().numpy() for name, value in sums.items()}, len(found.words)
