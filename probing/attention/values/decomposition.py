"""An additive decomposition of a logit over the subwords of the input (after DecompX, Modarressi et al. 2023).

Every hidden state is kept as a sum of parts: one per subword of the input, and a constant. The first ones are the
vectors that enter block 1 (embedding, position and normalisation of a subword are its own). Blocks take parts to parts
(``block_parts``): attention weights fixed, biases to the constant, the deviation of a normalisation and the ratio
f(x) / x of an activation taken from the whole vector. The classifier is treated alike, so that the logit difference is
a sum over subwords. It says where the terms of this sum come from, given the attention weights and ratios that the text
has; it does not say what the model would answer without a word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probing.attention.interventions.attribution import Attribution
from probing.attention.interventions.logit_difference import LogitDifference, only_place
from probing.attention.interventions.readouts import HeadReadout, ProbeReadout
from probing.attention.values.block_parts import own_call, rule_of, through_block
from probing.attention.values.head_parts import through_head
from probing.attention.values.linear_rules import is_layer_norm, keeps_ratios, refused, shared_out
from probing.errors import one_of
from probing.model.batches import Batch
from probing.model.block_calls import calls
from probing.model.blocks import blocks
from probing.model.encoder import Encoder
from probing.model.network_pass import hooks, run
from probing.model.projections import alike
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

    Module = torch.nn.Module
    Outside = tuple[Module, torch.Tensor, torch.Tensor]  # a module, what it was given, and what it returned

BIASES = ("shared", "apart")
EXACT = 1e-4  # how far the sum of the parts may be from the logit difference, relative to 1 or to its size


@dataclass(frozen=True, eq=False)
class Parts:
    """Hidden states of one text as sums of parts: per layer from 0 (S + 1, S, D): S sources, the constant last.

    state (1, S, D): what the network itself computed for the last of these layers. off: the largest distance of a sum
    of parts from the hidden state of the network, relative to that state's largest number.
    """

    layers: "Sequence[torch.Tensor]"
    state: "torch.Tensor"
    off: float


def hidden_parts(encoder: Encoder, batch: Batch, last: int, biases: str = "shared") -> Parts:
    """The parts of the hidden states of layers 0 to ``last``, for a batch of one text.

    biases: what becomes of the constant wherever a normalisation or an activation reads it, and at the end of a layer.
    apart: it stays the constant. shared: it is divided among the subwords, as DecompX does (``shared_out``).
    ``encoder`` must give maps. Memory: (S + 1) x S vectors of a block's feed-forward width.
    Raises: ConfigError for another rule; ModelError for a network whose blocks do not take parts to parts, or whose
    hidden states are not the sums of the parts, to 1e-4.
    """
    import torch

    one_of("biases", biases, BIASES)
    share, found = biases == "shared", blocks(encoder.network)
    name = type(encoder.network).__name__
    ids = torch.from_numpy(batch.ids).to(encoder.device)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    outside: list[Outside] = []
    modules = [block.module for block in found]
    with torch.inference_mode(), calls(modules) as kept, hooks(*_watch_outside(encoder, outside)):
        states = run(encoder.network, inputs, output_hidden_states=True, output_attentions=True).hidden_states
    diagonal = torch.eye(states[0].shape[1], device=states[0].device)[..., None] * states[0]  # (S, S, D)
    layers, off = [torch.cat([diagonal, torch.zeros_like(states[0])])], 0.0
    for number, (block, call) in enumerate(zip(found, kept, strict=True), start=1):
        if number > last:
            break
        given = layers[-1].to(call.states.device)  # where the block computes, if the network is spread
        if block.number != number or not alike(given.sum(0), call.states[0]):
            raise refused(f"hidden state {number - 1} does not go into it as it is", f"{name}, block {block.number}")
        with torch.inference_mode():
            parts = through_block(own_call(block, call), given, share).to(states[number].device)
            if not alike(parts.sum(0), states[number][0]):
                parts = _through_last(outside, states[number], parts, share, name)
        layers.append(shared_out(parts) if share else parts)
        off = max(off, _distance(layers[-1].sum(0), states[number][0]))
    if len(layers) <= last or not alike(layers[-1].sum(0), states[last][0]):
        raise refused(f"hidden state {last} is not the sum of the parts of a block with attention", name)
    return Parts(layers, states[last], off)


def decomposition(
    encoder: Encoder, subwords: Subwords, explained: LogitDifference, biases: str = "shared"
) -> Attribution:
    """What each subword (S,) brings to the logit difference, for one text; with the constant they add up to it.

    The constant is what the classifier adds by itself; with biases=apart also what the biases of the network bring.
    Raises: as ``hidden_parts`` and ``only_place``; ModelError for a classifier that does not take parts to parts.
    """
    import torch

    batch = only_place(encoder, subwords, explained)
    found = hidden_parts(encoder, batch, explained.layer, biases)
    with torch.inference_mode():
        total = float(explained(found.state, batch).of_gold())
        of_parts = _difference(explained, found.layers[-1], batch, biases == "shared").double().cpu().numpy()
    if abs(of_parts.sum() - total) > EXACT * max(1.0, abs(total)):
        raise refused(f"{explained.readout.name} does more than linear maps and activations", "classifier")
    sharing = "biases shared among the subwords" if biases == "shared" else "biases in the constant"
    what = f"the logit difference; hidden states are reproduced to {found.off:.0e}"
    return Attribution("decomposition", of_parts[:-1], "logit", float(of_parts[-1]), total, what, sharing)


def _difference(explained: LogitDifference, parts: "torch.Tensor", batch: Batch, share: bool) -> "torch.Tensor":
    """The logit difference in parts: parts (K, S, D) of the hidden states that are read -> (K,)."""
    import torch

    readout, one, other = explained.readout, explained.one, explained.other
    reads = torch.from_numpy(readout.places(batch).reads[0]).to(parts)
    pooled = torch.einsum("s,ksd->kd", reads, parts)
    if isinstance(readout, HeadReadout):
        logits = through_head(readout.logits, pooled, share)
        return logits[:, one] - logits[:, other]
    if not isinstance(readout, ProbeReadout):
        raise refused("it is neither a linear probe nor the model's own head", readout.name)
    slope = torch.as_tensor(readout.weights[one] - readout.weights[other], dtype=torch.float64)
    mean, deviation = (torch.as_tensor(part, dtype=torch.float64) for part in (readout.mean, readout.deviation))
    found = pooled.double().cpu() / deviation @ slope[:-1]
    found[-1] += slope[-1] - (mean / deviation) @ slope[:-1]
    return found


def _watch_outside(encoder: Encoder, kept: "list[Outside]") -> "Iterator[RemovableHandle]":
    """Hooks that note what modules outside of all blocks are given and return: a last normalisation is one of them."""
    inside = {part for block in blocks(encoder.network) for part in block.module.modules()}

    def keep(module: "Module", inputs: Any, output: Any) -> None:
        if inputs and getattr(inputs[0], "shape", None) == getattr(output, "shape", ()):
            kept.append((module, inputs[0].to(output.device), output))

    for part in encoder.network.modules():
        if part not in inside and not [*part.children()]:
            yield part.register_forward_hook(keep)


def _through_last(
    outside: "Sequence[Outside]", states: "torch.Tensor", parts: "torch.Tensor", share: bool, name: str
) -> "torch.Tensor":
    """Parts of the last block's output through the normalisation that makes ``states`` of it."""
    for module, given, output in outside:
        fits = alike(given[0].to(parts.device), parts.sum(0)) and alike(output.to(parts.device), states)
        if fits and (is_layer_norm(module) or keeps_ratios(module, given, output)):
            return rule_of(module, given, output, share)(parts.to(output.device)).to(states.device)
    raise refused("what follows its last block is not a normalisation with a rule", name)


def _distance(one: "torch.Tensor", other: "torch.Tensor") -> float:
    return float((one - other).abs().max() / other.abs().max().clamp_min(1e-6))
