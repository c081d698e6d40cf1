"""Norm-based attention: the length of the vector that each subword contributes, not only its attention weight.

Query i receives from subword j through head h the vector α_hij f_h(x_j), with f_h(x) = (x W_V + b_V) W_O of that head
(Kobayashi et al., EMNLP 2020). The sum of these vectors over heads, and the output bias, which belongs to no subword,
is the output of attention. Kobayashi et al. (EMNLP 2021) add the residual connection, x_i where j = i, and the layer
normalisation: each part is centred by its own mean, divided by the standard deviation of the whole vector, and scaled
by γ (β belongs to no subword).

Blocks that normalise before attention (GPT-2, Llama) apply f to the normalised x and add x without normalisation: the
normalisation is then inside f, nothing follows the residual connection, and the last variant does not exist.

Some blocks change attention's output before they add it. Where they multiply it by a number (Granite), that number is
part of f. Where they divide it by its root mean square and scale it by γ (Gemma 2 and 3, OLMo 2), γ is part of f.
Every vector that query i receives is then divided by the root mean square of the whole output of i, in the same way as
for layer normalisation above. Where a block does anything else to it, norms are not defined, and the model is refused.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from probing.attention.values.vector_lengths import lengths, mixing_by_variant, root_mean_square
from probing.errors import ModelError
from probing.model.block_calls import first_tensor
from probing.model.blocks import Block, blocks
from probing.model.encoder import Encoder
from probing.model.maps import usable
from probing.model.network_pass import hooks, run
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

    Tensors = tuple[torch.Tensor, ...]

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Norms:
    """One layer for one sentence of S subwords: rows are queries, columns are the subwords that vectors come from.

    attention (H, S, S): α. transformed (H, S): ‖f_h(x_j)‖. summed (S, S): ‖Σ_h α f_h(x_j)‖. residual (S, S): with x_i
    added where j = i. normed (S, S): after layer normalisation as well; None if the block normalises before attention.
    scale (S, 1): what a query multiplies all it receives by, contained in summed and residual; None: by nothing.
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
    scale: "torch.Tensor | None" = None

    def heads(self) -> "torch.Tensor":
        """‖α f_h(x_j)‖ of every head, (H, S, S)."""
        found = self.attention * self.transformed[:, None]
        return found if self.scale is None else found.mul_(self.scale)


def norms(
    encoder: Encoder, subwords: Subwords, keep: Callable[[Norms], T], chosen: Sequence[int] | None = None
) -> Iterator[tuple[int, list[T]]]:
    """Per chosen sentence (None: all usable ones), in order: its number, and what ``keep`` returns for each block.

    ``keep`` is called inside the forward pass with one layer at a time, so that the maps of two layers never exist at
    once. ``encoder`` must give maps. No (H, S, S, D) tensor is made: lengths of sums over heads are computed from the
    H x H inner products of a source subword's vectors, a few subwords at a time. If S >= D / H, a layer needs less
    memory than 4 maps (H, S, S) in addition to the network's own; if S is smaller, one vector per subword is larger
    than a map.
    Raises: ModelError for an architecture that ``norm_blocks`` refuses, or whose attention is not a weighted sum of
    values.
    """
    found = norm_blocks(encoder)
    for sentence in fitting(encoder, subwords, chosen):
        yield sentence, _sentence(encoder, found, subwords.part(sentence, sentence + 1), keep)


def norm_blocks(encoder: Encoder) -> list[Block]:
    """The blocks of a network. Raises: ModelError as ``blocks``, and for a block in which norms are not defined."""
    import torch

    found = blocks(encoder.network)
    for block in found:
        how = block.residual
        if how is None or not (how.norm is None or (isinstance(how.norm, torch.nn.LayerNorm) and how.factor == 1)):
            raise ModelError(
                f"{type(encoder.network).__name__}, block {block.number}: what it adds to its input is not attention's "
                "output as it is, or normalised, as norms need; type attention=rollout, which reads only the maps"
            )
    return found


def fitting(encoder: Encoder, subwords: Subwords, chosen: Sequence[int] | None = None) -> list[int]:
    """The chosen sentences (None: all) that are usable, in ascending order."""
    found = np.flatnonzero(usable(encoder, subwords))
    return [int(i) for i in (found if chosen is None else np.intersect1d(found, np.asarray(chosen, dtype=np.int64)))]


def _sentence(encoder: Encoder, found: list[Block], subwords: Subwords, keep: Callable[[Norms], T]) -> list[T]:
    import torch

    kept: list[T] = []

    def take(block: Block, seen: "dict[str, torch.Tensor]") -> None:
        kept.append(keep(of_layer(block, seen, subwords.words)))

    ids = torch.from_numpy(subwords.ids.astype(np.int64))[None].to(encoder.device)
    with torch.inference_mode(), hooks(*(handle for block in found for handle in watch(block, take))):
        run(encoder.network, {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, output_attentions=True)
    return kept


def watch(block: Block, take: "Callable[[Block, dict[str, torch.Tensor]], None]") -> "Iterator[RemovableHandle]":
    """Hooks that call ``take`` after a block's attention, before its feed-forward part needs memory.

    ``take`` receives the block and a dictionary with the inputs of ``of_layer``, which is emptied afterwards. The map
    is removed from the network's output, so that nothing else keeps it.
    """
    seen: dict[str, torch.Tensor] = {}
    inner = block.residual and block.residual.inner
    needed = {"input", "attention", "values", "output"} | ({"total"} if block.norm else set())
    needed |= {"added"} if inner else set()

    def add(**parts: "torch.Tensor") -> None:
        seen.update(parts)
        if needed <= seen.keys():
            take(block, seen)
            seen.clear()

    def attended(module: "torch.nn.Module", _args: "Tensors", output: Any) -> Any:
        if len(output) <= block.place or output[block.place] is None:
            raise ModelError(
                f"{type(module).__name__} gives no attention map, which norms need; load the encoder with maps=True"
            )
        add(attention=output[block.place])
        # otherwise the model collects the maps of all layers
        return type(output)(None if place == block.place else part for place, part in enumerate(output))

    yield block.module.register_forward_pre_hook(
        lambda _module, args, kwargs: add(input=first_tensor(args, kwargs)), with_kwargs=True
    )
    yield block.value.register_forward_hook(lambda _module, _args, output: add(values=block.values(output)))
    yield block.output.register_forward_hook(lambda _module, args, output: add(joined=args[0], output=output))
    yield block.attention.register_forward_hook(attended, prepend=True)  # before transformers' own collecting hook
    if inner:
        yield inner.register_forward_hook(lambda _module, _args, output: add(added=output))
    if block.norm is not None:
        yield block.norm.register_forward_pre_hook(lambda _module, args: add(total=args[0]))


def of_layer(block: Block, seen: "Mapping[str, torch.Tensor]", words: NDArray[np.int32]) -> Norms:
    """Norms of one layer from what ``watch`` recorded for one sentence. Raises: ModelError as ``parts`` does."""
    attention = seen["attention"][0].float()  # (1, H, S, S) -> (H, S, S)
    values, norm = seen["values"][0].float(), cast("torch.nn.LayerNorm | None", block.norm)
    matrix, scale = _added(block, seen)
    mixing, own, own_normed = mixing_by_variant(attention, values, matrix, seen, norm, scale)
    transformed, summed, normed = lengths(attention, values, matrix, norm)
    if scale is not None:
        summed *= scale
    residual = summed.clone()
    residual.diagonal().copy_(own)
    if norm is not None and normed is not None:
        normed.diagonal().copy_(own_normed)
        variance = seen["total"][0].float().var(dim=-1, correction=0)
        normed /= (variance + norm.eps).sqrt()[:, None]
    return Norms(block.number, attention, transformed, summed, residual, normed, mixing, words, scale)


def _added(block: Block, seen: "Mapping[str, torch.Tensor]") -> "tuple[torch.Tensor, torch.Tensor | None]":
    """The output matrix (H * d, D) with what multiplies every output, and what multiplies a query's own (S, 1)."""
    how, matrix = block.residual, block.weight().float()
    if how is None or how.inner is None:
        return (matrix if how is None or how.factor == 1 else matrix * how.factor), None
    gain, scale = root_mean_square(how.inner, seen["output"][0], seen["added"][0])
    return matrix * gain * how.factor, scale
