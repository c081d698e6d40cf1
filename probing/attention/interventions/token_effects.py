"""Interventions on tokens: a token is replaced by a blank, or its value vectors are set to zero in one layer."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.passes import hidden, in_copies, replaced
from probing.attention.interventions.readouts import Readout
from probing.errors import ModelError
from probing.model.batches import Batch, batch_of
from probing.model.block_calls import Call, calls, states_of
from probing.model.blocks import Block, blocks
from probing.model.encoder import Encoder
from probing.model.maps import maps, usable
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

BLANKS = ("mask", "unk", "pad", "eos")


def special_token(encoder: Encoder, roles: Sequence[str] = BLANKS) -> tuple[str, int]:
    """The spelling and id of the tokenizer's first token with one of these roles (default: what replaces a token).

    Raises: ModelError if there is no such token, or none that the network has an embedding for.
    """
    rows = encoder.network.get_input_embeddings().weight.shape[0]
    for role in roles:
        if role in encoder.special and 0 <= encoder.special[role][1] < rows:
            return encoder.special[role]
    raise ModelError(
        f"{encoder.checkpoint.name}: its tokenizer has no {' or '.join(roles)} token; "
        "choose a checkpoint whose tokenizer_config.json names one"
    )


def blank_out(encoder: Encoder, subwords: Subwords, readout: Readout, blank: int) -> list[NDArray[np.float64]]:
    """How much the log-probability of each label falls, in nats, when a token is replaced by ``blank``: (S, P) each.

    Per sentence its S tokens by the P places of ``readout.places``; P is 0 for sentences that do not fit into one input
    or have nothing to predict. Tokens of words are replaced one at a time. NaN for special tokens, and for tokens that
    are the blank already. (Blank-out of Abnar & Zuidema 2020, section 4, is the mean over the places.)
    """
    losses = [np.zeros((n, 0)) for n in np.diff(subwords.offsets)]
    for sentence in np.flatnonzero(usable(encoder, subwords)):
        whole = batch_of(subwords, [int(sentence)], encoder.pad)
        intact = readout(hidden(encoder, whole, readout.layer), whole).of_gold()
        tokens = np.flatnonzero((whole.words[0] >= 0) & (whole.ids[0] != blank))
        losses[sentence] = np.full((whole.ids.shape[1], len(intact)), np.nan)
        if not len(intact):
            continue

        def lost(some: NDArray[np.int64], whole: Batch = whole, intact: "torch.Tensor" = intact) -> NDArray[np.float64]:
            without = whole.repeat(len(some))
            without.ids[np.arange(len(some)), some] = blank
            after = readout(hidden(encoder, without, readout.layer), without).of_gold()
            found: NDArray[np.float64] = (intact - after.view(len(some), -1)).double().cpu().numpy()
            return found

        for some, found in in_copies(encoder, tokens, whole.ids.shape[1], lost):
            losses[sentence][some] = found
    return losses


def value_zeroing(
    encoder: Encoder, subwords: Subwords, chosen: Sequence[int] | None = None
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """How much each token's block output changes without the value vectors of each token (Mohebbi et al. 2023, eq. 2).

    Per sentence its number and (L, S, S): 1 - cosine between the output of block l for the query (row) and its output
    when the values of the key (column) are zero in all heads of that block only. Rows are not normalised.
    ``encoder`` must give maps. Raises: ModelError as ``maps`` and ``blocks`` do.
    """
    found = blocks(encoder.network)
    fitting = np.flatnonzero(usable(encoder, subwords))
    for sentence in fitting if chosen is None else np.intersect1d(fitting, chosen):
        with calls(block.module for block in found) as kept:
            [alone] = maps(encoder, subwords, [int(sentence)])
        layers = [
            _zeroed(encoder, block, call, map_[0])
            for block, call, map_ in zip(found, kept, alone.attention, strict=True)
        ]
        yield int(sentence), np.stack(layers)


def _zeroed(encoder: Encoder, block: Block, call: Call, map_: "torch.Tensor") -> NDArray[np.float32]:
    """One block and one sentence; the block is called again for every token: map_ (H, S, S) -> (S, S)."""
    import torch

    states = call.states
    all_heads = torch.ones(1, block.n_heads, dtype=torch.bool, device=states.device)
    found = np.empty((states.shape[1],) * 2, dtype=np.float32)

    def apart(some: NDArray[np.int64]) -> NDArray[np.float32]:
        keys = torch.from_numpy(some).to(states.device)

        def without(values: "torch.Tensor") -> "torch.Tensor":
            whole = torch.einsum("hqk,khd->qhd", map_, values[0])
            return whole - torch.einsum("hqn,nhd->nqhd", map_[:, :, keys], values[0, keys])

        with torch.inference_mode(), replaced(block, without, all_heads):
            after = call.again(states.repeat(len(some), 1, 1))  # (n, S, D)
            alike = torch.cosine_similarity(after.float(), states_of(call.output).float(), dim=-1)  # keys by queries
        distances: NDArray[np.float32] = (1 - alike).T.cpu().numpy()
        return distances

    most = None if block.copies else 1
    for some, distances in in_copies(encoder, np.arange(states.shape[1]), states.shape[1], apart, most):
        found[:, some] = distances
    return found
