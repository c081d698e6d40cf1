"""What an output loses without a head, without all heads of a layer, and without several heads at once."""

from collections.abc import Collection, Mapping, Sequence
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
    first: Mapping[int, Collection[Head]],
    split: Split,
) -> list[Tally]:
    """The effect of several heads taken out at once, as sums (N, 1) at the output's layer; ``first``: k -> those heads.

    Redundancy shows where it exceeds ``sum_of_single``: heads that each can be spared because another does the same.
    """

    def without(batch: Batch) -> tuple[NDArray[np.bool_], list[NDArray[np.float64]]]:
        before = output(hidden(encoder, batch, output.layer), batch)
        lost = []
        for heads in first.values():
            with ablated(encoder, batch, heads, ablation):
                after = output(hidden(encoder, batch, output.layer), batch)
            lost.append(_numpy(before.scores() - after.scores()))
        return before.defined(), lost

    sums, items = np.zeros((len(first), len(subwords), 1)), np.zeros(len(subwords))
    for batch, (defined, lost) in each(encoder, subwords, without):
        items[batch.sentences], sums[:, batch.sentences, 0] = defined, lost
    return [_joint(k, "together", split, output, of_k, items) for k, of_k in zip(first, sums, strict=True)]


def sum_of_single(single: Tally, first: Mapping[int, Sequence[Head]], output: Output) -> list[Tally]:
    """The effects of heads that were each taken out alone, added up: what ``joint`` would be if heads just added."""
    added = {
        k: np.stack([single.sums[:, single.layers.index(layer), head] for layer, head in heads], axis=1).sum(axis=1)
        for k, heads in first.items()
    }
    return [_joint(k, "sum of single", single.split, output, sums[:, None], single.items) for k, sums in added.items()]


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
