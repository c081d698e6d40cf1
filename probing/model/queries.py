"""Queries and keys of every layer, recorded while a network runs: what an attention score is made of."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probing.errors import ModelError
from probing.model.block_calls import hooks
from probing.model.network_facts import Network

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

Float32 = NDArray[np.float32]
# Attention that does not go through transformers' interface: its class, its projections of queries and of keys.
_OWN = {"DisentangledSelfAttention": ("query_proj", "key_proj"), "MPNetSelfAttention": ("q", "k")}
_ONE_AT_A_TIME = threading.Lock()  # the interface is shared by all networks of a process


class Call(NamedTuple):
    """One call of an attention: queries and keys (B, H, T, d), and what their product is multiplied by."""

    queries: "torch.Tensor"
    keys: "torch.Tensor"
    scale: float


class Neurons(NamedTuple):
    """queries, keys (L, H, S, d) of one input; ``scale`` times their product is the score, except for added terms.

    Rotary positions are included. T5, DeBERTa and MPNet add terms of position; causal and local models add a mask.
    """

    queries: Float32
    keys: Float32
    scale: float


@contextmanager
def recorded(network: Network) -> Iterator[list[Call]]:
    """Keep every attention call of the passes inside the ``with`` statement, in order; results stay equal to the bit.

    ``network`` must compute attention step by step (``load(..., maps=True)``, ``step_by_step``). In transformers'
    attention interface the entry ``eager`` becomes a function that keeps its arguments and then calls the model's own.
    Only passes of this thread are kept; other threads that want to record wait.
    """
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS as interface

    kept: list[Call] = []
    thread = threading.get_ident()

    def keep(module: Any, query: Any, key: Any, value: Any, mask: Any, **options: Any) -> Any:
        if threading.get_ident() == thread:
            scale = options.get("scaling")
            keys = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)  # shared by several heads
            kept.append(Call(query, keys, float(query.shape[-1] ** -0.5 if scale is None else scale)))
        own: Any = vars(sys.modules[type(module).__module__])["eager_attention_forward"]
        return own(module, query, key, value, mask, **options)

    with _ONE_AT_A_TIME, ExitStack() as stack:
        stack.enter_context(hooks(*(hook for module in network.modules() for hook in _watch(module, kept))))
        interface["eager"] = keep
        stack.callback(interface.__delitem__, "eager")
        yield kept


def _watch(module: "torch.nn.Module", kept: list[Call]) -> "Iterator[RemovableHandle]":
    """Hooks on an attention that projects by itself; none for any other module."""
    names = _OWN.get(type(module).__name__, ())
    parts = dict(module.named_children())
    if not names or not parts.keys() >= set(names):
        return
    attention: Any = module
    seen: list[torch.Tensor] = []  # queries and keys of the input; DeBERTa's positions pass the same projections later

    def end(_module: object, _args: object, _output: object) -> None:
        # (B, T, H * d) -> (B, H, T, d)
        queries, keys = (
            part.reshape(*part.shape[:2], attention.num_attention_heads, -1).transpose(1, 2) for part in seen[:2]
        )
        terms = 1 + len({"c2p", "p2c"} & set(getattr(attention, "pos_att_type", ())))  # all are scaled the same way
        kept.append(Call(queries, keys, float((queries.shape[-1] * terms) ** -0.5)))
        seen.clear()

    for name in names:
        yield parts[name].register_forward_hook(lambda _module, _args, output: seen.append(output))
    yield module.register_forward_hook(end)


def neurons(calls: Sequence[Call], shape: tuple[int, int, int]) -> Neurons:
    """Stack the calls of one pass over one input of S subwords; ``shape`` is its maps' (L, H, S).

    Raises: ModelError where attention was computed in another way, or is scaled differently from layer to layer.
    """
    import torch

    n_layers, *rest = shape
    fitting = len(calls) == n_layers and all([*part.shape[:3]] == [1, *rest] for call in calls for part in call[:2])
    if not fitting:
        raise ModelError(
            f"queries and keys: {len(calls)} attention calls were seen, want one with (1, {rest[0]}, {rest[1]}, d) for "
            f"each of {n_layers} layers; this model computes attention in a way that is not known here"
        )
    scales = {call.scale for call in calls}
    if len(scales) > 1:
        raise ModelError("queries and keys: this model scales their product differently in each layer")
    queries = torch.cat([call.queries for call in calls]).float().cpu().numpy()
    keys = torch.cat([call.keys for call in calls]).float().cpu().numpy()
    return Neurons(queries, keys, scales.pop())
