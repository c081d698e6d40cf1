"""What an output loses without a head, without all heads of a layer, and without several heads at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.head_ablation import Ablation, Head, ablated
from probing.attention.interventions.passes import calls, each, hidden, replaced, resumed
from probing.attention.interventions.readouts import Output
from probing.axes import Progress, Split, Tally, no_progress
from probing.model.batches import Batch
from probing.model.blocks import blocks
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

METRIC = "effect_nats"
FIRST = (1, 2, 4, 8, 16, 32, 64)  # how many heads of a ranking are ablated together


def effects(
    encoder: Encoder,
    subwords: Subwords,
    output: Output,
    ablation: Ablation,
    split: Split,
    on_progress: Progress = no_progress,
) -> Tally:
    """What the output loses without each head alone: its score as it is minus that without the head, in nats.

    Layers 1 to the one that the output reads; later heads cannot matter to it. Sums (N, L, H) over N sentences; items
    (N,): 1 for a sentence that fits into one input and gives the output something to predict.
    """
    each = np.eye(blocks(encoder.network)[0].n_heads, dtype=np.bool_)
    sums, items = _losses(encoder, subwords, output, ablation, each, on_progress)
    return Tally(METRIC, output.name, f"ablation_{ablation.how}", split, _layers(output), sums, items)


def layer_effects(encoder: Encoder, subwords: Subwords, output: Output, ablation: Ablation, split: Split) -> Tally:
    """As ``effects``, but without all heads of a layer at once: sums (N, L)."""
    together = np.ones((1, blocks(encoder.network)[0].n_heads), dtype=np.bool_)
    sums, items = _losses(encoder, subwords, output, ablation, together, no_progress)
    return Tally(METRIC, output.name, "ablation_layer", split, _layers(output), sums[:, :, 0], items)


def ranking(single: Tally) -> list[Head]:
    """Heads by mean effect, largest first, ties by layer and head. To be measured on other sentences than ranked on."""
    sums = single.sums.sum(axis=0)  # the items are the same for all heads
    order = np.argsort(-sums, axis=None, kind="stable")
    places = zip(*np.unravel_index(order, sums.shape), strict=True)
    return [(single.layers[layer], int(head)) for layer, head in places]


def joint(
    encoder: Encoder,
    subwords: Subwords,
    output: Output,
    ablation: Ablation,
    ranked: Sequence[Head],
    split: Split,
) -> list[Tally]:
    """The effect of the first k of ``ranked`` heads together, for each k of FIRST: sums (N, 1) at the output's layer.

    Numbers k above the number of ranked heads are left out. Redundancy shows where the effect exceeds
    ``sum_of_single``: heads that each can be spared because another does the same.
    """
    ks = _ks(ranked)

    def without(batch: Batch) -> tuple[NDArray[np.bool_], list[NDArray[np.float64]]]:
        before = output(hidden(encoder, batch, output.layer), batch)
        lost = []
        for k in ks:
            with ablated(encoder, batch, set(ranked[:k]), ablation):
                after = output(hidden(encoder, batch, output.layer), batch)
            lost.append(_numpy(before.scores() - after.scores()))
        return before.defined(), lost

    sums, items = np.zeros((len(ks), len(subwords), 1)), np.zeros(len(subwords))
    for batch, (defined, lost) in each(encoder, subwords, without):
        items[batch.sentences], sums[:, batch.sentences, 0] = defined, lost
    return [_joint(k, "together", split, output, of_k, items) for k, of_k in zip(ks, sums, strict=True)]


def sum_of_single(single: Tally, ranked: Sequence[Head], output: Output) -> list[Tally]:
    """The effects of the first k heads, each ablated alone, added up: what ``joint`` would be if heads just added."""
    of_head = np.stack([single.sums[:, single.layers.index(layer), head] for layer, head in ranked], axis=1)
    return [
        _joint(k, "sum of single", single.split, output, of_head[:, :k].sum(axis=1, keepdims=True), single.items)
        for k in _ks(ranked)
    ]


def _ks(ranked: Sequence[Head]) -> list[int]:
    return [k for k in FIRST if k <= len(ranked)]


def _joint(
    k: int, what: str, split: Split, output: Output, sums: NDArray[np.float64], items: NDArray[np.float64]
) -> Tally:
    return Tally(METRIC, f"top {k} {what}", "ablation_joint", split, (output.layer,), sums, items)


def _losses(
    encoder: Encoder,
    subwords: Subwords,
    output: Output,
    ablation: Ablation,
    groups: NDArray[np.bool_],
    on_progress: Progress,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Without each group (G, H) of a layer's heads alone: sums (N, L, G) and items (N,).

    All groups of a layer are run at once, on copies of the sentences, from that layer on.
    """
    import torch

    found = blocks(encoder.network)[: output.layer]
    copies = len(groups)

    def without(batch: Batch) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        many = batch.repeat(copies)
        chosen = torch.from_numpy(groups.repeat(len(batch.ids), axis=0)).to(encoder.device)  # (G, H) -> (G * B, H)
        with calls(found) as kept:
            before = output(hidden(encoder, batch, output.layer), batch)
        lost = np.zeros((len(batch.ids), len(found), copies))
        for place, block in enumerate(found):
            new = ablation.substitute(encoder, many, place + 1)
            with torch.inference_mode(), resumed(found[:place], kept, copies), replaced(block, new, chosen):
                after = output(hidden(encoder, many, output.layer), many)
            lost[:, place] = _numpy(before.scores() - after.scores().view(copies, -1)).T  # (G * B,) -> (B, G)
        return before.defined(), lost

    sums, items = np.zeros((len(subwords), len(found), copies)), np.zeros(len(subwords))
    for batch, (defined, lost) in each(encoder, subwords, without, copies):
        items[batch.sentences], sums[batch.sentences] = defined, lost
        on_progress("ablating heads", int(items.sum()), len(subwords))
    return sums, items


def _layers(output: Output) -> tuple[int, ...]:
    return tuple(range(1, output.layer + 1))


def _numpy(values: "torch.Tensor") -> NDArray[np.float64]:
    return values.cpu().double().numpy()
