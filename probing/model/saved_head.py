"""The head that a checkpoint was saved with: what it predicts, and how it is taken off the encoder below it."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from probing.errors import ModelError
from probing.model.network_facts import SAME, example_batch, hidden_states, padding
from probing.model.network_pass import Network, run
from probing.model.placement import input_device

if TYPE_CHECKING:
    import torch

Kind = Literal["masked", "next", "class", "tag"]
Reads = Literal["first", "last", "mean"]
_KINDS: dict[
    str, tuple[Kind, str]
] = {  # how names of architectures end: what the head predicts, and which class reads it
    "ForMaskedLM": ("masked", "AutoModelForMaskedLM"),
    "ForCausalLM": ("next", "AutoModelForCausalLM"),
    "LMHeadModel": ("next", "AutoModelForCausalLM"),
    "ForSequenceClassification": ("class", "AutoModelForSequenceClassification"),
    "ForTokenClassification": ("tag", "AutoModelForTokenClassification"),
}
_NO_TOKEN = -1


@dataclass(frozen=True, eq=False)
class ModelHead:
    """A checkpoint's own head, frozen. kind: it predicts masked words, the next word, the class of a sentence, or the
    class of every subword (tag).

    ``logits`` maps vectors of the last hidden state, (P, D), to (P, C), by its ``weights``: by the names that they have
    in the file, those of the pooler among them. For a classifier, id2label names the classes 0 to C - 1 in order, and
    ``problem`` is the configuration's ``problem_type`` (None: not given). reads: which subword a classifier of
    sentences reads, or the mean of all, special ones included.
    """

    kind: Kind
    logits: "Callable[[torch.Tensor], torch.Tensor]"
    id2label: Mapping[int, str] = field(default_factory=dict)
    problem: str | None = None
    reads: Reads = "first"
    weights: "Mapping[str, torch.Tensor]" = field(default_factory=dict)


def kind_named(architectures: Sequence[str] | None) -> Kind | None:
    """What the head predicts, by the name of the first architecture in a configuration; None: another one, or none."""
    name = (architectures or [""])[0]
    return next((kind for ending, (kind, _) in _KINDS.items() if name.endswith(ending)), None)


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


def head_of(full: Network, kind: Kind) -> ModelHead:
    """The head of ``full`` without its encoder, ``full.base_model``. ``full`` itself must not be used afterwards.

    Raises: ModelError if a classifier computes anything else from the last hidden state than from one of its vectors,
    or from their mean: this is tried on an example.
    """
    import torch

    network = full.base_model
    config = network.config
    if kind not in ("class", "tag"):
        logits, weights = _without_encoder(full)
        return ModelHead(kind, logits, weights=weights)
    ids, mask = (
        part[:1] for part in example_batch(network, padding(network), input_device(network))
    )  # one, not padded
    with torch.inference_mode():
        states = hidden_states(network, ids, mask)[-1][0]  # (T, D)
        expected = run(full, {"input_ids": ids, "attention_mask": mask}).logits[0]  # (C,), or (T, C) of words
    name = type(full).__name__
    logits, weights = _without_encoder(full)
    named = {int(number): str(label) for number, label in sorted(config.id2label.items())}
    head = ModelHead(kind, logits, named, getattr(config, "problem_type", None), weights=weights)
    return replace(head, reads=_reads(head, states, expected, name))


def _reads(head: ModelHead, states: "torch.Tensor", expected: "torch.Tensor", name: str) -> Reads:
    """Which of the vectors (T, D) of one input, or whether their mean, gives the expected logits. Raises ModelError."""
    import torch

    given: dict[Reads, torch.Tensor] = {"first": states[:1], "last": states[-1:], "mean": states.mean(0, keepdim=True)}
    if head.kind == "tag":
        given = {"first": states}  # every vector its own
    with torch.inference_mode():
        apart = {place: float((head.logits(some) - expected).abs().max()) for place, some in given.items()}
    nearest = min(apart, key=lambda place: apart[place])
    if not apart[nearest] <= SAME[str(states.dtype).removeprefix("torch.")] * max(1, float(expected.abs().max())):
        raise ModelError(f"the head of {name} reads more of the last hidden state than the vector of one subword")
    return nearest


def _without_encoder(full: Any) -> "tuple[Callable[[torch.Tensor], torch.Tensor], dict[str, torch.Tensor]]":
    """The head of ``full`` alone, and its weights: its encoder is replaced by one that returns the vectors that it is
    given.
    """
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions as Given

    pooler = getattr(full.base_model, "pooler", None)
    pooling = {} if pooler is None else dict(pooler.named_parameters(f"{full.base_model_prefix}.pooler"))
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

    return logits, {**pooling, **dict(full.named_parameters())}
