"""Effects of head ablation on a readout: of each head, of all heads of a layer, and of several heads at once."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.head_ablation import Ablation, Head, ablated
from probing.attention.interventions.passes import below, each_batch, hidden, replaced, resumed
from probing.attention.interventions.readouts import Readout
from probing.axes import Progress, Split, Tally, no_progress
from probing.model.batches import Batch
from probing.model.block_calls import calls
from probing.model.blocks import blocks
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

METRIC = "effect_nats"


def effects(
    encoder: Encoder,
    subwords: Subwords,
    readout: Readout,
    ablation: Ablation,
    split: Split,
    on_progress: Progress = no_progress,
) -> Tally:
    """How much the readout's score falls, in nats, when each head alone is replaced: sums (N, L, H) over N sentences.

    L: layers with attention up to the one that is read, because later heads cannot change it. items (N,): 1 for a
    sentence that fits into one input and has something to predict. Raises: ModelError as ``blocks`` does.
    """
    each = np.eye(blocks(encoder.network)[0].n_heads, dtype=np.bool_)
    sums, items = _losses(encoder, subwords, readout, ablation, each, on_progress)
    layers = _layers(encoder, readout)
    return Tally(METRIC, readout.name, f"ablation_{ablation.replacement}", split, layers, sums, items)


def layer_effects(encoder: Encoder, subwords: Subwords, readout: Readout, ablation: Ablation, split: Split) -> Tally:
    """As ``effects``, but all heads of a layer are replaced at once: sums (N, L)."""
    together = np.ones((1, blocks(encoder.network)[0].n_heads), dtype=np.bool_)
    sums, items = _losses(encoder, subwords, readout, ablation, together, no_progress)
    return Tally(METRIC, readout.name, "ablation_layer", split, _layers(encoder, readout), sums[:, :, 0], items)


def kept_alone(encoder: Encoder, subwords: Subwords, readout: Readout, ablation: Ablation, split: Split) -> Tally:
    """As ``effects``, but all heads of a layer except one are replaced: sums (N, L, H), of the head that is kept."""
    others = ~np.eye(blocks(encoder.network)[0].n_heads, dtype=np.bool_)
    sums, items = _losses(encoder, subwords, readout, ablation, others, no_progress)
    return Tally(METRIC, readout.name, "ablation_others", split, _layers(encoder, readout), sums, items)


def ranking(single: Tally) -> list[Head]:
    """Heads by mean effect, largest first; ties by layer, then head.

    Measure the effects of the first heads on other sentences, or they are too large.
    """
    sums = single.sums.sum(axis=0)  # the items are the same for all heads
    order = np.argsort(-sums, axis=None, kind="stable")
    places = zip(*np.unravel_index(order, sums.shape), strict=True)
    return [(single.layers[layer], int(head)) for layer, head in places]


def joint(
    encoder: Encoder,
    subwords: Subwords,
    readout: Readout,
    ablation: Ablation,
    first: Mapping[int, Collection[Head]],
    split: Split,
) -> list[Tally]:
    """The effect (nats) of replacing several heads at once: per k of ``first`` (k -> heads) a tally of sums (N, 1).

    Heads are redundant where this exceeds ``sum_of_single``: each alone can be removed because another does the same.
    """

    def without(batch: Batch) -> tuple[NDArray[np.bool_], list[NDArray[np.float64]]]:
        before = readout(hidden(encoder, batch, readout.layer), batch)
        lost = []
        for heads in first.values():
            with ablated(encoder, batch, heads, ablation):
                after = readout(hidden(encoder, batch, readout.layer), batch)
            lost.append(_numpy(before.scores() - after.scores()))
        return before.defined(), lost

    sums, items = np.zeros((len(first), len(subwords), 1)), np.zeros(len(subwords))
    for batch, (defined, lost) in each_batch(encoder, subwords, without):
        items[batch.sentences], sums[:, batch.sentences, 0] = defined, lost
    return [_joint(k, "together", split, readout, of_k, items) for k, of_k in zip(first, sums, strict=True)]


def sum_of_single(single: Tally, first: Mapping[int, Sequence[Head]], readout: Readout) -> list[Tally]:
    """The effects of single heads added up: what ``joint`` would be if heads had independent effects."""
    added = {
        k: np.stack([single.sums[:, single.layers.index(layer), head] for layer, head in heads], axis=1).sum(axis=1)
        for k, heads in first.items()
    }
    return [_joint(k, "sum of single", single.split, readout, sums[:, None], single.items) for k, sums in added.items()]


def _joint(
    k: int, what: str, split: Split, readout: Readout, sums: NDArray[np.float64], items: NDArray[np.float64]
) -> Tally:
    return Tally(METRIC, f"top {k} {what}", "ablation_joint", split, (readout.layer,), sums, items)


def _losses(
    encoder: Encoder,
    subwords: Subwords,
    readout: Readout,
    ablation: Ablation,
    groups: NDArray[np.bool_],
    on_progress: Progress,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effects of replacing each group (G, H) of a layer's heads: sums (N, L, G) and items (N,).

    All groups of a layer run at once, on copies of the sentences, starting at that layer.
    """
    import torch

    found = below(blocks(encoder.network), readout.layer)
    copies = len(groups)

    def without(batch: Batch) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        many = batch.repeat(copies)
        chosen = torch.from_numpy(groups.repeat(len(batch.ids), axis=0)).to(encoder.device)  # (G, H) -> (G * B, H)
        with calls(block.module for block in found) as kept:
            before = readout(hidden(encoder, batch, readout.layer), batch)
        lost = np.zeros((len(batch.ids), len(found), copies))
        for place, block in enumerate(found):
            new = ablation.substitute(encoder, many, place)
            with torch.inference_mode(), resumed(found[:place], kept, copies), replaced(block, new, chosen):
                after = readout(hidden(encoder, many, readout.layer), many)
            lost[:, place] = _numpy(before.scores() - after.scores().view(copies, -1)).T  # (G * B,) -> (B, G)
        return before.defined(), lost

    sums, items = np.zeros((len(subwords), len(found), copies)), np.zeros(len(subwords))
    for batch, (defined, lost) in each_batch(encoder, subwords, without, copies):
        items[batch.sentences], sums[batch.sentences] = defined, lost
        on_progress("ablating heads", int(items.sum()), len(subwords))
    return sums, items


def _layers(encoder: Encoder, readout: Readout) -> tuple[int, ...]:
    return tuple(block.number for block in below(blocks(encoder.network), readout.layer))


def _numpy(values: "torch.Tensor") -> NDArray[np.float64]:
    return values.cpu().double().numpy()
