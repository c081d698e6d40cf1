"""The head that a checkpoint was saved with: what it predicts, and how it is taken off the encoder below it."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from probing.model.network_pass import Network

if TYPE_CHECKING:
    import torch

Kind = Literal["masked", "next", "class"]
_KINDS: dict[
    str, tuple[Kind, str]
] = {  # how names of architectures end: what the head predicts, and which class reads it
    "ForMaskedLM": ("masked", "AutoModelForMaskedLM"),
    "ForCausalLM": ("next", "AutoModelForCausalLM"),
    "LMHeadModel": ("next", "AutoModelForCausalLM"),
    "ForSequenceClassification": ("class", "AutoModelForSequenceClassification"),
}
_NO_TOKEN = -1


@dataclass(frozen=True, eq=False)
class ModelHead:
    """A checkpoint's own head, frozen. kind: it predicts masked words, the next word, or the class of a sentence.

    ``logits`` maps vectors of the last hidden state, (P, D), to (P, C). For a classifier, id2label names the classes
    0 to C - 1 in order, and ``problem`` is the configuration's ``problem_type`` (None: not given).
    """

    kind: Kind
    logits: "Callable[[torch.Tensor], torch.Tensor]"
    id2label: Mapping[int, str] = field(default_factory=dict)
    problem: str | None = None


def reader_of(config: Any) -> tuple[Kind, Any] | None:
    """The kind of head that a configuration names, and the transformers class that reads it together with its encoder.

    None for another architecture, and for encoder-decoders, whose head reads the decoder.
    """
    import transformers

    architecture = (getattr(config, "architectures", None) or [""])[0]
    found = [entry for ending, entry in _KINDS.items() if architecture.endswith(ending)]
    if not found or config.is_encoder_decoder:
        return None
    kind, name = found[0]
    return kind, getattr(transformers, name)


def is_encoder(network: Network, config: Any) -> bool:
    """Whether ``network`` is of the class that AutoModel builds from this configuration."""
    import transformers

    mapping: Any = transformers.MODEL_MAPPING
    if type(config) not in mapping:
        return False
    found = mapping[type(config)]
    return type(network) in (found if isinstance(found, list | tuple) else (found,))


def split(full: Network, kind: Kind) -> tuple[Network, ModelHead]:
    """The encoder inside ``full``, and the head without it. ``full`` itself must not be used afterwards."""
    network = full.base_model
    config = network.config
    named = {int(number): str(name) for number, name in sorted(config.id2label.items())} if kind == "class" else {}
    return network, ModelHead(kind, _without_encoder(full), named, getattr(config, "problem_type", None))


def _without_encoder(full: Any) -> "Callable[[torch.Tensor], torch.Tensor]":
    """The head of ``full`` alone: its encoder is replaced by one that returns the vectors that it is given."""
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions as Given

    pooler = getattr(full.base_model, "pooler", None)
    stand_in = torch.nn.Identity()
    setattr(full, full.base_model_prefix, stand_in)
    full.config = copy.deepcopy(full.config)  # the encoder keeps its own
    full.config.pad_token_id = _NO_TOKEN  # decoders classify at the last id that is no padding: here the only one

    def logits(vectors: "torch.Tensor") -> "torch.Tensor":
        states = vectors[:, None].to(next(full.parameters()).dtype)  # (P, D) -> (P, 1, D): a head sees one place
        given = Given(last_hidden_state=states, pooler_output=pooler(states) if pooler else None)
        vars(stand_in)["forward"] = lambda *_inputs, **_options: given
        ids = torch.zeros(states.shape[:2], dtype=torch.long, device=vectors.device)
        found: torch.Tensor = full(input_ids=ids, return_dict=True).logits
        return found.reshape(len(vectors), found.shape[-1])

    return logits
