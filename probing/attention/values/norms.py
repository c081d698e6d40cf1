"""Norm-based attention: the length of the vector that each subword contributes, not only its attention weight.

Query i receives from subword j through head h the vector α_hij f_h(x_j), with f_h(x) = (x W_V + b_V) W_O of that head
(Kobayashi et al., EMNLP 2020). The sum of these vectors over heads, and the output bias, which belongs to no subword,
is the output of attention. Kobayashi et al. (EMNLP 2021) add the residual connection, x_i where j = i, and the layer
normalisation: each part is centred by its own mean, divided by the standard deviation of the whole vector, and scaled
by γ (β belongs to no subword).

Blocks that normalise before attention (GPT-2, Llama) apply f to the normalised x and add x without normalisation: the
normalisation is then inside f, nothing follows the residual connection, and the last variant does not exist.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from probing.attention.values.vector_lengths import centred, lengths, parts, ratio
from probing.errors import ModelError
from probing.model.blocks import Block, blocks, hooks
from probing.model.encoder import Encoder
from probing.model.maps import usable
from probing.model.network_pass import run
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

    Tensors = tuple[torch.Tensor, ...]

T = TypeVar("T")


@dataclass(frozen=True)
class Norms:
    """One layer for one sentence of S subwords: rows are queries, columns are the subwords that vectors come from.

    attention (H, S, S): α. transformed (H, S): ‖f_h(x_j)‖. summed (S, S): ‖Σ_h α f_h(x_j)‖. residual (S, S): with x_i
    added where j = i. normed (S, S): after layer normalisation as well; None if the block normalises before attention.
    mixing: per variant (S,), ‖mixed‖ / (‖mixed‖ + ‖kept‖) of a query, where mixed is the sum of the vectors from j ≠ i
    and kept is the vector from i itself (Kobayashi et al., 2021). words (S,): as in Maps.
    """

    layer: int
    attention: "torch.Tensor"
    transformed: "torch.Tensor"
    summed: "torch.Tensor"
    residual: "torch.Tensor"
    normed: "torch.Tensor | None"
    mixing: "Mapping[str, torch.Tensor]"
    words: NDArray[np.int32]

    def heads(self) -> "torch.Tensor":
        """‖α f_h(x_j)‖ of every head, (H, S, S)."""
        return self.attention * self.transformed[:, None]


def norms(
    encoder: Encoder, subwords: Subwords, keep: Callable[[Norms], T], chosen: Sequence[int] | None = None
) -> Iterator[tuple[int, list[T]]]:
    """Per chosen sentence (None: all usable ones), in order: its number, and what ``keep`` returns for layers 1 to L.

    ``keep`` is called inside the forward pass with one layer at a time, so that the maps of two layers never exist at
    once. ``encoder`` must give maps. No (H, S, S, D) tensor is made: lengths of sums over heads are computed from the
    H x H inner products of a source subword's vectors, a few subwords at a time. If S >= D / H, a layer needs less
    memory than 4 maps (H, S, S) in addition to the network's own; if S is smaller, one vector per subword is larger
    than a map.
    Raises: ModelError for an architecture that ``blocks`` does not know, that gives no maps, or whose attention is not
    a weighted sum of values.
    """
    found = blocks(encoder.network)
    for sentence in fitting(encoder, subwords, chosen):
        yield sentence, _sentence(encoder, found, subwords.part(sentence, sentence + 1), keep)


def fitting(encoder: Encoder, subwords: Subwords, chosen: Sequence[int] | None = None) -> list[int]:
    """The chosen sentences (None: all) that are usable, in ascending order."""
    found = np.flatnonzero(usable(encoder, subwords))
    return [int(i) for i in (found if chosen is None else np.intersect1d(found, np.asarray(chosen, dtype=np.int64)))]


def _sentence(encoder: Encoder, found: list[Block], subwords: Subwords, keep: Callable[[Norms], T]) -> list[T]:
    import torch

    kept: list[T] = []

    def take(block: Block, seen: "dict[str, torch.Tensor]") -> None:
        kept.append(keep(of_layer(len(kept) + 1, block, seen, subwords.words)))
        seen.clear()

    ids = torch.from_numpy(subwords.ids.astype(np.int64))[None].to(encoder.device)
    with torch.inference_mode(), hooks(*(handle for block in found for handle in watch(block, take))):
        run(encoder.network, {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, output_attentions=True)
    return kept


def watch(block: Block, take: "Callable[[Block, dict[str, torch.Tensor]], None]") -> "Iterator[RemovableHandle]":
    """Hooks that call ``take`` after a block's attention, before its feed-forward part needs memory.

    ``take`` receives the block and a dictionary with the inputs of ``of_layer``; the next pass fills it again. The map
    is only there: it is removed from the network's output.
    """
    seen: dict[str, torch.Tensor] = {}

    def entered(_module: "torch.nn.Module", args: "Tensors", kwargs: "dict[str, torch.Tensor]") -> None:
        seen["input"] = args[0] if args else kwargs["hidden_states"]

    def attended(module: "torch.nn.Module", _args: "Tensors", output: "Tensors") -> "tuple[torch.Tensor | None, ...]":
        if len(output) < 2 or output[1] is None:
            raise ModelError(
                f"{type(module).__name__} gives no attention map, which norms need; load the encoder with maps=True"
            )
        seen["attention"] = output[1]
        if block.norm is None:
            take(block, seen)
        return (output[0], None, *output[2:])  # otherwise the model collects the maps of all layers

    def summed(_module: "torch.nn.Module", args: "Tensors") -> None:
        seen["total"] = args[0]
        take(block, seen)

    yield block.module.register_forward_pre_hook(entered, with_kwargs=True)
    yield block.value.register_forward_hook(lambda _module, _args, output: seen.update(values=block.values(output)))
    yield block.output.register_forward_pre_hook(lambda _module, args: seen.update(joined=args[0]))
    yield block.attention.register_forward_hook(attended, prepend=True)  # before transformers' own collecting hook
    if block.norm is not None:
        yield block.norm.register_forward_pre_hook(summed)


def of_layer(layer: int, block: Block, seen: "Mapping[str, torch.Tensor]", words: NDArray[np.int32]) -> Norms:
    """Norms of one layer from what ``watch`` recorded for one sentence. Raises: ModelError as ``parts`` does."""
    attention = seen["attention"][0].float()  # (1, H, S, S) -> (H, S, S)
    values, matrix = seen["values"][0].float(), block.weight().float()
    norm = cast("torch.nn.LayerNorm | None", block.norm)
    mixing, own, own_normed = _mixing(attention, values, matrix, seen, norm)
    transformed, summed, normed = lengths(attention, values, matrix, norm)
    residual = summed.clone()
    residual.diagonal().copy_(own)
    if norm is not None and normed is not None:
        normed.diagonal().copy_(own_normed)
        variance = seen["total"][0].float().var(dim=-1, correction=0)
        normed /= (variance + norm.eps).sqrt()[:, None]
    return Norms(layer, attention, transformed, summed, residual, normed, mixing, words)


def _mixing(
    attention: "torch.Tensor",
    values: "torch.Tensor",
    matrix: "torch.Tensor",
    seen: "Mapping[str, torch.Tensor]",
    norm: "torch.nn.LayerNorm | None",
) -> "tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]":
    """Mixing ratios by variant; the length of a query's own vector with the residual, raw and centred: each (S,)."""
    mixed, kept = parts(attention, values, matrix, seen["joined"][0])
    weight = attention.diagonal(dim1=1, dim2=2).mean(dim=0)
    mixing = {"attn_w": 1 - weight, "attn_n": ratio(mixed, kept)}
    kept += seen["input"][0].float()
    mixing |= {"attnres_w": (1 - weight) / 2, "attnres_n": ratio(mixed, kept)}
    own = own_normed = kept.norm(dim=-1)
    if norm is not None:
        kept = centred(kept, norm)
        mixed = centred(mixed, norm)
        mixing["attnresln_n"] = ratio(mixed, kept)  # both are divided by the deviation, so it cancels
        own_normed = kept.norm(dim=-1)
    return mixing, own, own_normed
