"""The arithmetic of norm-based attention for one layer and sentence: lengths of sums without building the sums.

In all functions: attention (H, S, S), rows are queries; values (S, H, d); matrix (H * d, D) of the output projection.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from probing.errors import ModelError
from probing.model.placement import weight_and_bias

if TYPE_CHECKING:
    import torch

_LEAST_NUMBERS = 2**16  # per step, even if half a map is smaller: 256 kB, so that short sentences take few steps
_AGREEMENT = 0.02  # of the largest number: bfloat16 rounds to 0.004, other kinds of attention differ by about 1


def parts(
    attention: "torch.Tensor", values: "torch.Tensor", matrix: "torch.Tensor", joined: "torch.Tensor"
) -> "tuple[torch.Tensor, torch.Tensor]":
    """The vectors that each query receives from other subwords, and from itself: both (S, D).

    Raises: ModelError if weights times values differ from ``joined`` (S, H * d), the input of the output projection, as
    in gated attention.
    """
    context = (attention @ values.transpose(0, 1)).transpose(0, 1).flatten(1)  # (H, S, d) -> (S, H * d)
    wrong = (context - joined.float()).abs_().max()
    if not wrong <= _AGREEMENT * joined.abs().max().clamp_min(1e-6):  # also true for numbers that are not finite
        raise ModelError(
            "value vectors: the attention of this model is not finite, or not a plain weighted sum of values, which "
            "norms need; type attention=rollout, which reads only the weights"
        )
    own = (attention.diagonal(dim1=1, dim2=2).T[..., None] * values).flatten(1)  # (S, H, 1) * (S, H, d)
    mixed = context.sub_(own) @ matrix
    del context  # as large as a map where S is D / H
    return mixed, own @ matrix


def lengths(
    attention: "torch.Tensor", values: "torch.Tensor", matrix: "torch.Tensor", norm: "torch.nn.LayerNorm | None"
) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]":
    """‖f_h(x_j)‖ (H, S), ‖Σ_h α f_h(x_j)‖ (S, S), and the latter for centred and scaled vectors (None without norm).

    ‖Σ_h α_h f_h‖² = αᵀ G α, where G (H, H) holds the inner products of the f_h of one source subword.
    """
    n_heads, length, _ = attention.shape
    per_head = matrix.reshape(n_heads, -1, matrix.shape[1])  # (H * d, D) -> (H, d, D)
    transformed, summed = attention.new_empty(n_heads, length), attention.new_empty(length, length)
    normed = None if norm is None else summed.clone()
    numbers = n_heads * (2 * matrix.shape[1] + 2 * length + n_heads)  # in memory for one source subword
    step = max(1, max(attention.numel() // 2, _LEAST_NUMBERS) // numbers)
    for first in range(0, length, step):
        some = slice(first, first + step)
        vectors = (values[some].transpose(0, 1) @ per_head).transpose(0, 1)  # (b, H, D)
        weights = attention[:, :, some].permute(2, 1, 0).contiguous()  # (H, S, b) -> (b, S, H)
        gram = vectors @ vectors.mT
        transformed[:, some] = gram.diagonal(dim1=1, dim2=2).sqrt().T
        summed[:, some] = _weighted(weights, gram)
        if norm is not None and normed is not None:
            vectors = centred(vectors, norm)
            normed[:, some] = _weighted(weights, vectors @ vectors.mT)
    return transformed, summed, normed


def _weighted(weights: "torch.Tensor", gram: "torch.Tensor") -> "torch.Tensor":
    """sqrt(αᵀ G α): (b, S, H), (b, H, H) -> (S, b)."""
    squares: torch.Tensor = (weights @ gram).mul_(weights).sum(dim=-1)
    return squares.clamp_min_(0).sqrt_().T  # rounding can make a sum of 0 slightly negative


def centred(vectors: "torch.Tensor", norm: "torch.nn.LayerNorm") -> "torch.Tensor":
    """The linear part of layer normalisation: subtract the mean, multiply by γ."""
    gain, _ = weight_and_bias(norm)
    without: torch.Tensor = (vectors - vectors.mean(dim=-1, keepdim=True)).mul_(gain.float())
    return without


def ratio(mixed: "torch.Tensor", kept: "torch.Tensor") -> "torch.Tensor":
    """‖mixed‖ / (‖mixed‖ + ‖kept‖) per row; 0 if both are 0."""
    one, other = mixed.norm(dim=-1), kept.norm(dim=-1)
    share: torch.Tensor = one / (one + other).clamp_min(1e-30)
    return share


def root_mean_square(
    inner: "torch.nn.Module", output: "torch.Tensor", added: "torch.Tensor"
) -> "tuple[torch.Tensor, torch.Tensor]":
    """γ (D,) and a number per query (S, 1): times ``output`` (S, D) they are what ``inner`` made of it, ``added``.

    Raises: ModelError if ``inner`` does anything but multiply, as a mean that is subtracted or a bias would.
    """
    import torch

    gain = inner.forward(torch.ones_like(output[:1]))[0].float()  # no hooks: they wait for the network
    scaled, wanted = gain * output.float(), added.float()
    number = (scaled * wanted).sum(dim=-1, keepdim=True) / scaled.square().sum(dim=-1, keepdim=True).clamp_min(1e-30)
    wrong = (number * scaled - wanted).abs().max()
    if not wrong <= _AGREEMENT * wanted.abs().max().clamp_min(1e-6):
        raise ModelError(
            f"value vectors: {type(inner).__name__} does more to attention's output than to divide and scale it, which "
            "norms do not know; type attention=rollout, which reads only the weights"
        )
    return gain, number


def mixing_by_variant(
    attention: "torch.Tensor",
    values: "torch.Tensor",
    matrix: "torch.Tensor",
    seen: "Mapping[str, torch.Tensor]",
    norm: "torch.nn.LayerNorm | None",
    scale: "torch.Tensor | None",
) -> "tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]":
    """Mixing ratios by variant; the length of a query's own vector with the residual, raw and centred: each (S,)."""
    mixed, kept = parts(attention, values, matrix, seen["joined"][0])
    if scale is not None:
        mixed, kept = mixed * scale, kept * scale
    # a sink that is no subword may have a share of the weight: then rows do not sum to 1
    weight, whole = attention.diagonal(dim1=1, dim2=2).mean(dim=0), attention.sum(dim=-1).mean(dim=0)
    mixing = {"attn_w": (whole - weight) / whole, "attn_n": ratio(mixed, kept)}
    kept += seen["input"][0].to(kept)
    mixing |= {"attnres_w": (whole - weight) / (whole + 1), "attnres_n": ratio(mixed, kept)}
    own = own_normed = kept.norm(dim=-1)
    if norm is not None:
        kept = centred(kept, norm)
        mixed = centred(mixed, norm)
        mixing["attnresln_n"] = ratio(mixed, kept)  # both are divided by the deviation, so it cancels
        own_normed = kept.norm(dim=-1)
    return mixing, own, own_normed
