"""Norm-based attention: how long a vector each subword contributes, where the weight alone says how it is scaled.

Query i receives from subword j through head h the vector α_hij f_h(x_j), with f_h(x) = (x W_V + b_V) W_O of that head
(Kobayashi et al., EMNLP 2020, eq. 3). Summed over heads these vectors and the output bias, which belongs to no subword,
are the output of attention. Kobayashi et al. (EMNLP 2021) add what surrounds it: the residual, x_i where j = i, and the
layer normalisation, under which a part loses its own mean, is divided by the deviation of the whole, and is scaled by γ
(β belongs to no subword).

Blocks that normalise before attention (GPT-2, Llama) apply f to the normalised x and add x as it was: there the
normalisation is inside f, nothing follows the residual, and the last variant does not exist.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError
from probing.model.blocks import Block, blocks, hooks
from probing.model.encoder import Encoder
from probing.model.maps import usable
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
_LEAST_NUMBERS = 2**16  # worked on at once where half a map is less: 256 kB, so that short sentences take few steps
_AGREEMENT = 0.02  # of the largest number: bfloat16 rounds to 0.004, an attention of another kind differs by 1


@dataclass(frozen=True)
class Norms:
    """One layer for one sentence of S subwords: rows are queries, columns are where a vector comes from.

    attention (H, S, S): α. transformed (H, S): ‖f_h(x_j)‖. summed (S, S): ‖Σ_h α f_h(x_j)‖. residual (S, S): with x_i
    added where j = i. normed (S, S): with layer normalisation as well; None where the block normalises before.
    mixing: per variant (S,), ‖mixed‖ / (‖mixed‖ + ‖kept‖) of a query, mixed being the sum of what comes from j ≠ i and
    kept what comes from i itself (Kobayashi et al., 2021, eq. 9). words (S,): as in Maps.
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
    """What ``keep`` makes of every layer, for each of the chosen sentences (None: all that are usable), in order.

    ``keep`` is called inside the forward pass, with one layer at a time, so that no two layers' maps exist at once.
    ``encoder`` must have been loaded with ``maps=True``. No (H, S, S, D) tensor is made: lengths of sums over heads
    come from the H x H inner products of a source subword's vectors, a few subwords at a time.
    Raises: ModelError for an architecture that ``blocks`` does not know, or whose attention is not a weighted sum of
    values.
    """
    found = blocks(encoder.network)
    fitting = np.flatnonzero(usable(encoder, subwords))
    for sentence in fitting if chosen is None else np.intersect1d(fitting, np.asarray(chosen, dtype=np.int64)):
        part = subwords.part(int(sentence), int(sentence) + 1)
        yield int(sentence), _sentence(encoder, found, part, keep)


def _sentence(encoder: Encoder, found: list[Block], subwords: Subwords, keep: Callable[[Norms], T]) -> list[T]:
    import torch

    kept: list[T] = []

    def take(block: Block, seen: dict[str, Any]) -> None:
        kept.append(keep(_norms(len(kept) + 1, block, seen, subwords.words)))
        seen.clear()

    ids = torch.from_numpy(subwords.ids.astype(np.int64))[None].to(encoder.device)
    with torch.inference_mode(), hooks(*(handle for block in found for handle in _watch(block, take))):
        encoder.network(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True)
    return kept


def _watch(block: Block, take: Callable[[Block, dict[str, Any]], None]) -> Iterator[Any]:
    """Hooks that call ``take`` once a block's attention is done, before its feed-forward part takes memory."""
    seen: dict[str, Any] = {}

    def entered(_module: Any, args: Any, kwargs: Any) -> None:
        seen["input"] = args[0] if args else kwargs["hidden_states"]

    def attended(module: Any, _args: Any, output: Any) -> Any:
        if len(output) < 2 or output[1] is None:
            raise ModelError(f"{type(module).__name__} gives no attention map; load the encoder with maps=True")
        seen["attention"] = output[1]
        if block.norm is None:
            take(block, seen)
        return (output[0], None, *output[2:])  # the model would collect the maps of all layers

    def summed(_module: Any, args: Any) -> None:
        seen["total"] = args[0]
        take(block, seen)

    yield block.module.register_forward_pre_hook(entered, with_kwargs=True)
    yield block.value.register_forward_hook(lambda _module, _args, output: seen.update(values=block.values(output)))
    yield block.output.register_forward_pre_hook(lambda _module, args: seen.update(joined=args[0]))
    yield block.attention.register_forward_hook(attended, prepend=True)  # before transformers' own collecting hook
    if block.norm is not None:
        yield block.norm.register_forward_pre_hook(summed)


def _norms(layer: int, block: Block, seen: Mapping[str, Any], words: NDArray[np.int32]) -> Norms:
    attention = seen["attention"][0].float()  # (1, H, S, S) -> (H, S, S)
    values, entered = seen["values"][0].float(), seen["input"][0].float()  # (S, H, d), (S, D)
    matrix, norm = block.weight().float(), cast(Any, block.norm)
    mixed, kept = _parts(attention, values, matrix, seen["joined"][0])
    own = attention.diagonal(dim1=1, dim2=2).mean(dim=0)
    mixing = {"attn_w": 1 - own, "attn_n": _ratio(mixed, kept)}
    kept = kept + entered
    mixing |= {"attnres_w": (1 - own) / 2, "attnres_n": _ratio(mixed, kept)}
    transformed, summed, normed = _lengths(attention, values, matrix, norm)
    residual = summed.clone()
    residual.diagonal().copy_(kept.norm(dim=-1))
    if normed is not None:
        kept, mixed = _centred(kept, norm), _centred(mixed, norm)
        mixing["attnresln_n"] = _ratio(mixed, kept)
        normed.diagonal().copy_(kept.norm(dim=-1))
        variance = seen["total"][0].float().var(dim=-1, correction=0)
        normed /= (variance + norm.eps).sqrt()[:, None]
    return Norms(layer, attention, transformed, summed, residual, normed, mixing, words)


def _parts(
    attention: "torch.Tensor", values: "torch.Tensor", matrix: "torch.Tensor", joined: "torch.Tensor"
) -> "tuple[torch.Tensor, torch.Tensor]":
    """What each query receives from others and from itself, both (S, D).

    Raises: ModelError if weights times values are not what the output projection took (gated attention, say).
    """
    context = (attention @ values.transpose(0, 1)).transpose(0, 1)  # (H, S, d) -> (S, H, d)
    wrong = (context.flatten(1) - joined.float()).abs().max()
    if wrong > _AGREEMENT * joined.abs().max().clamp_min(1e-6):
        raise ModelError(
            "value vectors: this model's attention is more than a weighted sum of values; type attention=rollout, "
            "which reads the weights alone"
        )
    own = attention.diagonal(dim1=1, dim2=2).T[..., None] * values  # (S, H, 1) * (S, H, d)
    return (context - own).flatten(1) @ matrix, own.flatten(1) @ matrix


def _lengths(
    attention: "torch.Tensor", values: "torch.Tensor", matrix: "torch.Tensor", norm: "torch.nn.Module | None"
) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]":
    """‖f_h(x_j)‖ (H, S) and ‖Σ_h α f_h(x_j)‖ (S, S), the latter also of the centred and scaled vectors.

    ‖Σ_h α_h f_h‖² = αᵀ G α, where G (H, H) holds the inner products of the f_h of one source subword.
    """
    n_heads, length, _ = attention.shape
    per_head = matrix.reshape(n_heads, -1, matrix.shape[1])  # (H * d, D) -> (H, d, D)
    transformed, summed = attention.new_empty(n_heads, length), attention.new_empty(length, length)
    normed = None if norm is None else summed.clone()
    numbers = n_heads * (2 * matrix.shape[1] + 2 * length + n_heads)  # held for one source subword
    step = max(1, max(attention.numel() // 2, _LEAST_NUMBERS) // numbers)
    for first in range(0, length, step):
        some = slice(first, first + step)
        vectors = (values[some].transpose(0, 1) @ per_head).transpose(0, 1)  # (b, H, D)
        weights = attention[:, :, some].permute(2, 1, 0).contiguous()  # (H, S, b) -> (b, S, H)
        gram = vectors @ vectors.mT
        transformed[:, some] = gram.diagonal(dim1=1, dim2=2).sqrt().T
        summed[:, some] = _weighted(weights, gram)
        if normed is not None:
            vectors = _centred(vectors, norm)
            normed[:, some] = _weighted(weights, vectors @ vectors.mT)
    return transformed, summed, normed


def _weighted(weights: "torch.Tensor", gram: "torch.Tensor") -> "torch.Tensor":
    """sqrt(αᵀ G α): (b, S, H), (b, H, H) -> (S, b)."""
    squares: torch.Tensor = (weights @ gram).mul_(weights).sum(dim=-1)
    return squares.clamp_min_(0).sqrt_().T  # rounding can leave a sum that cancels below 0


def _centred(vectors: "torch.Tensor", norm: Any) -> "torch.Tensor":
    """The part of layer normalisation that is linear: without the mean, times γ."""
    centred: torch.Tensor = (vectors - vectors.mean(dim=-1, keepdim=True)).mul_(norm.weight.float())
    return centred


def _ratio(mixed: "torch.Tensor", kept: "torch.Tensor") -> "torch.Tensor":
    """‖mixed‖ / (‖mixed‖ + ‖kept‖) per row; 0 where both are nothing."""
    one: torch.Tensor = mixed.norm(dim=-1)
    return one / (one + kept.norm(dim=-1)).clamp_min(1e-30)
