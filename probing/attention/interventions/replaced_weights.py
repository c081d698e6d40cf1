"""Do attention weights matter? The weights of one layer are permuted, or made uniform."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.head_ablation import uniform
from probing.attention.interventions.passes import Substitute, below, hidden, replaced, resumed
from probing.attention.interventions.readouts import Readout
from probing.axes import Split, Tally
from probing.errors import positive
from probing.model.batches import Batch
from probing.model.block_calls import calls
from probing.model.blocks import blocks
from probing.model.encoder import Encoder
from probing.model.maps import Maps, each_map
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

PERMUTED, UNIFORM = "permuted", "uniform"
Sees = tuple[bool, int | None]  # whether a query sees nothing after it, and how far it sees (None: all the way)


def replaced_weights(
    encoder: Encoder, subwords: Subwords, readout: Readout, rng: np.random.Generator, split: Split, draws: int = 10
) -> tuple[Tally, Tally]:
    """How far the readout moves when the weights of all heads of one layer are permuted, and when they are uniform.

    Returns two tallies, permuted and uniform, of metric "tvd": sums (N, L) for layers up to the one that is read. tvd
    is the total variation distance (0 to 1) between the readout's distributions with and without the change, averaged
    over the places of a sentence and, for permutations, over ``draws``. Each query's weights are permuted over the keys
    that it can see (Jain & Wallace 2019, who permute the only query of a BiLSTM).
    Raises: ModelError as ``maps`` and ``blocks`` do; ConfigError if ``draws`` is not positive.
    """
    import torch

    positive("draws", draws)
    found = blocks(encoder.network)
    all_heads = torch.ones(1, found[0].n_heads, dtype=torch.bool, device=encoder.device)
    found = below(found, readout.layer)

    def moved(some: Maps) -> tuple[NDArray[np.int64], NDArray[np.bool_], dict[str, NDArray[np.float64]]]:
        batch = Batch(some.sentences, some.ids, some.words, some.last_words)
        with calls(block.module for block in found) as kept:
            before = readout(hidden(encoder, batch, readout.layer), batch)
        sums = {name: np.zeros((len(batch.ids), len(found))) for name in (PERMUTED, UNIFORM)}
        for place, block in enumerate(found):
            for name, weight, new in _substitutes(
                some.attention[place], batch.real, (encoder.causal, block.reach), rng, draws
            ):
                with torch.inference_mode(), resumed(found[:place], kept), replaced(block, new, all_heads):
                    after = readout(hidden(encoder, batch, readout.layer), batch)
                sums[name][:, place] += weight * before.moved(after).cpu().double().numpy()
        return batch.sentences, before.defined(), sums

    sums = {name: np.zeros((len(subwords), len(found))) for name in (PERMUTED, UNIFORM)}
    items = np.zeros(len(subwords))
    for sentences, defined, of_batch in each_map(encoder, subwords, moved):
        items[sentences] = defined
        for name, values in of_batch.items():
            sums[name][sentences] = values
    layers = tuple(block.number for block in found)
    permuted, levelled = (Tally("tvd", name, "explain", split, layers, sums[name], items) for name in sums)
    return permuted, levelled


def _substitutes(
    map_: "torch.Tensor", real: NDArray[np.bool_], sees: Sees, rng: np.random.Generator, draws: int
) -> Iterator[tuple[str, float, Substitute]]:
    """The replacements of a map (B, H, T, T), one after the other: name, weight in the mean, and the substitute."""
    import torch

    yield UNIFORM, 1.0, uniform(torch.from_numpy(real).to(map_.device), *sees)
    for _ in range(draws):
        yield PERMUTED, 1 / draws, _permuted(map_, real, sees, rng)


def _permuted(map_: "torch.Tensor", real: NDArray[np.bool_], sees: Sees, rng: np.random.Generator) -> Substitute:
    """A substitute that uses ``map_`` (B, H, T, T) with each row permuted over the keys that it can see."""
    import torch

    seen = np.broadcast_to(real[:, None, None, :], map_.shape)
    causal, reach = sees
    if causal:
        seen = seen & np.tri(real.shape[1], dtype=np.bool_)
    if reach is not None:
        place = np.arange(real.shape[1])
        seen = seen & (np.abs(place[:, None] - place) <= reach)
    noise = np.where(seen, rng.random(map_.shape, dtype=np.float32), 2)
    # Keys that a row cannot see have the largest noise and stay behind, so sorting shuffles only the others.
    order = noise.argsort(axis=-1, kind="stable")
    if reach is not None:  # in a window, the keys that are seen are not the first ones
        drawn = order.copy()
        np.put_along_axis(order, np.argsort(~seen, axis=-1, kind="stable"), drawn, axis=-1)
    shuffled = map_.gather(-1, torch.from_numpy(order).to(map_.device))
    return lambda values: torch.einsum("bhqk,bkhd->bqhd", shuffled, values.to(shuffled.dtype))
