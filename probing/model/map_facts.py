"""Which blocks of a network give an attention map, and what its rows are: measured on two short inputs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probing.errors import ModelError
from probing.model.map_places import map_places
from probing.model.network_facts import SAME, example_batch, largest_move
from probing.model.network_pass import Network, run

if TYPE_CHECKING:
    import torch

    States = tuple[torch.Tensor, ...]


ROUNDING = {"float32": 5e-3, "float16": 0.02, "bfloat16": 0.1}  # the sum of a row may be this far from 1


@dataclass(frozen=True)
class MapFacts:
    """layers: the blocks that give a map, from 1, in order; blocks without attention give none. n_heads: of each map.

    sinks: per map, whether its rows sum to less than 1, because the rest of the attention is on a sink: a learned score
    that stands beside those of the subwords and has no value vector (GPT-OSS).
    """

    layers: tuple[int, ...]
    n_heads: int
    sinks: tuple[bool, ...]

    @classmethod
    def of_all(cls, n_layers: int, n_heads: int) -> "MapFacts":
        """Blocks 1 to ``n_layers`` give a map each, and none has a sink."""
        return cls(tuple(range(1, n_layers + 1)), n_heads, (False,) * n_layers)


def measure_maps(network: Network, pad: int, device: str, states: "States") -> MapFacts:
    """What the maps of ``network``, which computes attention step by step, are.

    states: what it gave for ``example_batch`` as it was loaded, (L + 1) times (2, T, D).
    Raises: ModelError if there are none, if the pass that gives them gives other states, if it is not known which
    blocks they are of, if layers have different numbers of heads, or if they are no distributions over the subwords of
    the input: not finite, negative, over padding, or with rows that do not sum to 1 although there is no sink.
    """
    try:
        return _measured(network, pad, device, states)
    except ModelError as error:
        advice = "type attention=none, or choose another model"
        raise ModelError(f"{type(network).__name__}: {error}; {advice}") from error


def _measured(network: Network, pad: int, device: str, states: "States") -> MapFacts:
    import torch

    n_blocks, (ids, mask) = len(states) - 1, example_batch(network, pad, device)
    inputs = {"input_ids": ids, "attention_mask": mask}
    with torch.inference_mode():
        output = run(network, inputs, output_attentions=True, output_hidden_states=True)
    last = (output.hidden_states[-1][:, : ids.shape[1]],)
    dtype = str(network.dtype).removeprefix("torch.")
    if largest_move(states[-1:], last, slice(None)) > SAME[dtype]:
        raise ModelError("its hidden states change when it gives attention maps, so the maps are of other vectors")
    given = list(getattr(output, "attentions", None) or ())
    places = [place for place, layer in enumerate(given) if layer is not None]
    maps = [given[place] for place in places]
    wanted = (ids.shape[0], ids.shape[1], ids.shape[1])
    if not maps or any(getattr(layer, "ndim", 0) != 4 or (len(layer), *layer.shape[2:]) != wanted for layer in maps):
        raise ModelError("this model gives no attention map over the whole input")
    if len({layer.shape[1] for layer in maps}) > 1:
        raise ModelError("the layers of this model have different numbers of heads")
    blocks = [place + 1 for place in places] if len(given) == n_blocks else [of.number for of in map_places(network)]
    if len({*blocks}) < len(blocks):
        raise ModelError("a block of this model gives several attention maps")
    sinks = tuple(_has_sink(layer.float(), mask, ROUNDING[dtype], network) for layer in maps)
    return MapFacts(tuple(blocks), maps[0].shape[1], sinks)


def _has_sink(layer: "torch.Tensor", mask: "torch.Tensor", tolerance: float, network: Network) -> bool:
    """Whether rows sum to less than 1: layer (B, H, T, T), mask (B, T). Raises: ModelError for no distributions."""
    rows = layer.transpose(1, 2)[mask > 0]  # (subwords, H, T)
    outside = layer.masked_fill(mask[:, None, None, :] > 0, 0).transpose(1, 2)[mask > 0]
    total = rows.sum(-1)
    if not bool(rows.isfinite().all()):
        raise ModelError("attention is not finite; the weights may be damaged")
    if float(rows.min()) < -tolerance or float(total.max()) > 1 + tolerance:
        raise ModelError("its attention maps are no distributions: it gives scores from before the softmax")
    if float(outside.abs().max()) > tolerance:
        raise ModelError("its attention maps are no distributions over the input: they give weight to padding")
    if float(total.min()) > 1 - tolerance:
        return False
    if not any("sink" in name for name, _ in network.named_parameters()):
        raise ModelError(
            f"its attention maps are no distributions: rows sum to as little as {float(total.min()):.2g}, and no sink "
            "is known that takes the rest"
        )
    return True
