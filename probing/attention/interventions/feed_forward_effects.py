"""Effects of replacing the feed-forward part of each layer on a readout, as ``head_effects`` does for attention."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.head_effects import METRIC
from probing.attention.interventions.passes import below, each_batch, forward, hidden, resumed
from probing.attention.interventions.readouts import Readout
from probing.axes import FloatArray, Split, Tally
from probing.model.batches import Batch, batch_of
from probing.model.block_calls import calls
from probing.model.blocks import Block, blocks
from probing.model.encoder import Encoder
from probing.model.feed_forward import feed_forward
from probing.model.maps import usable
from probing.model.network_pass import hooks
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

    Module = torch.nn.Module


def neuron_means(encoder: Encoder, subwords: Subwords) -> list[NDArray[np.float64]]:
    """The mean neurons of each block's feed-forward part, (I,), over all subwords, special ones included.

    Neurons are what the last linear map of that part is given. Raises: ModelError as ``feed_forward`` does.
    """
    modules = _last_maps(encoder, subwords, blocks(encoder.network))
    sums: list[Any] = [0.0] * len(modules)
    n_subwords = 0
    for batch, of_batch in each_batch(encoder, subwords, lambda batch: _summed(encoder, batch, modules)):
        n_subwords += int(batch.real.sum())
        sums = [before + found for before, found in zip(sums, of_batch, strict=True)]
    return [np.asarray(total) / max(n_subwords, 1) for total in sums]


def feed_forward_effects(
    encoder: Encoder, subwords: Subwords, readout: Readout, means: Sequence[FloatArray] | None, split: Split
) -> Tally:
    """How much the readout's score falls, in nats, when the neurons of a layer are replaced: sums (N, L), items (N,).

    means: what replaces them in each block (``neuron_means``); None: zeros. A bias of the last map stays. L: the blocks
    up to the layer that is read. Raises: ModelError as ``feed_forward`` does.
    """
    found = below(blocks(encoder.network), readout.layer)
    modules = _last_maps(encoder, subwords, found)

    def without(batch: Batch) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        with calls(block.module for block in found) as kept:
            before = readout(hidden(encoder, batch, readout.layer), batch)
        lost = np.zeros((len(batch.ids), len(found)))
        for place, module in enumerate(modules):
            with resumed(found[:place], kept), _replaced(module, None if means is None else means[place]):
                after = readout(hidden(encoder, batch, readout.layer), batch)
            lost[:, place] = (before.scores() - after.scores()).cpu().double().numpy()
        return before.defined(), lost

    sums, items = np.zeros((len(subwords), len(found))), np.zeros(len(subwords))
    for batch, (defined, lost) in each_batch(encoder, subwords, without):
        items[batch.sentences], sums[batch.sentences] = defined, lost
    layers = tuple(block.number for block in found)
    return Tally(METRIC, readout.name, "ablation_feed_forward", split, layers, sums, items)


def _last_maps(encoder: Encoder, subwords: Subwords, found: Sequence[Block]) -> "list[Module]":
    """``feed_forward`` of each block, searched in the pass of one sentence; none if no sentence is usable."""
    import torch

    there = np.flatnonzero(usable(encoder, subwords))
    if not len(there):
        return []
    with torch.inference_mode(), calls(block.module for block in found) as kept:
        forward(encoder, batch_of(subwords, there[:1], encoder.pad))
    with torch.inference_mode():
        return [feed_forward(block, call) for block, call in zip(found, kept, strict=True)]


@contextmanager
def _replaced(module: "Module", mean: FloatArray | None) -> Iterator[None]:
    """Replace what ``module`` is given: by zeros, or by ``mean`` at every position."""
    import torch

    def put(_module: "Module", inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        given = inputs[0]
        new = torch.zeros_like(given[..., :1]) if mean is None else torch.as_tensor(mean).to(given)
        return new.expand_as(given), *inputs[1:]

    with hooks(module.register_forward_pre_hook(put)):
        yield


def _summed(encoder: Encoder, batch: Batch, modules: "Sequence[Module]") -> list[NDArray[np.float64]]:
    """The neurons of every block summed over the real subwords of a batch, (I,) each."""
    import torch

    real = torch.from_numpy(batch.real).to(encoder.device)
    kept: list[torch.Tensor] = []
    watching = (module.register_forward_pre_hook(lambda _m, inputs: kept.append(inputs[0])) for module in modules)
    with hooks(*watching), torch.inference_mode():
        forward(encoder, batch)
    return [part.view(*real.shape, -1)[real.to(part.device)].sum(0).double().cpu().numpy() for part in kept]
